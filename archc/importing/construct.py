"""Constructing a model without memory for its weights, and recording the arguments of constructors."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

_SMALL = 512
"""Smaller tensors are made normally, since constructors read them (drop rates, widths)."""
_FACTORIES = frozenset({torch.zeros, torch.ones, torch.rand, torch.randn, torch.full, torch.empty})
_FILLS = frozenset(
    getattr(torch.Tensor, f"{name}_") for name in "normal uniform fill zero erfinv add mul clamp".split()
)
_INIT = nn.init.__name__


class Constructed:
    """A model, and the arguments of the constructors of its modules, by module."""

    def __init__(self) -> None:
        self.calls: dict[int, Mapping[str, object]] = {}
        self.alive: list[nn.Module] = []


@contextmanager
def watched() -> Iterator[Constructed]:
    """A context that records the arguments of the constructors of all modules."""
    found = Constructed()
    original = nn.Module.__init__

    def init(self: nn.Module, *args: Any, **kwargs: Any) -> None:
        if not type(self).__module__.startswith("torch.nn") and id(self) not in found.calls:
            found.calls[id(self)] = _constructor(self, sys._getframe(1))
            found.alive.append(self)
        original(self, *args, **kwargs)

    nn.Module.__init__ = init  # type: ignore[method-assign]
    try:
        yield found
    finally:
        nn.Module.__init__ = original  # type: ignore[method-assign]


def _constructor(module: nn.Module, frame: FrameType | None) -> Mapping[str, object]:
    """The arguments of the outermost `__init__` of a module that is being made."""
    outermost: FrameType | None = None
    while frame is not None and frame.f_code.co_name == "__init__":
        names = frame.f_code.co_varnames
        if not names or frame.f_locals.get(names[0]) is not module:
            break
        outermost, frame = frame, frame.f_back
    if outermost is None:
        return {}
    code, values = outermost.f_code, outermost.f_locals
    named = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    found = {name: values[name] for name in named if name in values}
    if code.co_flags & 0x08:  # **kwargs
        more = values.get(code.co_varnames[code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 0x04)], {})
        found |= {name: value for name, value in more.items() if isinstance(name, str)}
    return found


class OnMeta(TorchFunctionMode):
    """A mode in which large tensors are made without memory."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Make large tensors on the meta device, where filling them does nothing."""
        kwargs = dict(kwargs or {})
        if func in _FILLS or getattr(func, "__module__", "") == _INIT:
            filled = args[0] if args else kwargs.get("tensor")
            if filled is not None and filled.is_meta:
                return filled
        if func in _FACTORIES and (func is torch.empty or _numbers(args, kwargs) >= _SMALL):
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


def _numbers(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> int:
    size = kwargs.get("size", args[0] if args and isinstance(args[0], list | tuple) else args)
    count = 1
    for n in size:
        count *= n if isinstance(n, int) else 1
    return count
