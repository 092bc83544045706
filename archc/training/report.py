"""The report of a run: one self-contained HTML page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from archc.support.sheets import cell
from archc.training.cam import attention, last_maps
from archc.training.charts import curves, searched
from archc.training.data import LabelledImage
from archc.training.record import RunRecord
from archc.training.stages import told_stages

if TYPE_CHECKING:
    from archc.training.engine import TrainingResult
    from archc.training.rates import Search
    from archc.training.run import Run

MISTAKES, PAIRS = 12, 8
FEW = 40
"""The largest number of layers that are drawn individually; beyond it, stages are drawn."""
SIDE = 240
"""The size in pixels of a picture in the report: twice the displayed size, for print."""


class Predicted(RunRecord):
    """A row of `predictions.json`."""

    file: str
    set: str
    truth: str
    predicted: str
    confidence: float


class Mistake(NamedTuple):
    """A misclassified picture, as base64 PNG. `cam` is "" if the network has no feature maps."""

    file: str
    truth: str
    taken: str
    confidence: float
    picture: str
    cam: str


def write_report(run: Run, history: Sequence[dict[str, float]], result: TrainingResult) -> None:
    """Write the curves, the confusion matrix and `report.html` to the run's folder."""
    from jinja2 import Environment, FileSystemLoader

    part = "test" if result.test is not None else "val"
    rows = [Predicted(**row) for row in run.folder.read_json("predictions.json") if row["set"] == part]
    table = confusion(run.plan.classes, rows)
    lines = [",".join(["", *map(_quoted, run.plan.classes)])]
    lines += [",".join([_quoted(c), *map(str, r)]) for c, r in zip(run.plan.classes, table, strict=True)]
    run.folder.write("confusion.csv", "\n".join(lines) + "\n")
    drawn = curves(history)
    run.folder.write("curves.svg", drawn)
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True)
    page = environment.get_template("report.html").render(
        plan=run.plan,
        split=run.split,
        result=result,
        shown=result.test or result.validation,
        percent=lambda share: f"{share:.1%}",
        data=data_lines(run),
        curves=_inline(drawn),
        table=table,
        pairs=confused(run.plan.classes, table),
        mistakes=mistakes(run, rows),
        figure=_inline(_figure(run)),
        stages=told_stages(run),
        search=_inline(run.folder.text("lr.svg")),
        about=_about(run, result),
    )
    run.folder.write("report.html", page + "\n")


def write_search(run: Run, found: Search) -> None:
    """Write the course of the search for a learning rate to the run's folder: `lr.csv` and `lr.svg`."""
    rows = (f"{rate!r},{loss!r}" for rate, loss in zip(found.rates, found.losses, strict=True))
    run.folder.write("lr.csv", "\n".join(["lr,loss", *rows]) + "\n")
    run.folder.write("lr.svg", searched(found))


def confusion(classes: Sequence[str], rows: Sequence[Predicted]) -> list[list[int]]:
    """The number of images of each class (row) that were predicted as each class (column)."""
    place = {name: number for number, name in enumerate(classes)}
    table = [[0] * len(classes) for _ in classes]
    for row in rows:
        table[place[row.truth]][place[row.predicted]] += 1
    return table


def confused(classes: Sequence[str], table: Sequence[Sequence[int]]) -> list[tuple[str, str, int]]:
    """The pairs of classes that are most often confused: the true one, the predicted one, the number."""
    found = [(n, i, j) for i, row in enumerate(table) for j, n in enumerate(row) if n and i != j]
    return [(classes[i], classes[j], n) for n, i, j in sorted(found, key=lambda one: (-one[0], one[1:]))[:PAIRS]]


def data_lines(run: Run) -> list[str]:
    """Remarks on the data."""
    split = run.split
    lines = [*split.said, *(f"not used: {name}" for name in split.unused), *split.notes]
    lines += [f"skipped {path}: {why}" for path, why in split.broken]
    return [*lines, *(split.twins.lines() or ["no picture is a duplicate or nearly one"])]


def _figure(run: Run) -> str:
    """The network, with what is frozen marked."""
    from archc.targets.figure import Look, Wanted, figure, render

    few = sum(1 for node in run.network.nodes if node.path) <= FEW
    return render(figure(run.network, "block" if few else "stage", Wanted()), "svg", Look()).decode()


def _about(run: Run, result: TrainingResult) -> dict[str, str]:
    plan, s = run.plan, run.plan.settings
    return {
        "spec": f"{plan.member} ({Path(plan.spec).name}, SHA-256 {plan.digest[:16]})",
        "strategy": s.strategy,
        "weights": plan.weights or "none",
        "epochs": f"{result.epochs}, the best was {result.best_epoch}",
        "settings": ", ".join(f"{k} {v}" for k, v in s.model_dump().items() if k not in ("strategy", "epochs")),
        "versions": ", ".join(f"{k} {v}" for k, v in run.folder.read_json("versions.json").items()),
    }


# -- mistakes ---------------------------------------------------------------------------------------------------------


def mistakes(run: Run, rows: Sequence[Predicted]) -> list[Mistake]:
    """The most confident mistakes, with the regions that led to them."""
    wrong = sorted((r for r in rows if r.truth != r.predicted), key=lambda r: (-r.confidence, r.file))[:MISTAKES]
    if not wrong:
        return []
    items = {item.path: item for item in (*run.split.val, *run.split.test)}
    tensors = torch.stack([_tensor(run, items[row.file]) for row in wrong])
    model = run.model()
    model.load_state_dict(run.folder.tensors("weights.safetensors"))
    cams = _cams(run, model, tensors, [run.plan.classes.index(row.predicted) for row in wrong])
    return [
        Mistake(row.file, row.truth, row.predicted, row.confidence, _png(_whole(run, row.file)), cam)
        for row, cam in zip(wrong, cams, strict=True)
    ]


def _tensor(run: Run, item: LabelledImage) -> Tensor:
    return run.preprocess.evaluation()(run.preprocess.read(Path(run.split.root) / item.path))


def _whole(run: Run, file: str) -> Image.Image:
    image = run.preprocess.read(Path(run.split.root) / file)
    image.thumbnail((SIDE, SIDE))
    return image


def _cams(run: Run, model: nn.Module, tensors: Tensor, classes: Sequence[int]) -> list[str]:
    """The pictures as the network sees them, with the evidence for the class in red."""
    path = last_maps(run.network)
    if path is None:
        return [""] * len(tensors)
    heat = attention(model, path, tensors, torch.tensor(classes))
    heat = nn.functional.interpolate(heat.unsqueeze(1), tensors.shape[2:], mode="bilinear")[:, 0]
    mean, std = (torch.tensor(x).view(-1, 1, 1) for x in (run.preprocess.mean, run.preprocess.std))
    return [_png(_over((tensor * std + mean).clamp(0, 1), one)) for tensor, one in zip(tensors, heat, strict=True)]


def _over(image: Tensor, heat: Tensor) -> Image.Image:
    import matplotlib

    grey = image.mean(0).numpy()[..., None].repeat(3, axis=2)
    colour = matplotlib.colormaps["inferno"](heat.numpy())[..., :3]
    strength = heat.numpy()[..., None] * 0.65
    return Image.fromarray((255 * (grey * (1 - strength) + colour * strength)).astype(np.uint8))


def _png(image: Image.Image) -> str:
    stream = io.BytesIO()
    image.save(stream, "png")
    return base64.b64encode(stream.getvalue()).decode()


def _inline(svg: str) -> str:
    """Prepare an SVG for embedding in a page."""
    return svg[svg.find("<svg") :]


def _quoted(text: str) -> str:
    plain = cell(text)
    return '"' + plain.replace('"', '""') + '"' if any(c in plain for c in ',"\r\n') else plain
