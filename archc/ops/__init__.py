"""The ops, one per file. The folder and the entry point group `archc.ops` are scanned; there is no list to maintain.

Another package adds ops with an entry point that names a class or a module:

    [project.entry-points."archc.ops"]
    mish = "my_package.mish"
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

from archc.ir.op import Op
from archc.ops._points import entry_points

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "archc.ops"


class OpClash(Exception):
    """Two ops claim one name, or an entry point names something that is not an op."""


@cache
def registry() -> Mapping[str, type[Op]]:
    """All ops by kind, in alphabetical order."""
    kinds = {kind.kind(): kind for kind in _by_name().values()}
    return MappingProxyType(dict(sorted(kinds.items())))


def lookup(name: str) -> type[Op] | None:
    """The op with this name or alias, or None."""
    return _by_name().get(name)


def names() -> tuple[str, ...]:
    """All names and aliases, in alphabetical order."""
    return tuple(sorted(_by_name()))


def forget() -> None:
    """Clear the caches, so that the next lookup scans again. For tests, which install and remove packages."""
    _broken.clear()
    registry.cache_clear()
    _by_name.cache_clear()


@cache
def _by_name() -> Mapping[str, type[Op]]:
    return index(found())


def index(kinds: Iterable[type[Op]]) -> Mapping[str, type[Op]]:
    """The ops by name and alias. Raises `OpClash` if two of archc's own claim one name.

    An op of another package that claims an existing name is left out, and listed by `broken`.
    """
    table: dict[str, type[Op]] = {}
    for kind in kinds:
        names_ = (kind.kind(), *kind.aliases)
        clash = next(((name, table[name]) for name in names_ if table.get(name, kind) is not kind), None)
        if clash is None:
            table.update(dict.fromkeys(names_, kind))
        elif kind.__module__.startswith(f"{__name__}."):
            raise OpClash(f"two ops are called {clash[0]}: {_where(clash[1])} and {_where(kind)}")
        else:
            _broken[_where(kind)] = f"another op is called {clash[0]}: {_where(clash[1])}"
    return MappingProxyType(table)


def found() -> Iterator[type[Op]]:
    """The ops of this folder, then those of other packages, each in alphabetical order."""
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        if not module.startswith("_"):
            yield from _defined_in(import_module(f"{__name__}.{module}"))
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.name, p.value)):
        try:
            yield from _pointed_at(point)
        except (Exception, SystemExit) as error:  # the module of another package may raise anything
            _broken[_said_of(point)] = f"{type(error).__name__}: {error}".splitlines()[0]


def broken() -> Mapping[str, str]:
    """The entry points of other packages that failed to load and are left out, each with the reason."""
    return MappingProxyType(_broken)


_broken: dict[str, str] = {}


def _pointed_at(point: EntryPoint) -> tuple[type[Op], ...]:
    """The ops of an entry point. Raises `OpClash` if it names none, and whatever its code raises."""
    thing = point.load()
    if isinstance(thing, ModuleType):
        return tuple(_defined_in(thing))
    if isinstance(thing, type) and issubclass(thing, Op):
        return (thing,)
    raise OpClash("it is neither an op nor a module")


def _said_of(point: EntryPoint) -> str:
    of = f" of {point.dist.name} {point.dist.version}" if point.dist is not None else ""
    return f"{point.name} = {point.value}{of}"


def _defined_in(module: ModuleType) -> Iterator[type[Op]]:
    for name, thing in sorted(vars(module).items()):
        if isinstance(thing, type) and issubclass(thing, Op) and thing.__module__ == module.__name__ and name[0] != "_":
            yield thing


def _where(kind: type[Op]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
