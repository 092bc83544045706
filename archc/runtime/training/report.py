"""The report of a run: curves, the confusion matrix, the worst mistakes, and a page that holds everything."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from archc.runtime.training.images import read_image
from archc.sheets import cell

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from archc.runtime.training.engine import Result
    from archc.runtime.training.evaluate import Measured
    from archc.runtime.training.rates import Search
    from archc.runtime.training.run import Run

INK, FAINT, FIRST, SECOND = "#1f2933", "#9aa5b1", "#0b6e99", "#c2410c"
"""Text, lines, and two colours that colour-blind readers tell apart."""

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1f2933;max-width:56rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse}th,td{padding:.25rem .8rem .25rem 0;text-align:left;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}img{max-width:100%}
.yes{color:#0b6e99;font-weight:600}.no{color:#b91c1c;font-weight:600}
@media(prefers-color-scheme:dark){body{background:#12181f;color:#e4e7eb}img{background:#fff}}
"""


def write_report(run: Run, history: Sequence[dict[str, float]], result: Result) -> None:
    """Write the figures, the confusion matrix and `report.html` into the run's folder."""
    from archc.runtime.training.evaluate import Measured

    measured = Measured.model_validate(run.folder.read_json("predictions.json"))
    table = confusion(run, measured)
    classes = run.plan.classes
    rows = [
        ",".join(["", *map(_quoted, classes)]),
        *(",".join([_quoted(c), *map(str, r)]) for c, r in zip(classes, table, strict=True)),
    ]
    run.folder.write("confusion.csv", "\n".join(rows) + "\n")
    pictures = {"curves": _png(curves(history)), "confusion": _png(matrix(table, classes))}
    mistakes = contact_sheet(run, measured)
    if mistakes is not None:
        stream = io.BytesIO()
        mistakes.save(stream, "png")
        pictures["mistakes"] = stream.getvalue()
    for name, data in pictures.items():
        run.folder.write(f"{name}.png", data)
    if run.plan.settings.find_lr:
        pictures["lr"] = (run.folder.path / "lr.png").read_bytes()
    run.folder.write("report.html", page(run, result, pictures))


def write_search(run: Run, found: Search) -> None:
    """Write what the search for a learning rate saw into the run's folder: `lr.csv` and `lr.png`."""
    rows = (f"{rate!r},{loss!r}" for rate, loss in zip(found.rates, found.losses, strict=True))
    run.folder.write("lr.csv", "\n".join(["lr,loss", *rows]) + "\n")
    run.folder.write("lr.png", _png(searched(found)))


def confusion(run: Run, measured: Measured) -> list[list[int]]:
    """How many images of each class (row) were taken for each class (column)."""
    size = len(run.plan.classes)
    table = [[0] * size for _ in range(size)]
    for item, predicted in zip(run.split.val, measured.predicted, strict=True):
        table[item.label][predicted] += 1
    return table


# -- figures ----------------------------------------------------------------------------------------------------------


def curves(history: Sequence[dict[str, float]]) -> Figure:
    """Loss and accuracy over the epochs."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure((8, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    epochs = [row["epoch"] + 1 for row in history]
    left.plot(epochs, [row["train_loss"] for row in history], color=FIRST, label="training")
    left.plot(epochs, [row["val_loss"] for row in history], color=SECOND, ls="--", label="validation")
    left.set_ylabel("loss")
    left.legend(frameon=False)
    right.plot(epochs, [100 * row["val_accuracy"] for row in history], color=SECOND, ls="--", marker=".")
    right.set_ylabel("validation accuracy, %")
    for axes in (left, right):
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color=FAINT, lw=0.3)
    return figure


def searched(found: Search) -> Figure:
    """The smoothed loss at each rate that was tried and says something, and the rate that was chosen."""
    from matplotlib.figure import Figure

    from archc.runtime.training.rates import SKIPPED

    figure = Figure((8, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(found.rates[SKIPPED:], found.losses[SKIPPED:], color=FIRST)
    axes.axvline(found.steepest, color=SECOND, ls="--", label=f"chosen: {found.chosen:g}")
    axes.set_xscale("log")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss, smoothed")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=FAINT, lw=0.3)
    return figure


def matrix(table: Sequence[Sequence[int]], classes: Sequence[str]) -> Figure:
    """The confusion matrix; numbers stand in it while they can be read."""
    from matplotlib.figure import Figure

    size = min(12.0, 2.2 + 0.45 * len(classes))
    figure = Figure((size, size), layout="constrained")
    axes = figure.subplots()
    shares = [[n / max(1, sum(row)) for n in row] for row in table]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    if len(classes) <= 30:
        names = [c if len(c) <= 14 else f"{c[:13]}…" for c in classes]
        axes.set_xticks(range(len(names)), names, rotation=0 if max(map(len, names)) < 3 else 90)
        axes.set_yticks(range(len(names)), names)
        for i, row in enumerate(table):
            for j, number in enumerate(row):
                if number:
                    colour = "white" if shares[i][j] > 0.5 else INK
                    axes.text(j, i, str(number), ha="center", va="center", color=colour, fontsize=9)
    axes.spines[:].set_visible(False)
    return figure


def _png(figure: Figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=144, metadata={"Software": None})
    return stream.getvalue()


def contact_sheet(run: Run, measured: Measured, most: int = 12) -> Image.Image | None:
    """The mistakes that the network was surest of, each with what it is and what it was taken for."""
    rows = zip(run.split.val, measured.predicted, measured.confidence, strict=True)
    wrong = sorted(((c, i, p) for i, p, c in rows if p != i.label), key=lambda row: (-row[0], row[1].path))[:most]
    if not wrong:
        return None
    cell, text, border, across = 240, 64, 8, min(6, len(wrong))  # twice what a screen shows: it is printed too
    font = ImageFont.load_default(20)
    sheet = Image.new("RGB", (across * cell, -(-len(wrong) // across) * (cell + text)), "white")
    draw = ImageDraw.Draw(sheet)
    for number, (confidence, item, predicted) in enumerate(wrong):
        x, y = number % across * cell, number // across * (cell + text)
        image = read_image(Path(run.split.root) / item.path, 3)
        scale = min((cell - 2 * border) / image.width, (cell - 2 * border) / image.height)
        image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
        sheet.paste(image, (x + (cell - image.width) // 2, y + (cell - image.height) // 2))
        names = run.plan.classes
        said = f"{names[item.label][:12]}, taken for\n{names[predicted][:16]} ({confidence:.0%})"
        draw.text((x + border, y + cell), said, INK, font)
    return sheet


# -- the page ---------------------------------------------------------------------------------------------------------


def page(run: Run, result: Result, pictures: dict[str, bytes]) -> str:
    """The report: one file, with its pictures, that needs nothing else."""
    plan, s = run.plan, run.plan.settings
    proof = "".join(
        f"<tr><td class={'yes>holds' if c.holds else 'no>FAILS'}<td>{escape(c.name)}<td>{escape(c.detail)}"
        for c in result.proof.checks
    )
    told = {
        "spec": f"{plan.member} ({Path(plan.spec).name}, SHA-256 {plan.digest[:16]})",
        "strategy": s.strategy,
        "weights": plan.weights or "none",
        "data": f"{len(run.split.train)} images to train on, {len(run.split.val)} to validate with, "
        f"{len(plan.classes)} classes, {len(run.split.broken)} broken files skipped",
        "epochs": f"{result.epochs}, the best was {result.best_epoch}",
        "settings": ", ".join(f"{k} {v}" for k, v in s.model_dump().items() if k not in ("strategy", "epochs")),
        "versions": ", ".join(f"{k} {v}" for k, v in run.folder.read_json("versions.json").items()),
    }
    verdict = "All of it holds." if result.proof.holds else "<b class=no>It does not hold.</b>"
    about = "".join(f"<tr><th>{escape(k)}<td>{escape(str(v))}" for k, v in told.items())
    shown = "".join(
        f'<h2>{title}</h2><img alt="{alt}" src="data:image/png;base64,{base64.b64encode(pictures[name]).decode()}">'
        for name, title, alt in (
            ("curves", "Curves", "Loss and accuracy over the epochs"),
            ("confusion", "Confusion", "Confusion matrix of the validation images; confusion.csv has its numbers"),
            ("lr", "The search for the learning rate", "Loss over learning rates that rise; lr.csv has the numbers"),
            ("mistakes", "The surest mistakes", "Images that were taken for another class"),
        )
        if name in pictures
    )
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(plan.member)}: {result.accuracy:.2%}</title><style>{_STYLE}</style>
<h1>{escape(plan.member)}: {result.accuracy:.2%} of the validation images</h1>
<table><tr><th>this run<td class=n>{result.accuracy:.2%}<tr><th>the head untrained<td class=n>{result.untrained:.2%}
<tr><th>always the commonest class<td class=n>{result.majority:.2%}</table>
<h2>Proof</h2><p>{verdict}</p><table>{proof}</table>
{shown}<h2>About this run</h2><table>{about}</table></html>
"""


def _quoted(text: str) -> str:
    plain = cell(text)
    return '"' + plain.replace('"', '""') + '"' if any(c in plain for c in ',"\r\n') else plain
