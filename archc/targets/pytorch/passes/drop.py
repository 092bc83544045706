"""Drop what is not needed: numbers that nobody reads, loops and conditions around nothing."""

from __future__ import annotations

from collections.abc import Sequence

from archc.network.expr import variables
from archc.record import replace
from archc.targets.pytorch.code import (
    Append,
    Assign,
    Class,
    Compute,
    Copy,
    For,
    If,
    Operation,
    Register,
    Sequential,
    Statement,
    exprs,
    reads,
    tensors_read,
    walk,
)


def drop(made: Class) -> None:
    """Ensures: every number that is assigned is read, and no statement does nothing."""
    made.init = without_unread(made.init)
    made.forward = without_unread(made.forward)
    while (left := _without_idle(made.forward)) != made.forward:
        made.forward = left


def _without_idle(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Statements without functions of tensors that nothing reads; a module that nothing reads may keep statistics."""
    read = {name for s in walk(statements) for name in tensors_read(s)}

    def kept(inner: Sequence[Statement]) -> tuple[Statement, ...]:
        found: list[Statement] = []
        for s in inner:
            match s:
                case Compute(value=Operation() | Copy()) if not read & set(s.targets):
                    pass
                case If():
                    found.append(If(s.condition, kept(s.then), kept(s.otherwise)))
                case For():
                    found.append(replace(s, body=kept(s.body)))
                case _:
                    found.append(s)
        return tuple(found)

    return kept(statements)


def without_unread(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Statements without assignments that nothing reads."""
    needed: set[str] = set()
    assigns: list[Assign] = []
    for s in walk(statements):
        if isinstance(s, Assign):
            assigns.append(s)
        elif not isinstance(s, For | If):
            needed.update(n for e in exprs(s) for n in variables(e))
    # A condition or a loop that holds nothing but numbers is needed only with them.
    needed |= {
        n for s in walk(statements) if isinstance(s, For | If) and _acts(s) for e in exprs(s) for n in variables(e)
    }
    reads = {s.name: set[str]() for s in assigns}
    for s in assigns:
        reads[s.name] |= variables(s.value)
    around = _around(statements, frozenset())
    for name, more in around.items():
        if name in reads:
            reads[name] |= more
    waiting = list(needed)
    while waiting:
        for name in reads.get(waiting.pop(), ()):
            if name not in needed:
                needed.add(name)
                waiting.append(name)
    return _without_overwritten(_kept(statements, needed))


def _without_overwritten(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Statements without numbers that are set anew before anything reads them."""
    found: list[Statement] = []
    overwritten: set[str] = set()
    for s in reversed(statements):
        if isinstance(s, Assign):
            if s.name in overwritten:
                continue
            overwritten.add(s.name)
        elif isinstance(s, For):
            s = replace(s, body=_without_overwritten(s.body))
        overwritten -= reads((s,))
        found.append(s)
    return tuple(reversed(found))


def _acts(s: Statement) -> bool:
    """Whether a statement holds more than numbers."""
    inner = [s.body] if isinstance(s, For) else [s.then, s.otherwise] if isinstance(s, If) else []
    return any(not isinstance(x, Assign | For | If) for body in inner for x in walk(body))


def _around(statements: Sequence[Statement], outer: frozenset[str]) -> dict[str, set[str]]:
    """For each number what the loops and conditions around its assignments read."""
    found: dict[str, set[str]] = {}
    for s in statements:
        match s:
            case Assign():
                found.setdefault(s.name, set()).update(outer)
            case For() | If():
                inner = outer | {n for e in exprs(s) for n in variables(e)}
                for body in (s.body,) if isinstance(s, For) else (s.then, s.otherwise):
                    for name, more in _around(body, inner).items():
                        found.setdefault(name, set()).update(more)
            case Register() | Append() if isinstance(s.build, Sequential):
                for name, more in _around(s.build.body, outer).items():
                    found.setdefault(name, set()).update(more)
            case _:
                pass
    return found


def _kept(statements: Sequence[Statement], needed: set[str]) -> tuple[Statement, ...]:
    found: list[Statement] = []
    for s in statements:
        match s:
            case Assign():
                if s.name in needed:
                    found.append(s)
            case For():
                if body := _kept(s.body, needed):
                    found.append(replace(s, body=body))
            case If():
                then, otherwise = _kept(s.then, needed), _kept(s.otherwise, needed)
                if then or otherwise:
                    found.append(If(s.condition, then, otherwise))
            case Register() | Append() if isinstance(s.build, Sequential):
                found.append(replace(s, build=replace(s.build, body=_kept(s.build.body, needed))))
            case _:
                found.append(s)
    return tuple(found)
