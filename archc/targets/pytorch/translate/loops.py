"""Loops: values that change from turn to turn have a closed form, or are carried in a variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archc.ir import definition as d
from archc.ir.expr import (
    Apply,
    Expr,
    Items,
    Var,
    apply,
    binary,
    conditional,
    const,
    index,
    items_of,
    mapped,
    substituted,
    type_of,
    variables,
)
from archc.support.record import Struct
from archc.targets.pytorch.code import Assign, Compute, Copy, PyFor, Statement
from archc.targets.pytorch.lower import Untranslatable
from archc.targets.pytorch.names import Counter, chooses
from archc.targets.pytorch.translate.base import AXES, hint_of
from archc.targets.pytorch.translate.context import ModuleScope, TensorVariable, TranslationContext, Values
from archc.targets.pytorch.translate.errors import MustBeKnown, NotSequence
from archc.targets.pytorch.translate.groups import Groups
from archc.targets.pytorch.walk import with_exprs


class Carried(NamedTuple):
    """A variable that a loop carries: its value before the loop, and that at the end of a turn."""

    variable: Var
    start: Expr
    end: Expr


class ClosedForm(NamedTuple):
    """A carried variable as an expression: its value inside a turn, and that after the loop."""

    inside: Expr
    after: Expr


Closed = Mapping[str, ClosedForm | None]
"""The closed forms of carried variables; None for one that has to be carried."""


class Turn(Struct):
    """One turn of a loop: its statements, the tensors at its start and end, and what it carries to the next."""

    init: list[Statement]
    forward: list[Statement]
    body: list[Statement]
    heads: Values
    results: Values
    counts: dict[str, Var]
    position: Var
    carried: Sequence[Carried]


class Loops(Groups):
    """Translates repeats and `for`."""

    def repeat(self, term: d.BoundRepeat, values: Values, scope: ModuleScope) -> Values:
        """Translate `[ … ] x n`."""
        count = self.expr(term.count)
        over = apply("range", (count,), (), self.t.functions)
        name = term.variable or "~"  # no name of a spec
        return self.loop(term, d.Pattern(name=name), over, count, values, scope)

    def loop(
        self,
        term: d.BoundRepeat | d.BoundFor,
        target: d.Pattern,
        over: Expr,
        count: Expr | None,
        values: Values,
        scope: ModuleScope,
    ) -> Values:
        """Translate a loop over a chain. Sizes that change from turn to turn are carried in variables."""
        chain = term.chain
        if term.every or chooses(chain):
            return self.unrolled(term, target, self.rows(over), values, scope)
        key = self.t.fresh = self.t.fresh + 1
        rows = items_of(over)
        if rows is not None and count is None and not _is_typed(_typical(rows) if rows else None):
            return self.unrolled(term, target, rows, values, scope)
        renamed, pattern = self.loop_names(target, over, count is not None)
        known = set(self.meanings)
        turn = self.turn(chain, renamed, values, scope)
        closed = self.close(turn.carried, over, pattern, count)
        self.note_last(turn.carried, closed, over, pattern, known)
        self.emit_loop(key, pattern, over, turn, closed, values, scope)
        return self.leave(turn, closed, scope)

    def turn(self, chain: d.Chain, names: Mapping[str, Expr], values: Values, scope: ModuleScope) -> Turn:
        """Translate one turn of a loop, with variables for the tensors of the previous turn.

        The counts and the position of `scope` are left as they are at the end of the turn.
        """
        heads = tuple(
            TensorVariable(
                self.t.variable("x"),
                tuple(Var(name=self.t.variable(AXES[min(a, 2)]), type="int") for a in range(len(v.dims))),
            )
            for v in values
        )
        outer, outer_names, facts = (self.init, self.forward, scope.body), dict(self.names), dict(self.facts)
        counts, position = dict(scope.counts), scope.position
        self.names.update(names)
        kinds = Counter(self.called, lambda _: const(1), frozenset()).chain(chain, {})
        turn_counts = {k: Var(name=self.t.variable("count"), type="int") for k in kinds}
        place = Var(name=self.t.variable("position"), type="int")
        self.init, self.forward, scope.body = [], [], []
        scope.counts.update(turn_counts)
        scope.position = place
        self.loops += 1
        try:
            out = self.chain(chain, heads, scope, False)
        finally:  # `NotSequence` is caught further out
            self.loops -= 1
            self.names, self.facts = outer_names, facts
        if len(out) != len(heads) or any(len(a.dims) != len(b.dims) for a, b in zip(heads, out, strict=True)):
            raise Untranslatable("the kind of tensor changes from turn to turn")
        carried: list[Carried] = []
        for v, h, o in zip(values, heads, out, strict=True):
            carried += [Carried(a, b, c) for a, b, c in zip(h.dims, v.dims, o.dims, strict=True) if isinstance(a, Var)]
        carried += [Carried(v, counts.get(k, const(0)), scope.counts[k]) for k, v in turn_counts.items()]
        carried.append(Carried(place, position, scope.position))
        turn = Turn(self.init, self.forward, scope.body, heads, out, turn_counts, place, carried)
        self.init, self.forward, scope.body = outer
        return turn

    def leave(self, turn: Turn, closed: Closed, scope: ModuleScope) -> Values:
        """The tensors after a loop; `scope` goes on with the counts and the position after it."""
        scope.counts = {k: self.settled(e, closed) for k, e in scope.counts.items()}
        scope.counts.update({k: self.final(v, closed) for k, v in turn.counts.items()})
        scope.position = self.final(turn.position, closed)
        return tuple(TensorVariable(h.var, tuple(self.final(size, closed) for size in h.dims)) for h in turn.heads)

    def unrolled(
        self,
        term: d.BoundRepeat | d.BoundFor,
        target: d.Pattern,
        rows: Sequence[Expr],
        values: Values,
        scope: ModuleScope,
    ) -> Values:
        """Unroll a loop whose table has columns of mixed types, or that chooses tensors, or returns every result."""
        if term.every and scope.sequence:
            raise NotSequence
        names, results = self.names, list[TensorVariable]()
        for row in rows:
            self.names = {**names, **self.row(target, row)}
            values = self.chain(term.chain, values, scope, False)
            results += values
        self.names = names
        return tuple(results) if term.every else values

    def loop_names(self, target: d.Pattern, over: Expr, counted: bool) -> tuple[dict[str, Expr], d.Pattern]:
        """Variables for the names of a loop, with the types of the items."""
        found: dict[str, Expr] = {}

        def go(p: d.Pattern, item: Expr | None) -> d.Pattern:
            if p.name:
                var = self.t.variable(p.name)
                found[p.name] = Var(name=var, type="int" if counted else (type_of(item) if item is not None else "any"))
                return d.Pattern(name=var)
            rows = items_of(item) if item is not None else None
            return d.Pattern(
                items=tuple(
                    go(q, rows[i] if rows is not None and i < len(rows) else None) for i, q in enumerate(p.items)
                )
            )

        items = items_of(over)
        item = _typical(items) if items else None
        if items is None and not counted:
            item = _unknown_item(over)
        pattern = go(target, item)
        for v in found.values():
            if isinstance(v, Var) and v.type in ("any", "kind", "str"):
                raise MustBeKnown(variables(over) or frozenset({"?"}))
        return found, pattern

    def close(
        self,
        carried: Sequence[Carried],
        over: Expr,
        pattern: d.Pattern,
        count: Expr | None,
    ) -> Closed:
        """The closed form of each carried variable, if it has one.

        If it is unchanged, this is the value before the loop; if it grows by a constant in each turn of a counted loop,
        a product.
        """
        found: dict[str, ClosedForm | None] = {}
        heads = {v.name for v, _, _ in carried}
        inner = set(pattern.names())
        for _ in range(len(carried) + 1):
            inside = _inside(found)
            progress = False
            for var, start, end in carried:
                if found.get(var.name) is not None:
                    continue
                last = self.put(end, inside)
                if last == var:
                    found[var.name] = ClosedForm(start, start)
                    progress = True
                    continue
                step = binary("-", last, var)
                free = variables(step)
                if count is not None and pattern.name and not free & heads and not free & inner:
                    turn = Var(name=pattern.name, type="int")
                    found[var.name] = ClosedForm(
                        binary("+", start, binary("*", step, turn)), binary("+", start, binary("*", step, count))
                    )
                    progress = True
                else:
                    turns = apply("len", (over,), (), self.t.functions)
                    if not free & heads and not free & inner:  # carried inside, a product after
                        self.finals[var.name] = binary("+", start, binary("*", step, turns))
                    found.setdefault(var.name, None)
            if not progress:
                break
        return found

    def note_last(
        self,
        carried: Sequence[Carried],
        closed: Closed,
        over: Expr,
        pattern: d.Pattern,
        before: set[str],
    ) -> None:
        """Record the values after the loop of carried variables that each turn reassigns: those of the last turn.

        Variables of the turn have no meaning after the loop.
        """
        heads = {v.name for v, _, _ in carried}
        inner = {n: self.meanings.pop(n) for n in list(self.meanings) if n not in before}

        def expanded(leaf: Expr) -> Expr | None:
            if isinstance(leaf, Var) and (meaning := inner.get(leaf.name)) is not None:
                return mapped(meaning, expanded, self.t.functions)
            return None

        known = _inside(closed)
        turns = apply("len", (over,), (), self.t.functions)
        last: dict[str, Expr] = {}
        _last_item(pattern, index(over, const(-1)), last)
        for var, start, end in carried:
            if closed.get(var.name) is not None:
                continue
            e = substituted(end, known, self.t.functions)
            e = mapped(e, expanded, self.t.functions)
            if not variables(e) & heads:
                made = substituted(e, last, self.t.functions)
                self.meanings[var.name] = conditional(made, binary(">", turns, const(0)), start)

    def settled(self, e: Expr, closed: Closed) -> Expr:
        """The value of an expression after the loop."""
        known = {**self.finals, **{n: form.after for n, form in closed.items() if form is not None}}
        return substituted(e, known, self.t.functions)

    def final(self, e: Expr, closed: Closed) -> Expr:
        """The value of a carried variable after the loop."""
        if not isinstance(e, Var):
            return e
        form = closed.get(e.name)
        return self.finals.get(e.name, e) if form is None else form.after

    def emit_loop(
        self,
        key: int,
        pattern: d.Pattern,
        over: Expr,
        turn: Turn,
        closed: Closed,
        values: Values,
        scope: ModuleScope,
    ) -> None:
        """Emit the loop to `__init__` and `forward`, or to the sequence."""
        known = _inside(closed)

        def settle(e: Expr) -> Expr:
            return substituted(e, known, self.t.functions)

        carried = [c for c in turn.carried if closed.get(c.variable.name) is None]
        starts = [Assign(c.variable.name, c.start) for c in carried]
        ends = _together([(c.variable.name, settle(c.end)) for c in carried], self.t)
        init, forward, children = (list(with_exprs(b, settle)) for b in (turn.init, turn.forward, turn.body))
        if scope.sequence:
            if init or forward:
                raise NotSequence
            scope.body += [*starts, PyFor(pattern, over, (*children, *ends), key)]
            return
        self.init += [*starts, PyFor(pattern, over, (*init, *ends), key)]
        before = [Compute((h.var,), Copy((v.var,)), v.dims) for v, h in zip(values, turn.heads, strict=True)]
        moves = list(with_exprs(self.moves(turn), settle))
        self.forward += [*before, *starts, PyFor(pattern, over, (*forward, *moves, *ends), key)]

    def moves(self, turn: Turn) -> list[Statement]:
        """The statements that make the results of a turn the tensors at the start of the next."""
        pairs = list(zip(turn.heads, turn.results, strict=True))
        if len(pairs) == 1:
            return [Compute((h.var,), Copy((o.var,)), o.dims) for h, o in pairs]
        asides = [self.t.variable("y") for _ in pairs]
        kept = [Compute((aside,), Copy((o.var,)), o.dims) for aside, (_, o) in zip(asides, pairs, strict=True)]
        moved = [Compute((h.var,), Copy((aside,)), o.dims) for aside, (h, o) in zip(asides, pairs, strict=True)]
        return [*kept, *moved]


def _inside(closed: Closed) -> dict[str, Expr]:
    """The values inside a turn of the carried variables with a closed form."""
    return {n: form.inside for n, form in closed.items() if form is not None}


def _last_item(pattern: d.Pattern, item: Expr, found: dict[str, Expr]) -> None:
    """Bind the names of a loop to their values in the last turn."""
    if pattern.name:
        found[pattern.name] = item
    for i, inner in enumerate(pattern.items):
        _last_item(inner, index(item, const(i)), found)


def _together(ends: Sequence[tuple[str, Expr]], t: TranslationContext) -> list[Statement]:
    """Simultaneous assignment at the end of a turn, as single assignments."""
    found: list[Statement] = []
    later: list[Statement] = []
    written: set[str] = set()
    for i, (name, e) in enumerate(ends):
        read_later = any(name in variables(other) for _, other in ends[i + 1 :])
        if read_later:
            aside = t.variable(hint_of(name))
            found.append(Assign(aside, e))
            later.append(Assign(name, Var(name=aside, type="int")))
        else:
            found.append(Assign(name, e))
        written.add(name)
    return found + later


def _typical(items: Sequence[Expr]) -> Expr | None:
    """A typical item, converted to the common type: a float if any item is one."""
    first = items[0]
    rows = [items_of(i) for i in items]
    if all(r is not None for r in rows):
        lengths = {len(r or ()) for r in rows}
        if len(lengths) != 1:
            return Var(name="row", type="tuple")
        columns = zip(*(r or () for r in rows), strict=True)
        inner = [_typical(c) for c in columns]
        if any(i is None for i in inner):
            return None
        return Items(items=tuple(i for i in inner if i is not None))
    kinds = {type_of(i) for i in items}
    if kinds == {"int", "float"}:
        return Var(name="number", type="float")
    if len(kinds) == 1:
        return Var(name="item", type=type_of(first))
    return None


def _is_typed(item: Expr | None) -> bool:
    """Whether all columns of a table hold numbers, or lists of numbers."""
    if isinstance(item, Items):
        return all(map(_is_typed, item.items))
    return item is not None and type_of(item) not in ("kind", "any", "str")


def _unknown_item(over: Expr) -> Expr | None:
    """The type of the items of a list that is a parameter."""
    match over:
        case Var(type="tuple"):
            return Var(name="item", type="int")
        case Apply(function="range"):
            return Var(name="item", type="int")
        case Apply(function="enumerate", arguments=(inner,)):
            item = _unknown_item(inner)
            return Items(items=(Var(name="i", type="int"), item)) if item is not None else None
        case Apply(function="zip"):
            rows = [_unknown_item(a) or (_typical(items_of(a) or ()) if items_of(a) else None) for a in over.arguments]
            return Items(items=tuple(r for r in rows if r is not None)) if all(r is not None for r in rows) else None
        case _:
            return None
