"""Evaluate functions as far as they are known: decide conditions, write loops over known tables in the shortest form.

A loop is kept, unrolled, or reduced to its first turn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from archc.ir.expr import (
    FALSE,
    TRUE,
    Apply,
    BinaryExpr,
    Const,
    Expr,
    Functions,
    Var,
    apply,
    binary,
    const,
    items_of,
    lift,
    substituted,
    variables,
    weight,
)
from archc.support.record import replace
from archc.targets.pytorch.code import Append, Assign, Build, Choose, New, PyFor, PyIf, Register, Sequential, Statement
from archc.targets.pytorch.passes.columns import ColumnTable, exchanged
from archc.targets.pytorch.passes.numbers import Numbers, bind, only_numbers
from archc.targets.pytorch.walk import Changer, exprs, inside, reads, walk, with_build, with_exprs

_TURNS = 256
"""The maximum number of turns, multiplied over nested loops, for which unrolling is tried."""
_LINE, _LONG = 8, 120
"""The complexity (names and numbers) of an expression that can be read at a glance, and the maximum that is counted."""
_FEW = 8
"""The number of lines that can be read at a glance."""
_COLUMNS = 80
"""The maximum length of a table in the head of its loop."""
Known = dict[str, Expr]


def decided(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Statements without conditions that are known."""
    found: list[Statement] = []
    for s in statements:
        match s:
            case PyIf(condition=Const() as condition):
                found += decided(s.then if condition.value else s.otherwise)
            case PyIf():
                found.append(PyIf(s.condition, decided(s.then), decided(s.otherwise)))
            case PyFor():
                found.append(replace(s, body=decided(s.body)))
            case Register(condition=Const() as condition):
                if condition.value:
                    found.append(replace(s, build=_decided(s.build)))
            case Register() | Append():
                found.append(replace(s, build=_decided(s.build)))
            case _:
                found.append(s)
    return tuple(found)


def _decided(build: Build) -> Build:
    match build:
        case Choose(condition=Const() as condition):
            return _decided(build.then if condition.value else build.otherwise)
        case Sequential():
            return replace(build, body=decided(build.body))
        case _:
            return build


class ConstantFolder:
    """Runs statements as far as their numbers are known.

    `linked`: the loops that `forward` has too. Those that register modules under separate names are unrolled if their
    table is known, so that `forward` can use `self.layer1`. `least`: the smallest value that the calls in the file pass
    for a parameter.
    """

    def __init__(self, functions: Functions, linked: frozenset[int], least: Mapping[str, int]) -> None:
        self.gone: set[Expr] = set()
        self.positive: frozenset[str] = frozenset()
        """The parameters that must be at least 1 for this code to be valid."""
        self.turns = 1
        """The turns, multiplied, of the enclosing loops that are being unrolled."""
        self.functions = functions
        self.linked = linked
        self.least = least

    def run(self, statements: Sequence[Statement], known: dict[str, Expr]) -> list[Statement]:
        """Substitute known values in statements; `known` grows with each assignment."""
        found: list[Statement] = []
        for s in statements:
            match s:
                case Assign():
                    value = self.put(s.value, known)
                    if isinstance(value, Var) and value.name == s.name:
                        continue
                    _forget(known, {s.name})
                    if isinstance(value, Const | Var):
                        known[s.name] = value
                    found.append(Assign(s.name, value))
                case PyFor():
                    found += self.loop(s, known)
                case PyIf():
                    found += self.condition(s, known)
                case Register() | Append():
                    found += self.child(s, known)
                case _:
                    found += with_exprs((s,), lambda e: self.put(e, known))
        return found

    def put(self, e: Expr, known: Mapping[str, Expr]) -> Expr:
        """Substitute known values in an expression."""
        if isinstance(e, Const) or not known:
            return e
        return substituted(e, known, self.functions)

    def condition(self, s: PyIf, known: dict[str, Expr]) -> list[Statement]:
        """Evaluate an `if`."""
        condition = self.put(s.condition, known)
        if isinstance(condition, Const):
            return self.run(s.then if condition.value else s.otherwise, known)
        then, otherwise = self.run(s.then, dict(known)), self.run(s.otherwise, dict(known))
        _forget(known, _assigned((s,)))
        return [PyIf(condition, tuple(then), tuple(otherwise))]

    def child(self, s: Register | Append, known: dict[str, Expr]) -> list[Statement]:
        """Evaluate a module that is registered or appended."""
        name = s.name and self.put(s.name, known)
        if isinstance(s.build, Sequential):
            build: Build = replace(s.build, body=tuple(self.run(s.build.body, known)))
        else:
            build = _decided(with_build(s.build, lambda e: self.put(e, known)))
        if isinstance(s, Append):
            return [replace(s, name=name, build=build)]
        condition = self.put(s.condition, known)
        if isinstance(condition, Const) and not condition.value:
            self.gone |= {name} if name is not None else set()
            return []
        assert name is not None
        return [Register(name, build, condition)]

    def loop(self, s: PyFor, known: Known) -> list[Statement]:
        """Write a loop in its shortest form; `known` then holds what is known after it."""
        over = self.put(s.over, known)
        rows = items_of(over)
        s = replace(s, over=over)
        linked = s.key in self.linked
        if rows is None or 4 * self.turns > _TURNS:
            return self.unknown(s, known)
        behind = Numbers(known, self.functions)
        behind.run(only_numbers((s,)))
        forms: list[list[Statement]] = []
        outer = self.turns
        if linked or len(rows) * outer <= _TURNS:
            self.turns = outer * max(1, len(rows))
            forms.append(self.written(s, rows, dict(known)))
        if not linked and len(rows) > 1:
            self.turns = 4 * outer  # each candidate form evaluates the loops inside this one again
            forms.append(self.rolled(s, rows, known))
            if len(rows) > 2:
                start = dict(known)
                first = self.written(s, rows[:1], start)
                forms.append([*first, *self.rolled(s, rows[1:], start)])
        self.turns = outer
        form = _shortest(forms, known)
        _forget(known, _assigned((s,)))
        known.update((n, e) for n, e in behind.known.items() if n in _numbers((s,)))
        return form

    def unknown(self, s: PyFor, known: Known) -> list[Statement]:
        """Evaluate a loop over an unknown table; if it has at least one turn, the first may be written instead."""
        assigned = _assigned((s,))
        before = dict(known)
        _forget(known, assigned)
        outer, self.turns = self.turns, self.turns * 4
        forms: list[list[Statement]] = [[replace(s, body=tuple(self.run(s.body, dict(known))))]]
        count = self.at_least_one(s.over)
        if count is not None and s.key not in self.linked and self.turns <= _TURNS:
            start = dict(before)
            first = self.written(s, (const(0),), start)
            body = with_exprs(s.body, _past_first(s.target.name, self.functions))
            rest = replace(s, body=body, over=apply("range", (const(1), count), (), self.functions))
            if s.target.name not in reads(body):
                rest = replace(rest, over=apply("range", (binary("-", count, const(1)),), (), self.functions))
            forms.append([*first, *self.kept(rest, start, {})])
        self.turns = outer
        form = _shortest(forms, before)
        if form is not forms[0]:
            self.positive |= variables(s.over)
        return form

    def at_least_one(self, over: Expr) -> Expr | None:
        """The `n` of `range(n)`, if every call in the file makes it at least 1."""
        match over:
            case Apply(function="range", arguments=(Var(name=name) as count,)) if self.least.get(name, 0) > 0:
                return count
            case _:
                return None

    def written(self, s: PyFor, rows: Sequence[Expr], known: Known) -> list[Statement]:
        """Unroll a loop."""
        found: list[Statement] = []
        for row in rows:
            bind(s.target, row, known)
            found += self.run(s.body, known)
        _forget(known, set(s.target.names()))
        return found

    def rolled(self, s: PyFor, rows: Sequence[Expr], known: Known) -> list[Statement]:
        """Keep a loop over a known table."""
        s = replace(s, over=lift(tuple(rows)))
        if isinstance(s.over, Const):
            s = replace(s, body=with_exprs(s.body, ColumnTable.of(s, self.functions).said))
        return self.kept(s, known, self.moved(s, rows, known))

    def kept(self, s: PyFor, known: Known, moved: Known) -> list[Statement]:
        """Keep a loop. Numbers that its turns leave unchanged, or change by the same amount, are known inside it."""
        assigned = _assigned((s,))
        inside = _without(known, assigned)
        steady = {n: e for n in assigned if (e := known.get(n)) is not None and not variables(e) & assigned}
        while True:
            gone = set(self.gone)
            at_end = {**inside, **moved, **steady}
            body = self.run(s.body, at_end)
            left = {n: e for n, e in steady.items() if at_end.get(n) == e}
            if len(left) == len(steady):
                return [replace(s, body=tuple(body))]
            steady, self.gone = left, gone

    def moved(self, s: PyFor, rows: Sequence[Expr], known: Known) -> Known:
        """Express numbers that grow by the same amount each turn in terms of the loop's variable."""
        turns = [r.value if isinstance(r, Const) else None for r in rows]
        first = turns[0]
        if not s.target.name or type(first) is not int or turns != list(range(first, first + len(turns))):
            return {}
        times = Counter(x.name for x in walk(s.body) if isinstance(x, Assign))
        around = _without(known, _assigned((s,)))
        turn = Var(name=s.target.name, type="int")
        found: Known = {}
        for x in s.body:
            if isinstance(x, Assign) and times[x.name] == 1 and isinstance(start := known.get(x.name), Const):
                step = binary("-", self.put(x.value, around), Var(name=x.name, type="int"))
                if isinstance(step, Const) and type(step.value) is int and type(start.value) is int:
                    found[x.name] = binary("+", const(start.value - step.value * first), binary("*", step, turn))
        return found


def _past_first(name: str, functions: Functions) -> Changer:
    """Facts about all turns but the first: the loop's variable is positive."""
    zero, turn = const(0), Var(name=name, type="int")

    def decide(part: Expr) -> Expr | None:
        match part:
            case BinaryExpr(operator="==", left=left, right=right) if left == turn and right == zero:
                return FALSE
            case BinaryExpr(operator="!=" | ">", left=left, right=right) if left == turn and right == zero:
                return TRUE
            case _:
                return None

    return lambda e: exchanged(e, decide, functions)


def _shortest(forms: Sequence[list[Statement]], known: Known) -> list[Statement]:
    """The shortest form; a loop that is slightly longer is preferred to many turns."""
    costs = [cost(form, known) for form in forms]
    costs[0] = costs[0] * 5 / 4 if costs[0] > _FEW else costs[0]
    return forms[costs.index(min(costs))]


def _without(known: Known, names: set[str]) -> Known:
    found = dict(known)
    _forget(found, names)
    return found


def _forget(known: dict[str, Expr], names: set[str]) -> None:
    """Forget numbers that are reassigned, and those known to equal one of them."""
    for name, e in list(known.items()):
        if name in names or variables(e) & names:
            del known[name]


def _numbers(statements: Sequence[Statement]) -> set[str]:
    """The numbers that are assigned. The variables of loops have no value after them."""
    return {s.name for s in walk(statements) if isinstance(s, Assign)}


def _assigned(statements: Sequence[Statement]) -> set[str]:
    return _numbers(statements) | {n for s in walk(statements) if isinstance(s, PyFor) for n in s.target.names()}


def cost(statements: Sequence[Statement], known: Known) -> float:
    """The approximate number of lines of statements. Equal neighbours count once; loop-carried numbers are assigned."""
    read = reads(statements)
    carried = {s.name for x in walk(statements) if isinstance(x, PyFor) for s in walk(x.body) if isinstance(s, Assign)}
    return len(carried & read & known.keys()) + _lines(statements, read)


def _lines(statements: Sequence[Statement], read: frozenset[str]) -> int:
    total = 0
    before: Statement | None = None
    for s in statements:
        match s:
            case Append() if isinstance(before, Append) and _alike(before, s):
                pass
            case Assign() if isinstance(s.value, Const | Var) or s.name not in read:
                pass
            case PyFor() if (child := _only_child(s, read)) is not None:
                total += _lines((child,), read) + _table(s.over)  # it is nested in the constructor
            case _:
                said = max((min(weight(e), _LONG) for e in exprs(s)), default=0)
                total += 1 + max(0, said - _LINE) + sum(_lines(body, read) for body in inside(s))
                total += _table(s.over) if isinstance(s, PyFor) else 0
        before = s if not isinstance(s, Assign) else before
    return total


def _only_child(s: PyFor, read: frozenset[str]) -> Append | None:
    """The module that a loop appends, if it does nothing else."""
    kept = [x for x in s.body if not (isinstance(x, Assign) and x.name not in read)]
    return kept[0] if len(kept) == 1 and isinstance(kept[0], Append) else None


def _alike(one: Append, other: Append) -> bool:
    """Whether two neighbours are written as one expression: `*(Unit(240) for _ in range(2))`."""
    positional = all(
        s.name is None or (isinstance(s.name, Const) and str(s.name.value).isdecimal()) for s in (one, other)
    )
    return positional and one.build == other.build and isinstance(other.build, New)


def _table(over: Expr) -> int:
    """The number of lines that a table adds."""
    if not isinstance(over, Const) or not isinstance(over.value, tuple):
        return 0
    return len(over.value) + 1 if len(repr(over.value)) > _COLUMNS and isinstance(over.value[0], tuple) else 0
