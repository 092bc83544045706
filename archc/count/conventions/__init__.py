"""How other tools count: one file per tool, each a table of rules with the version that it describes.

The folder is scanned; there is no list to maintain. A tool counts what it can see, which depends on how a module is
written. The rules apply to the module that archc emits: a layer with parameters or in a plain sequence is a `torch.nn`
module; any other is a function call (see `calls.py`).
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from archc.count.conventions.rules import CallCount, Convention, Counted, UnknownCount, counted

__all__ = ["CallCount", "Convention", "Counted", "UnknownCount", "convention", "counted", "names"]

_SHARED = ("calls", "rules")


def names() -> tuple[str, ...]:
    """The conventions, in alphabetical order."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _SHARED))


def convention(name: str) -> Convention:
    """The convention called `name`, one of `names()`."""
    found: Convention = import_module(f"{__name__}.{name}").CONVENTION
    return found
