"""Containers, which only hold other modules: `nn.ModuleList` or `nn.ModuleDict`.

A label with dots opens containers (`"convs.0"`). A class with children whose names are not identifiers is one itself.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal

from archc.ir.expr import Apply, Const, Expr, Text, Var, apply, binary, const, text
from archc.ir.paths import outer_names
from archc.resolve.naming import OF_DICTIONARIES
from archc.support.record import replace
from archc.targets.pytorch.code import Class, ModuleBuild, OpenContainer, PyFor, PyIf, Register, Statement
from archc.targets.pytorch.walk import inside, walk


def contain(made: Class) -> None:
    """Ensures: `containers` has every container in the name of a child, and the class if it is one."""
    if made.base == "nn.Sequential":
        return
    names = [s.name for s in walk(made.init) if isinstance(s, Register)]
    found: dict[str, None] = {}
    for name in names:
        found.update(dict.fromkeys(outer_names(_fixed(name))))
    words = {n for n, _ in made.fields} | {_fixed(n).partition(".")[0] for n in names}
    modules = [s.name for s in walk(made.init) if isinstance(s, Register) and not is_learned(s)]
    if not all(map(_leads, modules)) and not words & OF_DICTIONARIES:
        found[""] = None
    made.containers = {path: _kind(made.init, path) for path in found}
    made.init = Openings().run(made.init, frozenset())


class Openings:
    """Finds where containers are made: before the first child, or the statement that makes it.

    `done`: those that certainly exist; `perhaps`: those that exist on some paths.
    """

    def __init__(self) -> None:
        self.done: frozenset[str] = frozenset()
        self.perhaps: frozenset[str] = frozenset()

    def run(self, statements: Sequence[Statement], later: frozenset[str]) -> tuple[Statement, ...]:
        """Statements with containers; `later`: those that are needed after them."""
        found: list[Statement] = []
        after = [later]
        for s in reversed(statements[1:]):
            needed = _needed((s,))
            after.append(after[-1] if needed <= after[-1] else after[-1] | needed)
        for i, (s, behind) in enumerate(zip(statements, reversed(after), strict=False)):
            match s:
                case Register():
                    self.open(dict.fromkeys(containers_of(s.name)), found)
                    found.append(s)
                case PyFor() | PyIf():
                    rest = islice(statements, i + 1, None)
                    self.open([p for p in _early(s, behind) if _is_safe(p, s, rest, behind)], found)
                    found.append(self.loop(s, behind) if isinstance(s, PyFor) else self.choice(s, behind))
                case _:
                    found.append(s)
        return tuple(found)

    def open(self, paths: Iterable[str], found: list[Statement]) -> None:
        """Make the containers that do not exist yet."""
        for path in paths:
            if path not in self.done:
                found.append(OpenContainer(path, path in self.perhaps))
                self.done |= {path}

    def loop(self, s: PyFor, later: frozenset[str]) -> PyFor:
        """A loop: what a turn makes exists in the next turn, but not necessarily after the loop."""
        before, needed = self.done, _needed(s.body)
        self.perhaps |= needed
        body = self.run(s.body, later | needed)
        self.done = before
        return replace(s, body=body)

    def choice(self, s: PyIf, later: frozenset[str]) -> PyIf:
        """An `if`: what both sides make exists after it."""
        before, sides = self.done, list[tuple[Statement, ...]]()
        ends: list[frozenset[str]] = []
        for side in inside(s):
            self.done = before
            sides.append(self.run(side, later))
            ends.append(self.done)
        self.done = ends[0] & ends[1]
        self.perhaps |= ends[0] | ends[1]
        return PyIf(s.condition, sides[0], sides[1])


def _early(s: PyFor | PyIf, later: frozenset[str]) -> Iterable[str]:
    """What may be made before a statement: what a loop begins with, or both sides, or one and a later statement."""
    begin = {p: None for side in inside(s) for p in _first(side)}
    if isinstance(s, PyFor):
        return begin
    one, other = map(_needed, inside(s))
    shared = (one & other) | ((one | other) & later)
    return [p for p in begin if p in shared]


def _is_safe(path: str, s: Statement, rest: Iterable[Statement], later: frozenset[str]) -> bool:
    """Whether no child comes between a container that is made before a statement and its first child, on any way."""
    leads = _begins(path, (s,))
    if leads is None and path in later:
        return bool(_begins(path, rest))
    return leads is not False


def _begins(path: str, statements: Iterable[Statement]) -> bool | None:
    """Whether the first child that statements make is in a container, on every way; None if there may be no child."""
    for s in statements:
        match s:
            case Register():
                return path in containers_of(s.name)
            case PyFor() | PyIf():
                ways = {_begins(path, side) for side in inside(s)}
                if False in ways:
                    return False
                if None not in ways and not (isinstance(s, PyFor) and _may_be_empty(s)):
                    return True
            case _:
                pass
    return None


def _may_be_empty(s: PyFor) -> bool:
    """Whether a loop may have no turn."""
    return not (isinstance(s.over, Const) and s.over.value)


def containers_of(name: Expr) -> tuple[str, ...]:
    """The containers around a child, the outermost first."""
    path, _ = parted(name)
    return (*outer_names(path), path) if path else ()


def _needed(statements: Sequence[Statement]) -> frozenset[str]:
    """The containers of the children that statements make."""
    return frozenset(p for s in _registers(statements) for p in containers_of(s.name))


def _first(statements: Sequence[Statement]) -> dict[str, None]:
    """The containers of the first child that statements make."""
    first = next(_registers(statements), None)
    return dict.fromkeys(containers_of(first.name)) if first is not None else {}


def is_learned(s: Register) -> bool:
    """Whether a statement registers a learned tensor instead of a module."""
    return isinstance(s.build, ModuleBuild) and bool(s.build.use)


def is_word(name: str) -> bool:
    """Whether `self.name` is valid Python, and stays the same name: Python normalises other letters."""
    return name.isidentifier() and name.isascii() and not keyword.iskeyword(name)


def parted(name: Expr) -> tuple[str, Expr]:
    """The path of a child's container, "" for the class, and the name of the child in it."""
    if isinstance(name, Const):
        path, _, own = str(name.value).rpartition(".")
        return path, const(own)
    assert isinstance(name, Text)
    first = name.parts[0]
    if isinstance(first, Const) and "." in str(first.value):
        path, _, own = str(first.value).rpartition(".")
        return path, text((*((const(own),) if own else ()), *name.parts[1:]))
    return "", name


def number_of(own: Expr) -> Expr | None:
    """The number in the name of a child, if the name is a number."""
    if isinstance(own, Const) and str(own.value).isdecimal():
        return const(int(str(own.value)))
    if isinstance(own, Text) and len(own.parts) == 1 and not isinstance(own.parts[0], Const):
        return own.parts[0]
    return None


def _fixed(name: Expr) -> str:
    """A name, or its known beginning."""
    if isinstance(name, Const):
        return str(name.value)
    first = name.parts[0] if isinstance(name, Text) else None
    return str(first.value) if isinstance(first, Const) else ""


def _leads(name: Expr) -> bool:
    """Whether a child can be reached from `self`: its name, or that of its container, is an identifier."""
    path, own = parted(name)
    if path:
        return is_word(path.partition(".")[0])
    return isinstance(own, Const) and is_word(str(own.value))


def _kind(statements: Sequence[Statement], path: str) -> Literal["list", "dict"]:
    """A list, if its children certainly count from 0, and are modules: a list does not count others."""
    if any(is_learned(s) and _is_in(s.name, path) for s in _registers(statements)):
        return "dict"
    last = _count(statements, path, const(0))
    return "dict" if last is None else "list"


def _count(statements: Sequence[Statement], path: str, position: Expr) -> Expr | None:
    """The number of children after statements, if they are numbered from `position`."""
    for s in statements:
        match s:
            case Register():
                step = _step(s.name, path, position)
                if step is None:
                    return None
                position = step
            case PyFor(body=body) if any(_is_in(x.name, path) for x in _registers(body)):
                turn, turns = _turns(s)
                children = [x for x in body if isinstance(x, Register) and _is_in(x.name, path)]
                if turn is None or len(list(_registers(body))) != 1 or len(children) != 1:
                    return None
                if _step(children[0].name, path, binary("+", position, turn)) is None:
                    return None
                position = binary("+", position, turns)
            case PyIf() if any(_is_in(x.name, path) for x in _registers((s,))):
                return None
            case _:
                pass
    return position


def _step(name: Expr, path: str, position: Expr) -> Expr | None:
    """The position after a child; None if it has a different name."""
    if not _is_in(name, path):
        return position
    own = _own(name, path)
    number = number_of(own)
    if number is not None and number == position:
        return binary("+", position, const(1))
    if parted(name)[0] == path or not isinstance(number, Const) or not isinstance(position, Const):
        return None
    return position if int(str(number.value)) < int(str(position.value)) else None  # it is opened again


def _own(name: Expr, path: str) -> Expr:
    """The name of a child of `path`, or of the child that contains it."""
    where, own = parted(name)
    if where == path:
        return own
    rest = where.removeprefix(f"{path}.") if path else where
    return const(rest.partition(".")[0])


def _is_in(name: Expr, path: str) -> bool:
    return not path or f"{parted(name)[0]}.".startswith(f"{path}.")


def _registers(statements: Sequence[Statement]) -> Iterator[Register]:
    for s in statements:
        if isinstance(s, Register):
            yield s
        elif isinstance(s, PyIf | PyFor):
            for body in inside(s):
                yield from _registers(body)


def _turns(loop: PyFor) -> tuple[Expr | None, Expr]:
    """The variable that counts the turns of a loop from 0, and how many there are."""
    turns = apply("len", (loop.over,), (), {})
    match loop.over:
        case Apply(function="range", arguments=(_,)) if loop.target.name:
            return Var(name=loop.target.name, type="int"), turns
        case Apply(function="enumerate", arguments=(_,)) if loop.target.items and loop.target.items[0].name:
            return Var(name=loop.target.items[0].name, type="int"), turns
        case _:
            return None, turns
