"""Images as the vectors that enter a network's head."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from archc.pipeline import Checked
from archc.runtime.live import live_class
from archc.runtime.weights.errors import WeightsError
from archc.runtime.weights.match import Allowed, match
from archc.runtime.weights.sources import fill, finite, load
from archc.support.record import Record
from archc.support.sheets import cell
from archc.targets.pytorch import emit
from archc.training.errors import TrainingError
from archc.training.evaluate import embedded
from archc.training.folder import Folder
from archc.training.images import Preprocess, one_picture
from archc.training.predict import image_files
from archc.training.prove import finished
from archc.training.scan import BROKEN, reason
from archc.training.strategies import entrance, head_paths
from archc.version import __version__


class Vectors(Record):
    """Files, their vectors (files, numbers), and the files that are not images, with the reason."""

    files: list[str]
    numbers: torch.Tensor
    broken: list[tuple[str, str]]


class Embedder(Record):
    """A trained network and its preprocessing. `head`: the module that the vectors enter."""

    model: nn.Module
    preprocess: Preprocess
    head: str

    @classmethod
    def of_run(cls, folder: Path) -> Embedder:
        """The embedder of a run. Raises `TrainingError`."""
        run = finished(Folder(folder))
        return cls(run.trained(), run.preprocess, entrance(run.network, run.plan.fresh))

    @classmethod
    def of_spec(cls, checked: Checked, weights: str) -> Embedder:
        """The embedder of the only network of a spec, with weights that may lack the head. Raises `WeightsError`."""
        (network,) = checked.networks.values()
        one_picture(network)
        loaded = load(weights)
        finite(loaded)
        head = tuple(f"{path}.*" for path in head_paths(network))
        fit = match(network, checked.bases.get(network.name), loaded.shapes(), Allowed(drop=("*",), new=head))
        if not fit.fits:
            raise WeightsError(f"{weights} does not fit {network.name}: `archc weights` says why")
        model = live_class(emit((network,), f"archc embed {network.name}", __version__))()
        fill(model, loaded.tensors, fit)
        return cls(model, Preprocess.of(network), entrance(network))

    def vectors(self, paths: Iterable[Path]) -> Vectors:
        """The vectors of images. Raises `TrainingError` if there is none."""
        files: list[str] = []
        tensors: list[torch.Tensor] = []
        broken: list[tuple[str, str]] = []
        transform = self.preprocess.evaluation()
        for path in image_files(paths):
            try:
                tensors.append(transform(self.preprocess.read(path)))
                files.append(str(path))
            except BROKEN as error:
                broken.append((str(path), reason(error)))
        if not files:
            raise TrainingError("there is no image to embed")
        return Vectors(files, embedded(self.model, self.head, tensors), broken)


def as_bytes(found: Vectors, ending: str) -> bytes:
    """The vectors as `.csv` or `.npz`."""
    if ending == ".csv":
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["file", *range(found.numbers.shape[1])])
        writer.writerows([cell(file), *row] for file, row in zip(found.files, found.numbers.tolist(), strict=True))
        return text.getvalue().encode()
    stream = io.BytesIO()
    np.savez(stream, files=np.array(found.files), vectors=found.numbers.numpy())
    return stream.getvalue()
