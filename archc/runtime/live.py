"""Importing emitted source without writing a file."""

from __future__ import annotations

import linecache
import sys
from hashlib import sha256
from types import ModuleType

from torch import nn


def live_module(source: str) -> ModuleType:
    """Import emitted source as a module; the same source gives the same module.

    It is in `sys.modules` and `linecache` under a name derived from its hash, as pickling, tracebacks and TorchScript
    need. Raises whatever running the source raises.
    """
    name = f"archc_live_{sha256(source.encode()).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    file = f"<{name}>"
    module = ModuleType(name)
    module.__file__ = file
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    sys.modules[name] = module
    try:
        exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def live_class(source: str) -> type[nn.Module]:
    """The model's class of emitted source: the first name of its `__all__`, which is built without arguments."""
    module = live_module(source)
    kind = getattr(module, module.__all__[0])
    assert isinstance(kind, type) and issubclass(kind, nn.Module)
    return kind
