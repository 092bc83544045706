"""Tidy the tables of loops: an expression equal to a column becomes that column, and unread columns are removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from archc.ir.data import Data
from archc.ir.definition import Pattern
from archc.ir.expr import (
    CannotEvaluate,
    Const,
    Expr,
    Functions,
    Type,
    Var,
    evaluate,
    lift,
    mapped,
    parts,
    variables,
)
from archc.support.record import replace
from archc.targets.pytorch.code import Append, Class, PyFor, PyIf, Register, Sequential, Statement
from archc.targets.pytorch.walk import exprs, reads, walk, with_exprs

_ROWS = 256
"""The number of rows from which a table is not changed."""


def columns(made: Class, functions: Functions) -> None:
    """Ensures: in loops over known tables, a value that a column holds is read from that column."""
    made.init = _statements(made.init, functions)
    made.forward = _statements(made.forward, functions)


def _statements(statements: Sequence[Statement], functions: Functions) -> tuple[Statement, ...]:
    found: list[Statement] = []
    for s in statements:
        match s:
            case PyIf():
                found.append(PyIf(s.condition, _statements(s.then, functions), _statements(s.otherwise, functions)))
            case PyFor():
                found.append(_loop(replace(s, body=_statements(s.body, functions)), functions))
            case Register() | Append() if isinstance(s.build, Sequential):
                found.append(replace(s, build=replace(s.build, body=_statements(s.build.body, functions))))
            case _:
                found.append(s)
    return tuple(found)


def _loop(s: PyFor, functions: Functions) -> PyFor:
    if not (isinstance(s.over, Const) and isinstance(s.over.value, tuple) and 0 < len(s.over.value) <= _ROWS):
        return s
    table = ColumnTable.of(s, functions)
    if not table.rows:
        return s
    body = with_exprs(s.body, table.said)
    for name, e in _only_uses(body, table.names).items():
        if (values := table.values(e)) is not None and all(type(v) in (int, float) for v in values):
            table.rows = [{**row, name: value} for row, value in zip(table.rows, values, strict=True)]
            column = Var(name=name, type=_type(values))
            body = with_exprs(body, partial(_in_place_of, e, column, functions))
    rows = tuple(_row(s.target, row) for row in table.rows)
    target, over = _read(s.target, rows, reads(body))
    return replace(s, body=body, target=target, over=Const(value=over))


def _type(values: Sequence[Data]) -> Type:
    return "int" if all(type(v) is int for v in values) else "any"


def _only_uses(body: Sequence[Statement], names: frozenset[str]) -> dict[str, Expr]:
    """For each column that occurs in a single expression, and alone in it, that expression."""
    uses: dict[str, list[Expr]] = {}

    def go(e: Expr) -> None:
        used = variables(e)
        if not used & names:
            return
        if len(used) == 1:
            uses.setdefault(next(iter(used)), []).append(e)
            return
        for part in parts(e):
            go(part)

    for s in walk(body):
        for e in exprs(s):
            go(e)
    return {n: es[0] for n, es in uses.items() if not isinstance(es[0], Var) and all(e == es[0] for e in es)}


def _in_place_of(one: Expr, column: Var, functions: Functions, e: Expr) -> Expr:
    return exchanged(e, lambda part: column if part == one else None, functions)


def exchanged(e: Expr, other: Callable[[Expr], Expr | None], functions: Functions) -> Expr:
    """Replace parts of an expression, largest first; `other` returns None to keep a part."""
    found: dict[int, object] = {}
    seen: set[int] = set()

    def gather(part: Expr) -> None:
        if id(part) in seen:
            return
        seen.add(id(part))
        if (instead := other(part)) is not None:
            found[id(part)] = part, instead
            return
        for inner in parts(part):
            gather(inner)

    gather(e)
    return mapped(e, lambda leaf: None, functions, found) if found else e


class ColumnTable:
    """The rows of a loop by the names of its columns."""

    def __init__(self, target: Pattern, rows: list[dict[str, Data]], functions: Functions) -> None:
        self.names = frozenset(target.names())
        self.rows = rows
        self.functions = functions

    @classmethod
    def of(cls, s: PyFor, functions: Functions) -> ColumnTable:
        """The rows of a loop over a constant table that match the names of its columns."""
        rows: list[dict[str, Data]] = []
        if isinstance(s.over, Const) and isinstance(s.over.value, tuple):
            for item in s.over.value:
                row: dict[str, Data] = {}
                if not s.target.fit(item, row):
                    return cls(s.target, [], functions)
                rows.append(row)
        return cls(s.target, rows, functions)

    def said(self, e: Expr) -> Expr:
        """Replace each part of an expression that equals a column in every row by that column."""
        if not self.rows or not variables(e) & self.names:
            return e
        return exchanged(e, self.column, self.functions)

    def column(self, e: Expr) -> Expr | None:
        """The column, or the constant, that equals an expression in every row."""
        if not (used := variables(e)) or not used <= self.names:
            return None
        if (values := self.values(e)) is None:
            return None
        first = values[0]
        if len(values) > 1 and all(v == first and type(v) is type(first) for v in values):
            return lift(first)
        if isinstance(e, Var):
            return None
        for name in sorted(used):
            if all(v == row[name] and type(v) is type(row[name]) for v, row in zip(values, self.rows, strict=True)):
                return Var(name=name, type="int" if type(values[0]) is int else "any")
        return None

    def values(self, e: Expr) -> list[Data] | None:
        """The value of an expression in each row."""
        try:
            return [evaluate(e, row, self.functions) for row in self.rows]
        except (CannotEvaluate, ArithmeticError):
            return None


def _row(target: Pattern, row: Mapping[str, Data]) -> Data:
    """A row in the form that the loop unpacks."""
    return row[target.name] if target.name else tuple(_row(t, row) for t in target.items)


def _read(target: Pattern, rows: tuple[Data, ...], read: frozenset[str]) -> tuple[Pattern, tuple[Data, ...]]:
    """A table without unread columns; with a single column left, a list."""
    if target.name:
        return target, rows
    kept: list[tuple[Pattern, tuple[Data, ...]]] = []
    for i, inner in enumerate(target.items):
        if read & set(inner.names()):
            kept.append(_read(inner, tuple(r[i] for r in rows if isinstance(r, tuple)), read))
    if not kept:
        return target, rows
    if len(kept) == 1:
        return kept[0]
    return Pattern(items=tuple(p for p, _ in kept)), tuple(zip(*(column for _, column in kept), strict=True))
