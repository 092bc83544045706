"""Interpret the assignments of a function, without its modules, to find the final values of its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archc.ir.definition import Pattern
from archc.ir.expr import Const, Expr, Functions, items_of, substituted
from archc.targets.pytorch.code import Append, Assign, PyFor, PyIf, Register, Sequential, Statement
from archc.targets.pytorch.walk import writes

_STEPS = 20_000
"""The maximum number of assignments to interpret before the rest counts as unknown."""


def only_numbers(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """The statements reduced to assignments of numbers."""
    found: list[Statement] = []
    for s in statements:
        match s:
            case Assign():
                found.append(s)
            case PyIf():
                then, otherwise = only_numbers(s.then), only_numbers(s.otherwise)
                if then or otherwise:
                    found.append(PyIf(s.condition, then, otherwise))
            case PyFor():
                if body := only_numbers(s.body):
                    found.append(PyFor(s.target, s.over, body, s.key))
            case Register() | Append() if isinstance(s.build, Sequential):
                found += only_numbers(s.build.body)
            case _:
                pass
    return tuple(found)


def bind(pattern: Pattern, item: Expr, found: dict[str, Expr]) -> None:
    """Bind the names of a loop to the values of a row."""
    if pattern.name:
        found[pattern.name] = item
        return
    for inner, value in zip(pattern.items, items_of(item) or (), strict=False):
        bind(inner, value, found)


class Numbers:
    """An interpreter of assignments; `known` has the known numbers, by name."""

    def __init__(self, known: Mapping[str, Expr], functions: Functions) -> None:
        self.known = {n: e for n, e in known.items() if isinstance(e, Const)}
        self.functions = functions
        self.steps = 0

    def run(self, statements: Sequence[Statement]) -> None:
        """Interpret statements; forget the numbers that they set in unknown ways."""
        for s in statements:
            match s:
                case Assign():
                    self.steps += 1
                    self.set(s.name, self.value(s.value))
                case PyIf():
                    condition = self.value(s.condition)
                    if isinstance(condition, Const):
                        self.run(s.then if condition.value else s.otherwise)
                    else:
                        self.forget((s,))
                case PyFor():
                    self.loop(s)
                case _:
                    pass

    def loop(self, s: PyFor) -> None:
        """Interpret a loop, turn by turn."""
        rows = items_of(self.value(s.over))
        if rows is None or self.steps > _STEPS:
            self.forget((s,))
            return
        for row in rows:
            values: dict[str, Expr] = {}
            bind(s.target, row, values)
            for name, value in values.items():
                self.set(name, value)
            self.run(s.body)
            if self.steps > _STEPS:
                self.forget((s,))
                return

    def value(self, e: Expr) -> Expr:
        """Substitute known numbers in an expression."""
        return substituted(e, self.known, self.functions)

    def set(self, name: str, value: Expr) -> None:
        """Record the value of a number, if it is known."""
        if isinstance(value, Const):
            self.known[name] = value
        else:
            self.known.pop(name, None)

    def forget(self, statements: Sequence[Statement]) -> None:
        """Forget the numbers that statements set."""
        for name in writes(statements):
            self.known.pop(name, None)
