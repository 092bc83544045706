"""A model's modules as plain data: their classes, constructor arguments, and attributes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from archc.importing.construct import Constructed
from archc.importing.recording import RecordedModule

_NOTHING = object()
_SIMPLE = bool, int, float, str


def described(model: nn.Module, constructed: Constructed | None) -> Mapping[str, RecordedModule]:
    """The modules of a model, by path."""
    calls = constructed.calls if constructed is not None else {}
    owning = _owning(model)
    return {path: _module(path, m, calls.get(id(m), {}), path in owning) for path, m in model.named_modules()}


def _owning(model: nn.Module) -> set[str]:
    """The paths of the modules that have weights, or contain modules that do."""
    own = (path for path, m in model.named_modules(remove_duplicate=False) if _weights(m))
    return {path[:end] for path in own for end in (0, *(i for i, sign in enumerate(path) if sign == "."), len(path))}


def _weights(module: nn.Module) -> list[str]:
    """The names of a module's own parameters and buffers, in order."""
    return [name for held in (module._parameters, module._buffers) for name, w in held.items() if w is not None]


def _module(path: str, module: nn.Module, given: Mapping[str, object], stateful: bool) -> RecordedModule:
    kind = type(module)
    return RecordedModule(
        path,
        kind.__name__,
        kind.__module__,
        _plain_values(_flat_arguments(given)) if given else {},
        _plain_values({name: value for name, value in vars(module).items() if name[0] != "_"}),
        tuple(name for name in _weights(module) if name not in module._non_persistent_buffers_set),
        tuple(module._modules),
        stateful,
        kind.forward is nn.Sequential.forward,
        kind is nn.Sequential,
    )


def _plain_values(values: Mapping[str, object]) -> Mapping[str, object]:
    """The values that a spec can contain."""
    return {name: p for name, value in values.items() if (p := plain(value)) is not _NOTHING}


def _flat_arguments(called: Mapping[str, object]) -> Mapping[str, object]:
    """The arguments of a constructor, with configuration objects replaced by their fields."""
    found: dict[str, object] = {}
    for name, value in called.items():
        if plain(value) is _NOTHING and not isinstance(value, nn.Module | torch.Tensor) and hasattr(value, "__dict__"):
            found |= {key: v for key, v in vars(value).items() if key not in called}
        else:
            found[name] = value
    return found


def plain(value: object) -> object:
    """A value that a spec can contain, or a marker that it is not one."""
    if value is None or isinstance(value, _SIMPLE):
        return value
    if isinstance(value, list | tuple):
        items = tuple(plain(v) for v in value)
        return _NOTHING if any(i is _NOTHING for i in items) else items
    if isinstance(value, type):
        return f"class {value.__name__}"
    return _NOTHING
