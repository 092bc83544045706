"""A model's modules as plain data: their classes, constructor arguments, and attributes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from archc.importing.construct import Constructed
from archc.importing.recording import RecordedModule

_NOTHING = object()


def described(model: nn.Module, constructed: Constructed | None) -> Mapping[str, RecordedModule]:
    """The modules of a model, by path."""
    calls = constructed.calls if constructed is not None else {}
    return {path: _module(path, m, calls.get(id(m), {})) for path, m in model.named_modules()}


def _module(path: str, module: nn.Module, given: Mapping[str, object]) -> RecordedModule:
    kind = type(module)
    persistent = [n for n in module._buffers if n not in module._non_persistent_buffers_set]
    own = [n for n in (*module._parameters, *persistent) if getattr(module, n) is not None]
    stateful = any(True for _ in module.parameters()) or any(True for _ in module.buffers())
    called = _flat_arguments(given)
    return RecordedModule(
        path,
        kind.__name__,
        kind.__module__,
        {name: p for name, value in called.items() if (p := plain(value)) is not _NOTHING},
        {name: p for name, value in vars(module).items() if (p := plain(value)) is not _NOTHING and name[0] != "_"},
        tuple(own),
        tuple(module._modules),
        stateful,
        kind.forward is nn.Sequential.forward,
        kind is nn.Sequential,
    )


def _flat_arguments(called: Mapping[str, object]) -> Mapping[str, object]:
    """The arguments of a constructor, with configuration objects replaced by their fields."""
    found: dict[str, object] = {}
    for name, value in called.items():
        if plain(value) is _NOTHING and not isinstance(value, nn.Module | torch.Tensor) and hasattr(value, "__dict__"):
            found |= {key: v for key, v in vars(value).items() if plain(v) is not _NOTHING and key not in called}
        else:
            found[name] = value
    return found


def plain(value: object) -> object:
    """A value that a spec can contain, or a marker that it is not one."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        items = tuple(plain(v) for v in value)
        return _NOTHING if any(i is _NOTHING for i in items) else items
    if isinstance(value, type):
        return f"class {value.__name__}"
    return _NOTHING
