"""Dead code elimination: numbers that are never read, and loops and conditions without statements."""

from __future__ import annotations

from collections.abc import Sequence

from archc.ir.expr import variables
from archc.support.record import replace
from archc.targets.pytorch.code import (
    Append,
    Assign,
    Class,
    Compute,
    Copy,
    Operation,
    PyFor,
    PyIf,
    Register,
    Sequential,
    Statement,
)
from archc.targets.pytorch.walk import exprs, reads, tensors_read, walk

Names = frozenset[str]


def drop(made: Class) -> None:
    """Ensures: every assigned number is read, and every statement has an effect."""
    while (left := _without_idle(made.forward)) != made.forward:
        made.forward = left
    made.forward, _ = _live(made.forward, frozenset())
    made.init, _ = _live(made.init, reads(made.forward))  # numbers that `forward` reads are kept in fields


def _without_idle(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Remove functions of tensors whose results are unread. A module stays: it may keep statistics."""
    read = {name for s in walk(statements) for name in tensors_read(s)}

    def kept(inner: Sequence[Statement]) -> tuple[Statement, ...]:
        found: list[Statement] = []
        for s in inner:
            match s:
                case Compute(value=Operation() | Copy()) if not read & set(s.targets):
                    pass
                case PyIf():
                    found.append(PyIf(s.condition, kept(s.then), kept(s.otherwise)))
                case PyFor():
                    found.append(replace(s, body=kept(s.body)))
                case _:
                    found.append(s)
        return tuple(found)

    return kept(statements)


def _live(statements: Sequence[Statement], after: Names) -> tuple[tuple[Statement, ...], Names]:
    """The live statements, if the numbers `after` are read after them, and the numbers that are live before them."""
    found: list[Statement] = []
    live = after
    for s in reversed(statements):
        kept, live = _one(s, live)
        if kept is not None:
            found.append(kept)
    return tuple(reversed(found)), live


def _one(s: Statement, live: Names) -> tuple[Statement | None, Names]:
    """The live part of a statement, or None, and the numbers that are live before it."""
    said = frozenset(name for e in exprs(s) for name in variables(e))
    match s:
        case Assign():
            return (s, (live - {s.name}) | said) if s.name in live else (None, live)
        case PyIf():
            then, one = _live(s.then, live)
            otherwise, other = _live(s.otherwise, live)
            return (PyIf(s.condition, then, otherwise), one | other | said) if then or otherwise else (None, live)
        case PyFor():
            at_end = live
            while True:  # what a turn reads before setting it is live at the end of the previous turn
                body, first = _live(s.body, at_end)
                if first <= at_end:
                    break
                at_end |= first
            return (replace(s, body=body), at_end | said) if body else (None, live)
        case Register() | Append() if isinstance(s.build, Sequential):
            body, live = _live(s.build.body, live)
            return replace(s, build=replace(s.build, body=body)), live | said
        case _:
            return s, live | said
