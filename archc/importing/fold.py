"""Folding repetitions: runs of equal terms into `[ … ] x n`, rows of runs into `for`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeGuard

from archc.importing.explain import Column, by_index, is_dimension
from archc.importing.terms import (
    FREE,
    BodyTerms,
    CallTerm,
    Chain,
    Cond,
    Expr,
    ForTerm,
    GroupTerm,
    GuardTerm,
    LayerTerm,
    Lit,
    MergeTerm,
    NameExpr,
    Op2,
    OpenValue,
    RepeatTerm,
    Term,
    ValueTerm,
    change_chain,
    expressions,
    walk_terms,
)
from archc.importing.unify import GUARD, LABEL, Differ, unify_chains, unify_terms
from archc.importing.usual import weight
from archc.support.record import replace

TURN, ROW = "k", "i"
_LONGEST = 4
_MOST_COLUMNS = 6
_FEWEST_TURNS = 3
"""The minimum number of turns of a loop in which a turn lacks something."""
_LETTERS = {"channels": "c", "stride": "s", "kernel": "f", "count": "n", "groups": "g", "expand_ratio": "t"}


def folded(chain: Chain, labelled: bool = True, taken: frozenset[str] = frozenset()) -> Chain:
    """A chain with its repetitions folded, inner ones first; without `labelled`, only those without labels.

    `taken`: names that the columns of tables must not have.
    """
    chain = tuple(_inside(term, lambda c: folded(c, labelled, taken)) for term in chain)
    if not labelled and any(getattr(t, "name", None) is not None for t in chain):
        return chain
    runs = _runs(chain)
    found = _rows(runs, taken)
    if any(isinstance(t, RepeatTerm) and len(t.chain) > 1 for t in runs):  # a run may hide a longer loop
        found = min(found, _rows(chain, taken), key=weight)
    return found


Skeleton = tuple[tuple[str, bool], ...]
"""The skeleton of a chain: for each layer or call its kind, and whether it has a label."""


def in_runs(chain: Chain, known: frozenset[Skeleton] = frozenset()) -> Chain:
    """A chain with its runs folded, but not the rows of runs, since the tables of several models are built together.

    A part with one of the `known` skeletons becomes a run, possibly of one turn, so that it matches other models.
    """
    chain = _runs(tuple(_inside(term, lambda c: in_runs(c, known)) for term in chain))
    found: list[Term] = []
    while chain:
        fits = (n for n in range(_LONGEST, 0, -1) if len(chain) >= n and _skeleton(chain[:n]) in known)
        length = next(fits, 0)
        found.append(RepeatTerm(None, chain[:length], Lit(1), TURN) if length else chain[0])
        chain = chain[length or 1 :]
    return tuple(found)


def skeletons_of(body: BodyTerms) -> set[Skeleton]:
    """The skeletons of the runs of a body."""
    runs = (t.chain for t in walk_terms(body) if isinstance(t, RepeatTerm))
    return {found for chain in runs if (found := _skeleton(chain))}


def _skeleton(chain: Chain) -> Skeleton:
    """The skeleton of a chain of layers and calls; empty for any other."""
    known = [(getattr(t, "kind", getattr(t, "block", "")), t.name is not None) for t in chain if _is_call(t)]
    return tuple(known) if len(known) == len(chain) else ()


def _is_call(term: Term) -> TypeGuard[LayerTerm | CallTerm]:
    return isinstance(term, LayerTerm | CallTerm)


def _inside(term: Term, fold: Callable[[Chain], Chain]) -> Term:
    if isinstance(term, GroupTerm):
        return replace(term, chain=repeated(fold(term.chain)))
    if isinstance(term, MergeTerm):
        return replace(term, branches=tuple(fold(b) if b else b for b in term.branches))
    return term


def repeated(chain: Chain) -> Chain:
    """A chain of one call as a repeat of one turn, so that stages are alike."""
    return tuple(map(_as_repeat, chain)) if len(chain) == 1 else chain


# -- runs -------------------------------------------------------------------------------------------------------------


def _runs(chain: Chain) -> Chain:
    """Replace terms that are equal up to the number of the turn by a repeat."""
    found: list[Term] = []
    at, sorts = 0, list(map(_sort, chain))
    while at < len(chain):
        best: tuple[int, int, Chain, str] | None = None
        for period in range(1, min(_LONGEST, (len(chain) - at) // 2) + 1):
            if not _may_repeat(sorts, at, period):
                continue
            count, body, turn = _run(chain[at:], period)
            if count > 1 and (best is None or count * period > best[0] * best[1]):
                best = count, period, body, turn
        if best is None or not _worth(best[2], chain[at : at + best[0] * best[1]]):
            found.append(chain[at])
            at += 1
        else:
            found.append(RepeatTerm(None, best[2], Lit(best[0]), best[3]))
            at += best[0] * best[1]
    return tuple(found)


def _may_repeat(sorts: Sequence[object], at: int, period: int) -> bool:
    """Whether the terms of one period and the next are of the same sorts."""
    return sorts[at : at + period] == sorts[at + period : at + 2 * period]


def _sort(term: Term) -> tuple[object, ...]:
    """What terms that can be unified have in common. A loop may have a single turn, as a repeat."""
    kind = RepeatTerm if isinstance(term, ForTerm) else type(term)
    return kind, getattr(term, "kind", getattr(term, "block", None))


def _worth(run: Chain, replaced: Chain) -> bool:
    """Whether a run is worth folding. Calls always are, so that stages are alike."""
    return all(isinstance(t, CallTerm | ValueTerm) for t in run) or 6 + weight(run) < weight(replaced)


def _run(chain: Chain, period: int) -> tuple[int, Chain, str]:
    """The longest run at the start of a chain: its length, its body, and its variable."""
    best: tuple[int, Chain, str] = (1, chain[:period], TURN)
    count = 2
    while count * period <= len(chain):
        segments = [chain[i * period : (i + 1) * period] for i in range(count)]
        try:
            body = unify_chains(segments, False)
            turn = _unused((TURN, "j", "m", "n"), variables(body))
            best = count, _of_turns(body, turn), turn
        except Differ:
            break
        count += 1
    return best


def variables(chain: Chain) -> set[str]:
    """The variables of the loops in a chain that are used, and so unavailable to an enclosing loop."""
    found: set[str] = set()
    for term in walk_terms(BodyTerms((), (chain,))):
        if isinstance(term, ForTerm):
            found |= {*term.columns, *([term.index] if term.index else [])}
        elif isinstance(term, RepeatTerm) and NameExpr(term.variable) in expressions(BodyTerms((), (term.chain,))):
            found.add(term.variable)
    return found


def _unused(names: Iterable[str], taken: set[str]) -> str:
    """The first unused name."""
    return next((name for name in names if name not in taken), "z")


def _of_turns(chain: Chain, turn: str) -> Chain:
    """A chain with the holes filled by functions of the turn. Raises `Differ`."""
    conditional = 0

    def fill(e: Expr) -> Expr:
        nonlocal conditional
        if not isinstance(e, OpenValue):
            return e
        found = by_index(e.values, turn, e.role == LABEL)
        if isinstance(found, Cond):
            conditional += 1
        if found is None or conditional > 1 or (isinstance(found, Cond) and (is_dimension(e.role) or e.role == LABEL)):
            raise Differ(e.role)
        return found

    return change_chain(chain, fill)


# -- rows -------------------------------------------------------------------------------------------------------------


def _rows(chain: Chain, taken: frozenset[str]) -> Chain:
    """Replace terms that differ in numbers by a `for` over a table."""
    found: list[Term] = []
    at = 0
    while at < len(chain):
        best: tuple[int, int, Term] | None = None
        for period in range(1, min(_LONGEST, (len(chain) - at) // 2) + 1):
            for length, term in _tables(chain[at:], period, taken):
                shorter = weight((term,)) < weight(chain[at : at + length])
                if shorter and (best is None or (-length, weight((term,))) < best[:2]):
                    best = -length, weight((term,)), term
        if best is None:
            found.append(chain[at])
            at += 1
        else:
            found.append(best[2])
            at -= best[0]
    return tuple(found)


def _tables(chain: Chain, period: int, taken: frozenset[str]) -> Iterator[tuple[int, Term]]:
    """The loops that a chain may begin with, each with the number of terms that it replaces.

    The last turn may lack its last terms, and the first turn its first ones.
    """
    if not any(isinstance(t, CallTerm | ValueTerm | GroupTerm | RepeatTerm) for t in chain[:period]):
        return
    yield from _whole_turns(chain, period, taken)
    for lacking in range(1, period):
        yield from _partial_turns(chain, period, lacking, taken)


def _whole_turns(chain: Chain, period: int, taken: frozenset[str]) -> Iterator[tuple[int, Term]]:
    given = tuple(map(_as_repeat, chain))
    if not _may_repeat(list(map(_sort, given[: 2 * period])), 0, period):
        return
    count = 2
    while count * period <= len(given):
        segments = [given[i * period : (i + 1) * period] for i in range(count)]
        try:
            term = _table(unify_chains(segments, False), count, taken)
        except Differ:
            return
        if term is not None:
            yield count * period, term
        count += 1


def _partial_turns(chain: Chain, period: int, lacking: int, taken: frozenset[str]) -> Iterator[tuple[int, Term]]:
    """Loops whose last or first turn lacks some terms, with as many turns as there can be."""
    given, alike = tuple(map(_as_repeat, chain)), period
    while alike < len(chain) and _head(given[alike]) == _head(given[alike - period]):
        alike += 1
    missing: tuple[Term | None, ...] = (None,) * lacking
    for last in (True, False):
        for count in range((alike + lacking) // period, _FEWEST_TURNS - 1, -1):
            length = count * period - lacking
            padded = (*given[:length], *missing) if last else (*missing, *given[:length])
            try:
                body = tuple(_in_turns(padded[i::period]) for i in range(period))
                term = _table(body, count, taken)
            except Differ:
                continue
            if term is not None:
                yield length, term
                break


def _in_turns(turns: Sequence[Term | None]) -> Term:
    """One term for all turns, under a condition if the last or the first lacks it. Raises `Differ`."""
    term = unify_terms(turns, False)
    return GuardTerm(term, OpenValue(tuple(t is not None for t in turns), GUARD)) if None in turns else term


def _head(term: Term) -> tuple[object, ...]:
    """What terms of one place in a loop have in common."""
    inner = term.chain if isinstance(term, GroupTerm | RepeatTerm | ForTerm) else ()
    return type(term), getattr(term, "kind", getattr(term, "block", None)), *map(_head, inner)


def _as_repeat(term: Term) -> Term:
    """A single call as a repeat of one turn, so that it matches repeats."""
    if isinstance(term, CallTerm | ValueTerm) and term.name is None:
        return RepeatTerm(None, (term,), Lit(1), TURN)
    return term


def _table(body: Chain, count: int, taken: frozenset[str]) -> Term | None:
    """The `for` of a body with holes: functions of the index of the row if possible, otherwise columns."""
    columns: dict[Column, str] = {}
    inner = variables(body) | taken
    row = _unused((ROW, "j", "m", "n"), inner)
    indexed = conditional = False

    def fill(e: Expr) -> Expr:
        nonlocal indexed, conditional
        if not isinstance(e, OpenValue):
            return e
        found = _by_row(e.values, count, bool(columns), e.role, row)
        if found is None and (e.role == LABEL or FREE in e.values):
            raise Differ(e.role)
        if found is None:
            values = tuple(e.values)
            if values not in columns:
                columns[values] = _letter(e.role, (*columns.values(), *inner, row))
            return NameExpr(columns[values])
        indexed = indexed or not isinstance(found, Lit)
        conditional = conditional or isinstance(found, Cond)
        return found

    chain = change_chain(change_chain(body, fill), _merged)
    if (not columns and not indexed) or len(columns) > _MOST_COLUMNS or (count < 3 and conditional):
        return None
    rows = tuple(zip(*columns, strict=True)) if columns else tuple(() for _ in range(count))
    return ForTerm(row if indexed else None, tuple(columns.values()), rows, chain)


def _by_row(values: Column, count: int, tabled: bool, role: str, row: str) -> Expr | None:
    if role == GUARD:
        return Op2("<", NameExpr(row), Lit(count - 1)) if values[0] else Op2(">", NameExpr(row), Lit(0))
    found = by_index(values, row, role == LABEL)
    if isinstance(found, Cond):
        if tabled or count > 4 or is_dimension(role) or role == LABEL:
            return None
        return Cond(found.otherwise, Op2(">", NameExpr(row), Lit(0)), found.then)
    return found


def _merged(e: Expr) -> Expr:
    """`(a if c else b) if d else b` is `a if c and d else b`."""
    match e:
        case Cond(Cond(then, inner, b), outer, otherwise) if b == otherwise:
            return Cond(then, Op2("and", inner, outer), otherwise)
        case _:
            return e


def _letter(role: str, taken: Iterable[str]) -> str:
    names = list(taken)
    wanted: str = _LETTERS.get(role, role[:1].lower() if role[:1].isalpha() else "v")
    for letter in [wanted, *list("abcdefghjlmnopqrstuvw")]:
        if letter not in names and letter not in (TURN, ROW, "x"):
            return letter
    return f"{wanted}{len(names)}"
