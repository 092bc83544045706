"""What can be said at one place of a class: its names, and what each stands for in every instance that comes by."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from archc.emit.expressions import (
    CannotEvaluate,
    Functions,
    Simplifier,
    evaluate,
    literal,
    names_of,
    read,
    write,
)
from archc.emit.instances import Instance
from archc.network.network import Callee, Ref
from archc.network.sym import Sym, SymBool, SymFloat
from archc.record import Record, field

UNKNOWN = "unknown_"
"""Stands in a text for what cannot be said; no text with it passes the check against the instances."""


class Inexpressible(Exception):
    """No expression fits all instances; the class must be split, or the loop unrolled."""


class Element(Record):
    """A child of a sequential module. `many` is an expression that is already unpacked: `*(…)` or `**{…}`."""

    text: str
    name: str = ""
    many: bool = False
    implicit: bool = False


@dataclass(frozen=True, eq=False)
class Thread:
    """One instance passing a place (one iteration of it, in a loop): the values of the names of the emitted class.

    `values` grows as `__init__` gives values to variables of its own.
    """

    instance: Instance
    values: dict[str, object]
    tensors: Mapping[str, Ref] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Place:
    """All threads at one place, and how the spec's names are written there."""

    threads: tuple[Thread, ...]
    names: Mapping[str, ast.expr]
    kept: frozenset[str]
    functions: Functions
    plain: bool = False
    """Whether one number is written as that number, though the spec's expression is made of names."""

    def only(self, threads: Sequence[Thread]) -> Place:
        """The place as some of its threads see it."""
        return replace(self, threads=tuple(threads))

    def knowing(self, name: str, tree: ast.expr, values: Iterable[object] | None = None) -> Place:
        """With the spec's `name` written as `tree`; `values` are its values where `tree` is a new name of the class."""
        threads = self.threads
        if values is not None and isinstance(tree, ast.Name):
            threads = tuple(replace(t, values={**t.values, tree.id: v}) for t, v in zip(threads, values, strict=True))
        return replace(self, threads=threads, names={**self.names, name: tree})

    def with_tensor(self, name: str, refs: Iterable[Ref]) -> Place:
        """With a name for a tensor."""
        threads = (replace(t, tensors={**t.tensors, name: r}) for t, r in zip(self.threads, refs, strict=True))
        return replace(self, threads=tuple(threads))

    def remember(self, name: str, values: Sequence[object]) -> None:
        """From here on `__init__` has a variable `name`."""
        for thread, value in zip(self.threads, values, strict=True):
            thread.values[name] = value

    def holds(self, tree: ast.expr, values: Sequence[object]) -> bool:
        """Whether an expression has these values in all threads."""
        try:
            return all(
                alike(evaluate(tree, t.values, self.functions), v) for t, v in zip(self.threads, values, strict=True)
            )
        except CannotEvaluate:
            return False

    def say(self, values: Sequence[object], *candidates: str) -> str:
        """An expression with these values. Raises `Inexpressible`."""
        trees: list[ast.expr] = []
        for text in dict.fromkeys(candidates):
            tree = Simplifier(self.names.get, self.functions).visit(read(text))
            if self.kept & names_of(write(tree)) and self.holds(tree, values):
                return write(tree)
            if not self.plain and self.parametric(tree) and self.holds(tree, values):
                return self.shortest(write(tree), values)
            trees.append(tree)
        first = values[0]
        if all(alike(v, first) for v in values):
            return write(literal(first))
        for tree in trees:
            if self.holds(tree, values):
                return self.shortest(write(tree), values)
        found = self.searched(values)
        if found is None:
            raise Inexpressible(str(candidates))
        return found

    def parametric(self, tree: ast.expr) -> bool:
        """Whether an expression is made of what varies here: then it is written, even where it comes to one number."""
        return any(isinstance(n, ast.Name) and n.id in self.threads[0].values for n in ast.walk(tree))

    def shortest(self, text: str, values: Sequence[object]) -> str:
        """One of the names in an expression, if that is all that the expression comes to: `c` for `divisible(c)`."""
        for name in sorted(names_of(text) - {text}):
            if all(name in t.values and alike(t.values[name], v) for t, v in zip(self.threads, values, strict=True)):
                return name
        return text

    def searched(self, values: Sequence[object]) -> str | None:
        """An expression in one or two names that fits."""
        names = sorted({n for t in self.threads for n in t.values})
        rows = {n: [t.values.get(n) for t in self.threads] for n in names}
        for name, row in rows.items():
            if all(alike(a, b) for a, b in zip(row, values, strict=True)):
                return name
        if not all(type(v) is int for v in values):
            return None
        numbers = {n: row for n, row in rows.items() if all(type(v) is int for v in row)}
        for name, row in numbers.items():
            for text in _lines(name, row, values):
                if self.holds(read(text), values):
                    return text
        for one in numbers:
            for two in numbers:
                for text in (f"{one} * {two}", f"{one} + {two}"):
                    if one < two and self.holds(read(text), values):
                        return text
        return None

    def symbol(self, value: object, text: str) -> object:
        """A value that remembers `text`, unless that is its literal."""
        if value is None or isinstance(value, str | tuple) or text == write(literal(value)):
            return value
        if isinstance(value, bool):
            return SymBool(value, text)
        if isinstance(value, float):
            return SymFloat(value, text)
        assert isinstance(value, int)
        return Sym(value, text)


def alike(left: object, right: object) -> bool:
    """Whether two values are the same in kind and number."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(alike(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, Callee) or isinstance(right, Callee):
        return left == right
    return (isinstance(left, bool) == isinstance(right, bool)) and left == right


def _lines(name: str, row: Sequence[object], values: Sequence[object]) -> Iterable[str]:
    """`name` times or plus a number, both, or divided by one."""
    xs = [v for v in row if isinstance(v, int)]
    ys = [v for v in values if isinstance(v, int)]
    x, y = xs[0], ys[0]
    yield f"{name} + {y - x}" if y > x else f"{name} - {x - y}"
    if x and y % x == 0:
        yield f"{name} * {y // x}"
    if y and x % y == 0:
        yield f"{name} // {x // y}"
    for other, result in zip(xs, ys, strict=True):
        if other != x and (result - y) % (other - x) == 0:
            slope = (result - y) // (other - x)
            start = y - slope * x
            times = name if slope == 1 else f"{slope} * {name}"
            yield f"{start} + {times}" if start else times
            return
