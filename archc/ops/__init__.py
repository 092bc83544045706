"""The ops: one file each. The folder is scanned, and so is the entry point group `archc.ops`; there is no list to keep.

A package adds ops of its own with an entry point that names a class or a module:

    [project.entry-points."archc.ops"]
    mish = "my_package.mish"
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType, ModuleType

from archc.network.op import Op

GROUP = "archc.ops"


class OpClash(Exception):
    """Two ops claim one name, or an entry point names something that is no op."""


@cache
def registry() -> Mapping[str, type[Op]]:
    """All ops by kind, in alphabetical order."""
    kinds = {kind.kind(): kind for kind in _by_name().values()}
    return MappingProxyType(dict(sorted(kinds.items())))


def lookup(name: str) -> type[Op] | None:
    """The op of this name or alias."""
    return _by_name().get(name)


def names() -> tuple[str, ...]:
    """All names and aliases, in alphabetical order."""
    return tuple(sorted(_by_name()))


def forget() -> None:
    """Scan again at the next question, for a process in which packages come and go, as in tests."""
    registry.cache_clear()
    _by_name.cache_clear()


@cache
def _by_name() -> Mapping[str, type[Op]]:
    return index(found())


def index(kinds: Iterable[type[Op]]) -> Mapping[str, type[Op]]:
    """The ops by name and alias. Raises `OpClash` where two claim one name."""
    table: dict[str, type[Op]] = {}
    for kind in kinds:
        for name in (kind.kind(), *kind.aliases):
            other = table.setdefault(name, kind)
            if other is not kind:
                raise OpClash(f"two ops are called {name}: {_where(other)} and {_where(kind)}")
    return MappingProxyType(table)


def found() -> Iterator[type[Op]]:
    """The ops of this folder, then those of other packages, each in alphabetical order."""
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        if not module.startswith("_"):
            yield from _defined_in(import_module(f"{__name__}.{module}"))
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.name, p.value)):
        thing = point.load()
        if isinstance(thing, ModuleType):
            yield from _defined_in(thing)
        elif isinstance(thing, type) and issubclass(thing, Op):
            yield thing
        else:
            raise OpClash(f"the entry point {point.name} = {point.value} of {GROUP} is neither an op nor a module")


def _defined_in(module: ModuleType) -> Iterator[type[Op]]:
    for name, thing in sorted(vars(module).items()):
        if isinstance(thing, type) and issubclass(thing, Op) and thing.__module__ == module.__name__ and name[0] != "_":
            yield thing


def _where(kind: type[Op]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
