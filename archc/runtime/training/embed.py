"""Images as the vectors that come into a network's head."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from archc.emit import emit
from archc.network.network import Network
from archc.pipeline import Options
from archc.runtime.live import live_class
from archc.runtime.training.errors import TrainingError
from archc.runtime.training.evaluate import embedded
from archc.runtime.training.folder import Folder
from archc.runtime.training.images import Preprocess
from archc.runtime.training.predict import image_files
from archc.runtime.training.prove import finished
from archc.runtime.training.scan import BROKEN, reason
from archc.runtime.training.strategies import entrance, head_paths
from archc.runtime.weights.match import Allowed, match
from archc.runtime.weights.sources import fill, finite, load
from archc.version import __version__


@dataclass(frozen=True)
class Vectors:
    """Files, a vector for each (files, numbers), and the files that are no images, with why."""

    files: list[str]
    numbers: torch.Tensor
    broken: list[tuple[str, str]]


def vectors(name: str, paths: Iterable[Path], weights: str | None) -> Vectors:
    """The vectors of images by the run in the folder `name`, or by the spec of that name with `weights`.

    Raises `TrainingError`, `WeightsError`, and what finding a spec raises.
    """
    if (Path(name) / "run.json").is_file():
        run = finished(Folder(Path(name)))
        model, network, preprocess = run.trained(), run.network, run.preprocess
        head = entrance(network, run.plan.fresh)
    else:
        model, network = _published(name, weights)
        preprocess, head = Preprocess.of(network), entrance(network)
    files: list[str] = []
    broken: list[tuple[str, str]] = []
    transform = preprocess.evaluation()
    tensors = []
    for path in image_files(paths):
        try:
            tensors.append(transform(preprocess.read(path)))
            files.append(str(path))
        except BROKEN as error:
            broken.append((str(path), reason(error)))
    if not files:
        raise TrainingError("there is no image to embed")
    return Vectors(files, embedded(model, head, tensors), broken)


def _published(name: str, weights: str | None) -> tuple[nn.Module, Network]:
    from archc.zoo import find

    checked = find(name).checked(Options())
    if checked.failed or len(checked.networks) != 1:
        raise TrainingError(f"{name} is no folder of a run, and no spec of one network without errors")
    (network,) = checked.networks.values()
    if weights is None:
        raise TrainingError(f"{name} is a spec: --weights says what it has learned")
    loaded = load(weights)
    finite(loaded)
    head = tuple(f"{path}.*" for path in head_paths(network))
    fit = match(network, checked.bases.get(network.name), loaded.shapes(), Allowed(drop=("*",), new=head))
    if not fit.fits:
        raise TrainingError(f"{weights} does not fit {network.name}: `archc weights {name} {weights}` says why")
    model = live_class(emit((network,), f"archc embed {name}", __version__))()
    fill(model, loaded.tensors, fit)
    return model, network


def as_bytes(found: Vectors, ending: str) -> bytes:
    """The vectors as `.csv` or `.npz`."""
    if ending == ".csv":
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["file", *range(found.numbers.shape[1])])
        writer.writerows([file, *row] for file, row in zip(found.files, found.numbers.tolist(), strict=True))
        return text.getvalue().encode()
    stream = io.BytesIO()
    np.savez(stream, files=np.array(found.files), vectors=found.numbers.numpy())
    return stream.getvalue()
