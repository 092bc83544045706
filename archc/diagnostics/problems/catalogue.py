"""The catalogue of problems, found by scanning this folder: there is no list to keep."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

import archc.diagnostics.problems
from archc.diagnostics.core import Problem


class CodeClash(Exception):
    """Two problems have one code."""


@cache
def catalogue() -> Mapping[str, type[Problem]]:
    """All problems by code, in order. Raises `CodeClash` where two have the same."""
    found: dict[str, type[Problem]] = {}
    for kind in _kinds():
        if found.setdefault(kind.code, kind) is not kind:
            raise CodeClash(f"{kind.code}: {found[kind.code].__name__} and {kind.__name__}")
    return MappingProxyType(dict(sorted(found.items())))


def _kinds() -> Iterator[type[Problem]]:
    for info in pkgutil.walk_packages(archc.diagnostics.problems.__path__, "archc.diagnostics.problems."):
        module = import_module(info.name)
        for value in vars(module).values():
            defined_here = isinstance(value, type) and value.__module__ == module.__name__
            if defined_here and issubclass(value, Problem) and hasattr(value, "code"):
                yield value
