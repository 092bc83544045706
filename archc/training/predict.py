"""Prediction from a run's folder alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from archc.training.folder import Folder
from archc.training.layouts import ENDINGS
from archc.training.prove import finished
from archc.training.record import RunRecord
from archc.training.scan import BROKEN, reason


class Prediction(RunRecord):
    """The likeliest classes of an image with their probabilities, or the reason why there are none."""

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
def predict(
    folder: Path, files: Iterable[Path], top: int, batch: int = 32, *, mirrored: bool = False
) -> Iterator[Prediction]:
    """Predict images batch by batch. A file that is not an image gets an error, and the others are still predicted.

    `mirrored`: take the mean of the logits of each image and its mirror image.

    Raises:
        TrainingError: the folder holds no finished run, or was changed.
    """
    run = finished(Folder(folder))
    trained = run.trained()
    model = (lambda x: (trained(x) + trained(x.flip(-1))) / 2) if mirrored else trained
    transform = run.preprocess.evaluation()
    waiting: list[tuple[Path, Tensor | str]] = []
    for file in files:
        try:
            waiting.append((file, transform(run.preprocess.read(file))))
        except BROKEN as error:
            waiting.append((file, reason(error)))
        if len(waiting) == batch:
            yield from _answers(model, waiting, run.plan.classes, top)
            waiting = []
    yield from _answers(model, waiting, run.plan.classes, top)


def _answers(
    model: Callable[[Tensor], Tensor], rows: list[tuple[Path, Tensor | str]], classes: tuple[str, ...], top: int
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
