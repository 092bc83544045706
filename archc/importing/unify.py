"""Unifying terms: common parts remain, differing values become holes with one value for each instance.

If some chains lack a term, it becomes a guard whose condition is a hole. An instance that lacks the whole part is None,
and its values are `FREE`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from archc.importing.aligned import aligned
from archc.importing.steps import ListValue
from archc.importing.terms import (
    FREE,
    CallTerm,
    Chain,
    Cond,
    Expr,
    ExprList,
    ForTerm,
    GroupTerm,
    GuardTerm,
    KindName,
    LayerTerm,
    Lit,
    MergeTerm,
    NameExpr,
    Op2,
    OpenValue,
    Pieces,
    RepeatTerm,
    Term,
    ValueTerm,
    names_in,
)
from archc.importing.usual import choices, is_bare
from archc.support.record import replace

GUARD = "guard"
MERGE = "merge"
COUNT = "count"
START = "start"
PARTS = "parts"
LABEL = "label"
ACT = "act"
BLOCK = "Block"
ROWS = "rows"
_OWN = ("stride", "channels")
"""Sizes that usually belong to the block itself, even if all instances that have a term agree in them."""
_DIGITS = re.compile(r"(\d+)")
Single: TypeAlias = frozenset[tuple[int, str]]
"""The instances in which a loop has a single turn, each with its variable: these determine its first turn."""


class Differ(Exception):
    """The instances cannot be unified."""


# -- expressions ------------------------------------------------------------------------------------------------------


def unify_exprs(given: Sequence[Expr | None], role: str, single: Single = frozenset()) -> Expr:
    """One expression for all. Raises `Differ`."""
    here = [e for e in given if e is not None]
    own = role in _OWN and len(here) < len(given) and isinstance(here[0], Lit)
    if not own and here.count(here[0]) == len(here):
        return here[0]
    if all(isinstance(e, Lit) for e in here):
        if role == LABEL:
            return _label([e for e in given if isinstance(e, Lit)], given)
        return OpenValue(tuple(FREE if e is None else e.value for e in given if e is None or isinstance(e, Lit)), role)
    conditional = next((e for e in here if isinstance(e, Cond)), None)
    if conditional is not None:
        condition = conditional.condition
        parts = [_conditional(e, condition, _is_first(i, condition, single)) for i, e in enumerate(given)]
        then = unify_exprs([p[0] for p in parts], role, single)
        return Cond(then, condition, unify_exprs([p[1] for p in parts], role, single))
    first = next((e for e in here if isinstance(e, Op2)), here[0])
    if isinstance(first, Op2) and first.sign == "+":  # the first of the steps
        given = [
            _as_step(e, first) if isinstance(e, Lit) and _is_first(i, first, single) else e for i, e in enumerate(given)
        ]
        here = [e for e in given if e is not None]
        given = [Op2("+", e, Lit(0)) if e == first.left else e for e in given]
        here = [e for e in given if e is not None]
    if isinstance(first, Op2) and all(isinstance(e, Op2) and e.sign == first.sign for e in here):
        sides = [(e.left, e.right) if isinstance(e, Op2) else (None, None) for e in given]
        counted = first.sign == "+" and isinstance(first.left, NameExpr) and role != LABEL
        roles = role, START if counted else PARTS if first.sign == "/" else role
        return Op2(first.sign, *(unify_exprs([s[i] for s in sides], roles[i], single) for i in (0, 1)))
    if isinstance(first, Pieces) and all(isinstance(e, Pieces) and len(e.parts) == len(first.parts) for e in here):
        return _pieces(given, first, role, single)
    if isinstance(first, ExprList) and all(isinstance(e, ExprList) and len(e.items) == len(first.items) for e in here):
        columns = [[e.items[i] if isinstance(e, ExprList) else None for e in given] for i in range(len(first.items))]
        return ExprList(tuple(unify_exprs(column, role, single) for column in columns))
    raise Differ(role)


def _is_first(instance: int, e: Expr, single: Single) -> bool:
    """Whether an instance has only the first turn of the loop that an expression counts."""
    return any((instance, name) in single for name in names_in(e))


def _as_step(start: Lit, steps: Op2) -> Op2:
    """A number as the first one of steps that are written `2 * k + start` or `start + 0.1 * k`."""
    return Op2("+", steps.left, start) if isinstance(steps.right, Lit) else Op2("+", start, steps.right)


def _conditional(e: Expr | None, condition: Expr, single: bool) -> tuple[Expr | None, Expr | None]:
    if isinstance(e, Cond):
        if e.condition != condition:
            raise Differ(str(condition))
        return e.then, e.otherwise
    return e, None if single else e


def _pieces(given: Sequence[Expr | None], first: Pieces, role: str, single: Single) -> Expr:
    parts: list[str | Expr] = []
    for i, part in enumerate(first.parts):
        column = [e.parts[i] if isinstance(e, Pieces) else None for e in given]
        if isinstance(part, str):
            if any(c is not None and c != part for c in column):
                raise Differ(role)
            parts.append(part)
        else:
            parts.append(unify_exprs([c for c in column if not isinstance(c, str)], role, single))
    return Pieces(tuple(parts))


def _label(texts: Sequence[Lit], given: Sequence[Expr | None]) -> Expr:
    """Unify labels that differ only in their numbers."""
    split = [_DIGITS.split(str(t.value)) for t in texts]
    if len({tuple(s[::2]) for s in split}) != 1:
        raise Differ(LABEL)
    rows = iter(split)
    aligned = [None if e is None else next(rows) for e in given]
    parts: list[str | Expr] = []
    for i, text in enumerate(split[0]):
        column = [s[i] for s in split]
        if i % 2 == 0 or len(set(column)) == 1:
            parts.append(text)
        else:
            parts.append(OpenValue(tuple(FREE if row is None else int(row[i]) for row in aligned), LABEL))
    return Pieces(tuple(p for p in parts if p != ""))


# -- terms ------------------------------------------------------------------------------------------------------------


def unify_terms(given: Sequence[Term | None], guards: bool, single: Single = frozenset()) -> Term:
    """One term for all; with `guards` chains inside may lack terms. Raises `Differ`."""
    here = [t for t in given if t is not None]
    loop = next((t for t in here if isinstance(t, ForTerm)), None)
    if loop is not None and any(isinstance(t, RepeatTerm) for t in here):
        index = loop.index or ""
        single = single | {(i, index) for i, t in enumerate(given) if isinstance(t, RepeatTerm)}
        given = [_one_turn(t, loop) if isinstance(t, RepeatTerm) else t for t in given]
        here = [t for t in given if t is not None]
    first = here[0]
    if any(type(t) is not type(first) for t in here):
        raise Differ("terms")
    match first:
        case LayerTerm() if guards and len({t.kind for t in here if isinstance(t, LayerTerm)}) > 1:
            return _value([t if isinstance(t, LayerTerm) else None for t in given])
        case LayerTerm():
            return LayerTerm(*_called(given, single))
        case CallTerm() if guards and len({t.block for t in here if isinstance(t, CallTerm)}) > 1:
            return _any_block([t if isinstance(t, CallTerm) else None for t in given], single)
        case CallTerm():
            return CallTerm(*_called(given, single))
        case ForTerm():
            return _loops([t if isinstance(t, ForTerm) else None for t in given], first, guards, single)
        case GroupTerm():
            names = [t.name if isinstance(t, GroupTerm) else None for t in given]
            chains = [t.chain if isinstance(t, GroupTerm) else None for t in given]
            return GroupTerm(_name(names, len(here), single), unify_chains(chains, guards, single))
        case MergeTerm():
            return _merges([t if isinstance(t, MergeTerm) else None for t in given], first, guards, single)
        case RepeatTerm():
            return _repeats([t if isinstance(t, RepeatTerm) else None for t in given], first, guards, single)
        case ValueTerm() if all(isinstance(t, ValueTerm) and t.value == first.value for t in here):
            return ValueTerm(first.value, *_arguments(given, single))
        case _ if all(t == first for t in here):
            return first
        case _:
            raise Differ("terms")


def _value(given: Sequence[LayerTerm | None]) -> Term:
    """Unify different layers without arguments to the value of a parameter."""
    if not all(t is None or is_bare(t) for t in given):
        raise Differ("kind")
    return ValueTerm(OpenValue(tuple(None if t is None else KindName(t.kind) for t in given), ACT))


def _any_block(given: Sequence[CallTerm | None], single: Single) -> Term:
    """Unify calls of different blocks to the call of a parameter. Each gets the arguments that others have."""
    here = [t for t in given if t is not None]
    blocks = OpenValue(tuple(None if t is None else KindName(t.block) for t in given), BLOCK)
    names = dict.fromkeys(name for t in here for name, _ in t.arguments)
    if any([n for n in names if n in dict(t.arguments)] != [n for n, _ in t.arguments] for t in here):
        raise Differ("arguments")
    padded = [None if t is None else replace(t, arguments=_padded(t, names, here)) for t in given]
    return ValueTerm(blocks, *_arguments(padded, single))


def _padded(call: CallTerm, names: Iterable[str], calls: Sequence[CallTerm]) -> tuple[tuple[str, Expr], ...]:
    """The arguments of a call, completed by those of others, which its block does not use."""
    own = dict(call.arguments)
    return tuple((n, own.get(n) or next(e for c in calls for name, e in c.arguments if name == n)) for n in names)


def _one_turn(run: RepeatTerm, loop: ForTerm) -> ForTerm:
    """A run as the only turn of a loop that has runs like it. Raises `Differ`."""
    if loop.columns or loop.over is not None:
        raise Differ("loop")
    return replace(loop, rows=((),), chain=(run,))


def _loops(given: Sequence[ForTerm | None], first: ForTerm, guards: bool, single: Single) -> Term:
    """Unify loops over different tables."""
    here = [t for t in given if t is not None]
    if len({(t.index, t.columns, t.over) for t in here}) != 1:
        raise Differ("loop")
    chain = unify_chains([None if t is None else t.chain for t in given], guards, single)
    if len({t.rows for t in here}) == 1:
        return replace(first, chain=chain)
    if not first.columns:  # as many turns as there are rows
        counts = [None if t is None else Lit(len(t.rows)) for t in given]
        return replace(first, chain=chain, rows=(), over=unify_exprs(counts, COUNT, single))
    tables = [None if t is None else Lit(table(t.rows)) for t in given]
    return replace(first, chain=chain, rows=(), over=unify_exprs(tables, ROWS, single))


def table(rows: Sequence[Sequence[object]]) -> ListValue:
    """The rows of a loop as a value; those of one column are its numbers."""
    return ListValue(row[0] if len(row) == 1 else ListValue(row) for row in rows)


def _called(given: Sequence[Term | None], single: Single) -> tuple[Expr | None, str, tuple[tuple[str, Expr], ...]]:
    calls = [t if isinstance(t, LayerTerm | CallTerm) else None for t in given]
    here = [c for c in calls if c is not None]
    heads = {c.kind if isinstance(c, LayerTerm) else c.block for c in here}
    if len(heads) != 1:
        raise Differ("kind")
    (head,) = heads
    name, arguments = _arguments(_with_numbers(calls), single)
    return name, head, arguments


def _arguments(given: Sequence[Term | None], single: Single) -> tuple[Expr | None, tuple[tuple[str, Expr], ...]]:
    """The name and the arguments of calls with the same argument names."""
    calls = [t if isinstance(t, LayerTerm | CallTerm | ValueTerm) else None for t in given]
    here = [c for c in calls if c is not None]
    if len({(tuple(n for n, _ in c.arguments), choices(c.arguments)) for c in here}) != 1:
        raise Differ("arguments")
    arguments = tuple(
        (name, unify_exprs([None if c is None else c.arguments[i][1] for c in calls], name, single))
        for i, (name, _) in enumerate(here[0].arguments)
    )
    return _name([None if c is None else c.name for c in calls], len(here), single), arguments


def _with_numbers(calls: list[LayerTerm | CallTerm | None]) -> list[LayerTerm | CallTerm | None]:
    """If paddings differ, replace `half` by its number, since expressions cannot have that value."""
    pads = {dict(c.arguments).get("pad") for c in calls if isinstance(c, LayerTerm)}
    if len(pads) < 2 or Lit("half") not in pads:
        return calls
    return [_with_pad(c) if isinstance(c, LayerTerm) else c for c in calls]


def _with_pad(layer: LayerTerm) -> LayerTerm:
    given = dict(layer.arguments)
    if given["pad"] != Lit("half"):
        return layer
    kernel, dilation = given["kernel"], given["dilation"]
    if not isinstance(kernel, Lit) or not isinstance(dilation, Lit):
        raise Differ("pad")
    k, d = (v if isinstance(v, tuple) else (v, v) for v in (kernel.value, dilation.value))
    sides = tuple(step * (width - 1) // 2 for width, step in zip(k, d, strict=True))
    given["pad"] = Lit(sides[0] if len(set(sides)) == 1 else sides)
    return replace(layer, arguments=tuple(given.items()))


def _name(names: Sequence[Expr | None], count: int, single: Single) -> Expr | None:
    here = [n for n in names if n is not None]
    if not here:
        return None
    if len(here) != count:
        raise Differ(LABEL)
    return unify_exprs(names, LABEL, single)


def _merges(given: Sequence[MergeTerm | None], first: MergeTerm, guards: bool, single: Single) -> Term:
    here = [t for t in given if t is not None]
    if len({(t.kind, len(t.branches)) for t in here}) != 1:
        raise Differ("merge")
    branches = tuple(
        unify_chains([None if t is None else t.branches[i] for t in given], guards, single)
        for i in range(len(first.branches))
    )
    if all(t.condition is None for t in here):
        return MergeTerm(first.kind, branches)
    truths = [None if t is None else t.condition or Lit(True) for t in given]
    return MergeTerm(first.kind, branches, unify_exprs(truths, MERGE, single))


def _repeats(given: Sequence[RepeatTerm | None], first: RepeatTerm, guards: bool, single: Single) -> Term:
    if len({t.variable for t in given if t is not None}) != 1:
        raise Differ("repeat")
    count = unify_exprs([None if t is None else t.count for t in given], COUNT, single)
    once = frozenset((i, first.variable) for i, t in enumerate(given) if t is not None and t.count == Lit(1))
    chain = unify_chains([None if t is None else t.chain for t in given], guards, once | single)
    return RepeatTerm(None, chain, count, first.variable)


# -- chains -----------------------------------------------------------------------------------------------------------


def unify_chains(given: Sequence[Chain | None], guards: bool, single: Single = frozenset()) -> Chain:
    """One chain for all. Raises `Differ`."""
    here = [c for c in given if c is not None]
    if len({len(c) for c in here}) == 1:
        try:
            return tuple(
                unify_terms([None if c is None else c[i] for c in given], guards, single) for i in range(len(here[0]))
            )
        except Differ:
            if not guards:
                raise
    if not guards:
        raise Differ("length")
    given = _with_merges(given)
    found: list[Term] = []
    for row in aligned(given):
        term = unify_terms(row, guards, single)
        lacks = [None if c is None else Lit(t is not None) for c, t in zip(given, row, strict=True)]
        if any(truth == Lit(False) for truth in lacks):
            term = GuardTerm(term, unify_exprs(lacks, GUARD, single))
        found.append(term)
    return tuple(found)


def _with_merges(given: Sequence[Chain | None]) -> Sequence[Chain | None]:
    """If one chain has `add { in | X }` and another only X, give both the merge, in the other under a condition."""
    model = next((c for c in given if c is not None and any(map(_is_shortcut, c))), None)
    if model is None:
        return given
    at = next(i for i, t in enumerate(model) if _is_shortcut(t))
    merge = model[at]
    assert isinstance(merge, MergeTerm)
    behind = len(model) - at - 1
    found: list[Chain | None] = []
    for chain in given:
        if chain is None or any(isinstance(t, MergeTerm) and t.kind == merge.kind for t in chain):
            found.append(chain)
            continue
        if len(chain) < at + behind:
            raise Differ("merge")
        stop = len(chain) - behind
        if stop - at == 1 and isinstance(chain[at], MergeTerm):
            raise Differ("merge")
        branches = tuple(chain[at:stop] if branch else () for branch in merge.branches)
        found.append((*chain[:at], MergeTerm(merge.kind, branches, Lit(False)), *chain[stop:]))
    if found == list(given):
        return given
    return found


def _is_shortcut(term: Term) -> bool:
    return isinstance(term, MergeTerm) and len(term.branches) == 2 and sum(map(bool, term.branches)) == 1
