"""Reference networks, which a spec must agree with, built with random weights. Nothing is downloaded."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

from archc.diagnostics.core import Problem
from archc.diagnostics.problems.references import (
    BadReference,
    ReferenceFailed,
    ReferenceNotFound,
    ReferenceNotInstalled,
)
from archc.runtime.files import PythonFile
from archc.support.record import Record

_SLOW_TO_START = ("googlenet", "inception_v3")
"""Torchvision's networks with an option for their slow initialisation, which a comparison does not need."""
_PYRAMID = "resnet_fpn_backbone"
"""A backbone that torchvision builds by a function and does not list as a network."""
_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


class ReferenceNetwork(Record):
    """A network of another library or file: its name, its origin (with the version), and how to build it."""

    name: str
    origin: str
    make: Callable[[], nn.Module]

    def build(self) -> nn.Module | Problem:
        """The network with random weights, or the reason why it cannot be built."""
        try:
            with _quiet():
                module = self.make()
        except Exception as error:  # somebody else's code may raise anything
            return ReferenceFailed(reference=self.name, reason=_told(error))
        if not isinstance(module, nn.Module):
            return ReferenceFailed(reference=self.name, reason=f"it made a {type(module).__name__}, not an nn.Module")
        return module


def find_reference(text: str) -> ReferenceNetwork | Problem:
    """The network that `torchvision:NAME`, `timm:NAME` or `file.py:Class` names, or the reason why there is none."""
    origin, colon, name = text.rpartition(":")
    if not colon or not name or not origin:
        return BadReference(reference=text)
    if origin == "torchvision":
        return _of_torchvision(name)
    if origin == "timm":
        return _of_timm(name)
    if origin.endswith(".py"):
        return _of_file(Path(origin), name)
    return BadReference(reference=text)


# -- libraries --------------------------------------------------------------------------------------------------------


def import_torchvision() -> ModuleType | Problem:
    """The module torchvision, or the reason why it cannot be imported.

    A torchvision built for another torch (for CUDA, beside a CPU torch) cannot load its compiled operators, and its
    import fails at `nms`, which no classifier uses. The operator is then declared, without an implementation, for the
    rest of the process, so that the networks can be used. A torchvision that can be imported is not changed.
    """
    found = _imported("torchvision")
    if isinstance(found, ReferenceNotInstalled) and "torchvision::nms" in found.reason:
        for name in [n for n in sys.modules if n == "torchvision" or n.startswith("torchvision.")]:
            del sys.modules[name]
        _declare_operators()
        found = _imported("torchvision")
    return found


@cache  # a declaration lives as long as its library object
def _declare_operators() -> torch.library.Library:
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for operator in _OPERATORS:
        library.define(operator)  # type: ignore[no-untyped-call]
    return library


def _imported(name: str) -> ModuleType | ReferenceNotInstalled:
    try:
        with _quiet():
            return import_module(name)
    except Exception as error:  # an import runs arbitrary code
        return ReferenceNotInstalled(library=name, reason=_told(error))


def _of_torchvision(name: str) -> ReferenceNetwork | Problem:
    library = import_torchvision()
    if isinstance(library, Problem):
        return library
    models = import_module("torchvision.models")
    if name == _PYRAMID:
        return ReferenceNetwork(f"torchvision:{name}", f"torchvision {library.__version__}", _pyramid)
    if name not in (known := models.list_models()):
        return _unknown("torchvision", name, [*known, _PYRAMID])
    arguments = {"init_weights": False} if name in _SLOW_TO_START else {}
    return ReferenceNetwork(
        f"torchvision:{name}",
        f"torchvision {library.__version__}",
        lambda: models.get_model(name, weights=None, **arguments),
    )


def _pyramid() -> nn.Module:
    """Torchvision's feature pyramid on ResNet-50, with all layers trainable."""
    utilities = import_module("torchvision.models.detection.backbone_utils")
    found: nn.Module = utilities.resnet_fpn_backbone(
        backbone_name="resnet50", weights=None, norm_layer=nn.BatchNorm2d, trainable_layers=5
    )
    return found


def _of_timm(name: str) -> ReferenceNetwork | Problem:
    if isinstance(problem := import_torchvision(), Problem):  # timm needs it
        return problem
    library = _imported("timm")
    if isinstance(library, Problem):
        return library
    if not library.is_model(name):  # true for deprecated and tagged names too, which are not listed
        return _unknown("timm", name, library.list_models())
    return ReferenceNetwork(
        f"timm:{name}", f"timm {library.__version__}", lambda: library.create_model(name, pretrained=False)
    )


def _unknown(library: str, name: str, known: list[str]) -> Problem:
    near = get_close_matches(name, known, n=1)
    return ReferenceNotFound(
        reference=f"{library}:{name}",
        reason=f"{library} has no such network",
        nearest=f"{library}:{near[0]}" if near else "",
    )


# -- files ------------------------------------------------------------------------------------------------------------


def _of_file(path: Path, name: str) -> ReferenceNetwork | Problem:
    """A class of a Python file, which is run. The class must be constructible without arguments.

    The file gets torchvision by `import_torchvision`, like the references of libraries.
    """
    reference = f"{path.as_posix()}:{name}"
    if not path.is_file():
        return ReferenceNotFound(reference=reference, reason="there is no such file")
    import_torchvision()
    file = PythonFile(path)
    try:
        module = file.load()
    except Exception as error:  # the file may do anything
        return ReferenceFailed(reference=reference, reason=_told(error))
    made = getattr(module, name, None)
    if not callable(made):
        near = get_close_matches(name, [n for n, v in vars(module).items() if isinstance(v, type)], n=1)
        nearest = f"{path.as_posix()}:{near[0]}" if near else ""
        return ReferenceNotFound(reference=reference, reason="the file has no such class", nearest=nearest)
    return ReferenceNetwork(reference, path.name, partial(file.call, made))


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress warnings of other code, which are not about the user's spec."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": ")
