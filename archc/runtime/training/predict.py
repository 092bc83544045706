"""Predicting with a run's folder alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from archc.runtime.training.data import BROKEN, ENDINGS, reason
from archc.runtime.training.errors import TrainingError
from archc.runtime.training.folder import Folder
from archc.runtime.training.images import read_image
from archc.runtime.training.record import Record
from archc.runtime.training.run import Run


class Prediction(Record):
    """The likeliest classes of an image with their probabilities, or why there are none."""

    file: str
    classes: tuple[tuple[str, float], ...] = ()
    error: str = ""


def image_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files, and the images in the folders, in order."""
    for path in paths:
        if path.is_dir():
            yield from sorted(f for f in path.rglob("*") if f.suffix.lower() in ENDINGS and f.is_file())
        else:
            yield path


@torch.inference_mode()
def predict(folder: Path, files: Iterable[Path], top: int, batch: int = 32) -> Iterator[Prediction]:
    """Predict images one batch after the other; a file that is no image gets an error and stops nothing.

    Raises:
        TrainingError: the folder holds no finished run.
    """
    if not (folder / "weights.safetensors").is_file():
        raise TrainingError(f"{folder} holds no finished run")
    run = Run.of(Folder(folder))
    model = run.model()
    model.load_state_dict(run.folder.tensors("weights.safetensors"))
    model.eval()
    transform = run.preprocess.evaluation()
    waiting: list[tuple[Path, Tensor | str]] = []
    for file in files:
        try:
            image: Image.Image = read_image(file, run.preprocess.channels)
            waiting.append((file, transform(image)))
        except BROKEN as error:
            waiting.append((file, reason(error)))
        if len(waiting) == batch:
            yield from _answers(model, waiting, run.plan.classes, top)
            waiting = []
    yield from _answers(model, waiting, run.plan.classes, top)


def _answers(
    model: torch.nn.Module, rows: list[tuple[Path, Tensor | str]], classes: tuple[str, ...], top: int
) -> Iterator[Prediction]:
    tensors = [t for _, t in rows if isinstance(t, Tensor)]
    scores = iter(model(torch.stack(tensors)).softmax(1) if tensors else ())
    for file, tensor in rows:
        if isinstance(tensor, str):
            yield Prediction(file=str(file), error=tensor)
            continue
        best = next(scores).topk(min(top, len(classes)))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        yield Prediction(file=str(file), classes=tuple((classes[i], p) for i, p in pairs))
