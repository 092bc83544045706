"""The sources of models: a library, a class of a Python file, or an object in memory."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable
from functools import partial
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, TypeAlias

from torch import nn

from archc.diagnostics.core import Problem
from archc.diagnostics.problems.importing import SavedModel
from archc.diagnostics.problems.references import BadReference
from archc.elaborate.options import Inputs
from archc.runtime.references import ReferenceNetwork, find_reference
from archc.support.record import Record, replace

IMAGE = (3, 224, 224)
"""The default shape of the input."""
_SAVED = (".pt2", ".pt", ".pth", ".ckpt", ".safetensors")
_WEIGHTS = ("IMAGENET1K_V1", "IMAGENET1K_SWAG_LINEAR_V1")
"""The weights of torchvision whose facts are used, if there are several."""
_CALL = re.compile(r"(?P<file>.+\.py):(?P<name>[A-Za-z_]\w*)(?P<arguments>\(.*\))?", re.DOTALL)


Shapes: TypeAlias = tuple[int, ...] | Inputs | None
"""The shape of the only input, or those of several with their names."""


class ModelSource(Record):
    """A model to be imported: what it is called, where it is from, how to make it, and the shapes of its inputs.

    `inputs`: with the names that `forward` has for them; of the only one the name is "".
    `like`: the reference that a spec may name; empty for what is only on this machine. `facts` are what its library
    says of it, `gigamacs` the number of multiplications in billions, to three decimal places. `dropped`:
    the entries of the state dict that are left out.
    """

    name: str
    member: str
    origin: str
    make: Callable[[], nn.Module]
    inputs: Inputs
    like: str = ""
    facts: tuple[tuple[str, str | float], ...] = ()
    gigamacs: float | None = None
    dropped: tuple[str, ...] = ()

    def reference(self) -> ReferenceNetwork:
        """The reference for the proof."""
        return ReferenceNetwork(self.name, self.origin, self._make if self.dropped else self.make)

    def without(self, keys: tuple[str, ...]) -> ModelSource:
        """The model without these weights, which is no longer the library's."""
        return replace(self, dropped=keys, like="", facts=(), gigamacs=None)

    def _make(self) -> nn.Module:
        """The model. A layer without remaining weights, which is never called, becomes an identity."""
        model = self.make()
        for key in self.dropped:
            path, _, name = key.rpartition(".")
            owner = model.get_submodule(path)
            if isinstance(owner, nn.Identity):
                continue
            if path and not list(owner.children()) and all(f"{path}.{n}" in self.dropped for n in owner.state_dict()):
                around, _, own = path.rpartition(".")
                setattr(model.get_submodule(around), own, nn.Identity())
            else:
                delattr(owner, name)
        return model


def find_source(text: str, input: Shapes = None) -> ModelSource | Problem:
    """What `torchvision:NAME`, `timm:NAME` or `file.py:Class(arguments)` means, or why there is no such model."""
    if text.endswith(_SAVED):
        return SavedModel(source=text)
    call = _CALL.fullmatch(text)
    given = call["arguments"] if call is not None and call["arguments"] else "()"
    found = find_reference(f"{call['file']}:{call['name']}" if call is not None else text)
    if isinstance(found, Problem):
        return found
    origin, _, name = text.partition(":")
    if call is None:
        size, facts, gigamacs = _known(origin, name)
        inputs = _inputs(input, size)
        whole = gigamacs if inputs == (("", size),) else None
        return ModelSource(text, _member(name), found.origin, found.make, inputs, text, facts, whole)
    try:
        args, kwargs = _arguments(given)
    except (ValueError, SyntaxError):
        return BadReference(reference=text)
    make = partial(found.make, *args, **kwargs)
    return ModelSource(text, _member(call["name"]), Path(call["file"]).name, make, _inputs(input, IMAGE))


def _inputs(given: Shapes, usual: tuple[int, ...]) -> Inputs:
    """Shapes with their names, "" for the only one."""
    named = [pair for pair in given or () if isinstance(pair, tuple)]
    if len(named) > 1:
        return tuple(named)
    sizes = tuple(size for size in given or () if isinstance(size, int))
    return (("", named[0][1] if named else sizes or usual),)


def misfit(model: nn.Module, inputs: Inputs) -> str:
    """Why a model's `forward` cannot be called with these inputs, in words; "" if it can."""
    taken = [
        p
        for p in signature(model.forward).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    needed = [p.name for p in taken if p.default is p.empty]
    given = [name for name, _ in inputs if name]
    if len(needed) > len(inputs) or (taken and set(given) != {p.name for p in taken[: len(given)]}):
        return f"its forward reads {', '.join(needed)}"
    return ""


def in_order(model: nn.Module, inputs: Inputs) -> Inputs:
    """The inputs in the order in which `forward` takes them."""
    names = list(signature(model.forward).parameters)
    return tuple(sorted(inputs, key=lambda pair: names.index(pair[0]) if pair[0] in names else 0))


def object_source(model: nn.Module, input: Shapes) -> ModelSource:
    """A model that is there already; it is not changed, proofs run on copies."""
    kind = type(model)
    return ModelSource(
        kind.__name__,
        _member(kind.__name__),
        kind.__module__,
        lambda: copy.deepcopy(model).cpu(),
        _inputs(input, IMAGE),
    )


def _arguments(text: str) -> tuple[list[Any], dict[str, Any]]:
    """Plain values in parentheses."""
    call = ast.parse(f"f{text}", mode="eval").body
    if not isinstance(call, ast.Call):
        raise ValueError(text)
    keywords = {k.arg: ast.literal_eval(k.value) for k in call.keywords if k.arg is not None}
    return [ast.literal_eval(a) for a in call.args], keywords


def _member(name: str) -> str:
    """The name of a member of a spec."""
    found = re.sub(r"\W", "_", name).lower()
    return found if found.isidentifier() else f"net_{found}"


Facts = tuple[tuple[str, str | float], ...]


def _known(library: str, name: str) -> tuple[tuple[int, ...], Facts, float | None]:
    """A library's facts about a network: the input and the accuracy of its weights, and the number of operations."""
    if library == "timm":
        found = import_module("timm.models").get_pretrained_cfg(name, allow_unregistered=True)
        size = getattr(found, "input_size", None)
        return (tuple(size) if size else IMAGE), (), None
    known = {w.name: w for w in import_module("torchvision.models").get_model_weights(name)}
    if not known:
        return IMAGE, (), None
    weights = next((known[n] for n in _WEIGHTS if n in known), next(iter(known.values())))
    side = getattr(weights.transforms, "keywords", {}).get("crop_size")
    metrics = weights.meta.get("_metrics", {}).get("ImageNet-1K", {})
    accuracy = [(f"top{k}", metrics[f"acc@{k}"]) for k in (1, 5) if f"acc@{k}" in metrics]
    facts = (*accuracy, ("top1_source", f"torchvision {weights.name}")) if accuracy else ()
    return ((3, side, side) if isinstance(side, int) else IMAGE), facts, weights.meta.get("_ops")
