"""Merge numbers of `__init__` that are never live together: `channels = channels2` disappears.

Two variables interfere if one is set while the other is live (Chaitin et al. 1981).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archc.ir.expr import Expr, Var, mapped, variables
from archc.support.record import replace
from archc.targets.pytorch.code import Append, Assign, Build, Class, PyFor, PyIf, Register, Sequential, Statement
from archc.targets.pytorch.walk import exprs, reads, walk, with_build

Names = frozenset[str]


def coalesce(made: Class) -> None:
    """Requires: every assigned number is read. Ensures: copies between variables that do not interfere are gone."""
    outside = reads(made.forward)
    assigned = {s.name for s in walk(made.init) if isinstance(s, Assign)} - outside
    copies = [
        (s.name, s.value.name)
        for s in walk(made.init)
        if isinstance(s, Assign) and isinstance(s.value, Var) and {s.name, s.value.name} <= assigned
    ]
    if not copies:
        return
    interference = Interference()
    interference.back(made.init, outside)
    names: dict[str, str] = {}
    for copy, source in copies:
        one, other = _root(names, copy), _root(names, source)
        if one != other and other not in interference.found.get(one, set()):
            kept, gone = sorted((one, other), key=_number)
            names[gone] = kept
            interference.merge(kept, gone)
    made.init = _named(made.init, {n: _root(names, n) for n in names})


def _number(name: str) -> tuple[int, str]:
    """The sort key of a variable: its order of definition."""
    number = name.rpartition("~")[2]
    return (int(number) if number.isdecimal() else 0), name


def _root(names: Mapping[str, str], name: str) -> str:
    while name in names:
        name = names[name]
    return name


class Interference:
    """Records which variables are live at the same time."""

    def __init__(self) -> None:
        self.found: dict[str, set[str]] = {}

    def add(self, name: str, others: Names) -> None:
        """Record that a variable is set while others are live."""
        for other in others - {name}:
            self.found.setdefault(name, set()).add(other)
            self.found.setdefault(other, set()).add(name)

    def merge(self, kept: str, gone: str) -> None:
        """Merge two variables."""
        for other in self.found.pop(gone, set()):
            self.found[other].discard(gone)
            self.add(kept, frozenset({other}))

    def back(self, statements: Sequence[Statement], live: Names) -> Names:
        """Process statements backwards. Returns the variables that are live at their start."""
        for s in reversed(statements):
            live = self.one(s, live)
        return live

    def one(self, s: Statement, live: Names) -> Names:
        """Process one statement."""
        read = frozenset(name for e in exprs(s) for name in variables(e))
        match s:
            case Assign():
                source = {s.value.name} if isinstance(s.value, Var) else set()
                self.add(s.name, live - source)
                return (live - {s.name}) | read
            case PyIf():
                return self.back(s.then, live) | self.back(s.otherwise, live) | read
            case PyFor():
                while True:
                    before = self.back(s.body, live)
                    for name in s.target.names():
                        self.add(name, before)
                    if before <= live:
                        return live | read
                    live |= before
            case Register() | Append() if isinstance(s.build, Sequential):
                return self.back(s.build.body, live | read)
            case _:
                return live | read


def _named(statements: Sequence[Statement], names: Mapping[str, str]) -> tuple[Statement, ...]:
    """Rename variables in statements, and drop copies of a variable to itself."""

    def leaf(e: Expr) -> Expr | None:
        return Var(name=names[e.name], type=e.type) if isinstance(e, Var) and e.name in names else None

    def change(e: Expr) -> Expr:
        return mapped(e, leaf, {})

    found: list[Statement] = []
    for s in statements:
        match s:
            case Assign():
                made = Assign(names.get(s.name, s.name), change(s.value))
                if not (isinstance(made.value, Var) and made.value.name == made.name):
                    found.append(made)
            case PyIf():
                found.append(PyIf(change(s.condition), _named(s.then, names), _named(s.otherwise, names)))
            case PyFor():
                found.append(replace(s, over=change(s.over), body=_named(s.body, names)))
            case Register() | Append():
                name = None if s.name is None else change(s.name)
                build: Build = with_build(s.build, change)
                if isinstance(s.build, Sequential):
                    build = replace(s.build, body=_named(s.build.body, names))
                if isinstance(s, Append):
                    found.append(replace(s, name=name, build=build))
                else:
                    assert name is not None
                    found.append(Register(name, build, change(s.condition)))
            case _:
                found.append(s)
    return tuple(found)
