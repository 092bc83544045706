"""Loops: values that change from turn to turn have a closed form, or are carried in a variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    variables,
)
from archc.targets.pytorch.code import Assign, Compute, Copy, PyFor, Statement
from archc.targets.pytorch.lower import Untranslatable, type_of
from archc.targets.pytorch.names import Counter, chooses
from archc.targets.pytorch.translate.base import AXES, hint_of
from archc.targets.pytorch.translate.context import ModuleScope, TensorVariable, TranslationContext, Values
from archc.targets.pytorch.translate.errors import MustBeKnown, NotSequence
from archc.targets.pytorch.translate.groups import Groups
from archc.targets.pytorch.walk import with_exprs


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
        heads = tuple(
            TensorVariable(
                self.t.variable("x"),
                tuple(Var(name=self.t.variable(AXES[min(a, 2)]), type="int") for a in range(len(v.dims))),
            )
            for v in values
        )
        names = dict(self.names)
        self.names.update(renamed)
        kinds = Counter(self.called, lambda _: const(1), frozenset()).chain(chain, {})
        counts = {k: Var(name=self.t.variable("count"), type="int") for k in kinds}
        outer = self.init, self.forward, scope.body
        facts, before = dict(self.facts), dict(scope.counts)
        position = scope.position
        place = Var(name=self.t.variable("position"), type="int")
        self.init, self.forward, scope.body = [], [], []
        before_meanings = set(self.meanings)
        scope.counts.update(counts)
        scope.position = place
        self.loops += 1
        out = self.chain(chain, heads, scope, False)
        self.loops -= 1
        if len(out) != len(heads) or any(len(a.dims) != len(b.dims) for a, b in zip(heads, out, strict=True)):
            raise Untranslatable("the kind of tensor changes from turn to turn")
        carried: list[tuple[Var, Expr, Expr]] = []
        for v, h, o in zip(values, heads, out, strict=True):
            carried += [(a, b, c) for a, b, c in zip(h.dims, v.dims, o.dims, strict=True) if isinstance(a, Var)]
        carried += [(v, before.get(k, const(0)), scope.counts[k]) for k, v in counts.items()]
        carried.append((place, position, scope.position))
        after = self.close(carried, over, target if count is None else None, pattern, count)
        self.note_last(carried, after, over, pattern, before_meanings)
        bodies = [self.init, self.forward, scope.body]
        self.init, self.forward, scope.body = outer
        self.names = names
        self.facts = facts
        self.emit_loop(key, pattern, over, bodies, carried, after, (values, heads, out), scope)
        scope.counts = {k: self.settled(e, after) for k, e in scope.counts.items()}
        scope.counts.update({k: self.final(v, after, carried) for k, v in counts.items()})
        scope.position = self.final(place, after, carried)
        return tuple(
            TensorVariable(h.var, tuple(self.final(a, after, carried) if isinstance(a, Var) else a for a in h.dims))
            for h in heads
        )

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
        carried: Sequence[tuple[Var, Expr, Expr]],
        over: Expr,
        target: d.Pattern | None,
        pattern: d.Pattern,
        count: Expr | None,
    ) -> dict[str, tuple[Expr, Expr] | None]:
        """For each carried variable its value inside and after the loop; None if it must be carried.

        If it is unchanged, this is the value before the loop; if it grows by a constant in each turn of a counted loop,
        a product.
        """
        found: dict[str, tuple[Expr, Expr] | None] = {}
        heads = {v.name for v, _, _ in carried}
        inner = set(pattern.names())
        for _ in range(len(carried) + 1):
            inside = {n: pair[0] for n, pair in found.items() if pair is not None}
            progress = False
            for var, start, end in carried:
                if found.get(var.name) is not None:
                    continue
                last = self.put(end, inside)
                if last == var:
                    found[var.name] = start, start
                    progress = True
                    continue
                step = binary("-", last, var)
                free = variables(step)
                if count is not None and pattern.name and not free & heads and not free & inner:
                    turn = Var(name=pattern.name, type="int")
                    inside_ = binary("+", start, binary("*", step, turn))
                    found[var.name] = inside_, binary("+", start, binary("*", step, count))
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
        carried: Sequence[tuple[Var, Expr, Expr]],
        after: Mapping[str, tuple[Expr, Expr] | None],
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

        known = {n: pair[0] for n, pair in after.items() if pair is not None}
        turns = apply("len", (over,), (), self.t.functions)
        last: dict[str, Expr] = {}
        _last_item(pattern, index(over, const(-1)), last)
        for var, start, end in carried:
            if after.get(var.name) is not None:
                continue
            e = substituted(end, known, self.t.functions)
            e = mapped(e, expanded, self.t.functions)
            if not variables(e) & heads:
                made = substituted(e, last, self.t.functions)
                self.meanings[var.name] = conditional(made, binary(">", turns, const(0)), start)

    def settled(self, e: Expr, after: Mapping[str, tuple[Expr, Expr] | None]) -> Expr:
        """The value of an expression after the loop."""
        known = {**self.finals, **{n: pair[1] for n, pair in after.items() if pair is not None}}
        return substituted(e, known, self.t.functions)

    def final(
        self, var: Expr, after: Mapping[str, tuple[Expr, Expr] | None], carried: Sequence[tuple[Var, Expr, Expr]]
    ) -> Expr:
        """The value of a carried variable after the loop."""
        if not isinstance(var, Var):
            return var
        pair = after.get(var.name)
        return self.finals.get(var.name, var) if pair is None else pair[1]

    def emit_loop(
        self,
        key: int,
        pattern: d.Pattern,
        over: Expr,
        bodies: Sequence[list[Statement]],
        carried: Sequence[tuple[Var, Expr, Expr]],
        after: Mapping[str, tuple[Expr, Expr] | None],
        tensors: tuple[Values, Values, Values],
        scope: ModuleScope,
    ) -> None:
        """Emit the loop to `__init__` and `forward`, or to the sequence."""
        known = {n: pair[0] for n, pair in after.items() if pair is not None}

        def settle(e: Expr) -> Expr:
            return substituted(e, known, self.t.functions)

        starts = [Assign(v.name, start) for v, start, _ in carried if after.get(v.name) is None]
        ends = _together([(v.name, settle(end)) for v, _, end in carried if after.get(v.name) is None], self.t)
        init, forward, children = (list(with_exprs(b, settle)) for b in bodies)
        values, heads, out = tensors
        if scope.sequence:
            if init or forward:
                raise NotSequence
            scope.body += [*starts, PyFor(pattern, over, (*children, *ends), key)]
            return
        self.init += [*starts, PyFor(pattern, over, (*init, *ends), key)]
        before = [Compute((h.var,), Copy((v.var,)), v.dims) for v, h in zip(values, heads, strict=True)]
        temporaries = [self.t.variable("y") for _ in heads] if len(heads) > 1 else []
        moves: list[Statement] = []
        if temporaries:
            moves += [Compute((t,), Copy((o.var,)), o.dims) for t, o in zip(temporaries, out, strict=True)]
            moves += [Compute((h.var,), Copy((t,)), o.dims) for t, h, o in zip(temporaries, heads, out, strict=True)]
        else:
            moves += [Compute((h.var,), Copy((o.var,)), o.dims) for h, o in zip(heads, out, strict=True)]
        moves = list(with_exprs(moves, settle))
        self.forward += [*before, *starts, PyFor(pattern, over, (*forward, *moves, *ends), key)]


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
