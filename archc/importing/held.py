"""The tensors of a model: replaced by tensors without data while it runs, and their names."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

from archc.support.record import Record

_NO_TENSORS = frozenset({type(None), bool, int, float, str, tuple, list, dict, OrderedDict, set})
"""The types of most attributes, which are faster to compare than to ask."""


class HeldTensors:
    """All tensors of a model's modules, and tensors without data in their place; and whether each module trains."""

    def __init__(self, model: nn.Module, mode: FakeTensorMode | None) -> None:
        self.modes = [(module, module.training) for module in model.modules()]
        self.kept: list[tuple[dict[str, Any], str, torch.Tensor]] = [
            (held, name, tensor)
            for module, _ in self.modes
            for held in (*_own(module), module.__dict__)
            for name, tensor in held.items()
            if type(tensor) not in _NO_TENSORS and isinstance(tensor, torch.Tensor)
        ]
        self.made: dict[int, torch.Tensor] = {}
        for _, _, tensor in self.kept:
            if id(tensor) not in self.made:
                empty = torch.empty_like(tensor, device="meta") if mode is not None or not tensor.is_meta else tensor
                self.made[id(tensor)] = empty if mode is None else FakeTensor(mode, empty, torch.device("cpu"))

    def put(self) -> None:
        """Put the tensors without data in place, also of those that a run has replaced."""
        for held, name, tensor in self.kept:
            held[name] = self.made[id(tensor)]

    def restore(self) -> None:
        """Put the original tensors and modes in place."""
        for held, name, tensor in self.kept:
            held[name] = tensor
        for module, training in self.modes:
            module.training = training


@contextmanager
def without_numbers(model: nn.Module, mode: FakeTensorMode | None) -> Iterator[HeldTensors]:
    """A context in which a model's tensors have no data."""
    held = HeldTensors(model, mode)
    try:
        held.put()
        yield held
    finally:
        held.restore()


class OwnedTensors(Record):
    """The modules and the weights of a model by identity, and the keys that are other names of a weight."""

    paths: Mapping[int, str]
    keys: Mapping[int, str]
    shared: Mapping[str, str]


def owned_by(model: nn.Module) -> OwnedTensors:
    """The modules and weights of a model."""
    paths: dict[int, str] = {}
    keys: dict[int, str] = {}
    shared: dict[str, str] = {}
    for path, module in model.named_modules(remove_duplicate=False):
        paths.setdefault(id(module), path)
        for name, tensor in (pair for held in _own(module) for pair in held.items()):
            key = f"{path}.{name}" if path else name
            if tensor is not None and keys.setdefault(id(tensor), key) != key:
                shared[key] = keys[id(tensor)]
    return OwnedTensors(paths, keys, shared)


def _own(module: nn.Module) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and buffers of a module itself."""
    return module._parameters, module._buffers
