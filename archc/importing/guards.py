"""Finding conditions for the parts that only some instances have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, groupby

from archc.importing.explain import CHANNELS, Column, Known, divisible
from archc.importing.terms import (
    FREE,
    ApplyExpr,
    CallTerm,
    Chain,
    Expr,
    ForTerm,
    GroupTerm,
    GuardTerm,
    LayerTerm,
    Lit,
    MergeTerm,
    NameExpr,
    Op2,
    RepeatTerm,
    Term,
)
from archc.support.record import replace

Atom = tuple[Expr, tuple[bool, ...], tuple[str, ...]]
"""A condition, its truth for each instance, and the names in it."""


def condition(wanted: Column, known: Known, typed: Sequence[Atom] = ()) -> Expr | None:
    """A condition that is true for exactly the `wanted` instances. Conditions about types are tried first."""
    for atom in (*typed, *_atoms(known)):
        if _agrees(atom, wanted):
            return _noted(atom, known)
    atoms = [*typed, *_atoms(known)]
    for one, other in combinations(atoms[:60], 2):
        for word, join in (("and", all), ("or", any)):
            both: Atom = (
                Op2(word, one[0], other[0]),
                tuple(join(pair) for pair in zip(one[1], other[1], strict=True)),
                (*one[2], *other[2]),
            )
            if _agrees(both, wanted):
                return _noted(both, known)
    return None


def _agrees(atom: Atom, wanted: Column) -> bool:
    return all(w is FREE or w == truth for truth, w in zip(atom[1], wanted, strict=True))


def _noted(atom: Atom, known: Known) -> Expr:
    for name in atom[2]:
        known.use(name)
    return atom[0]


def _atoms(known: Known) -> Iterator[Atom]:
    """Typical conditions on one name: a flag, `none`, one, the number of input channels."""
    names = sorted((n for n in known.columns if n != CHANNELS), key=lambda n: n not in known.used)
    for name in names:
        column = known.columns[name]
        if all(isinstance(v, bool) for v in column):
            yield NameExpr(name), tuple(bool(v) for v in column), (name,)
            yield Op2("==", NameExpr(name), Lit(False)), tuple(not v for v in column), (name,)
    for value in (None, 1, 0):
        for name in names:
            column = known.columns[name]
            if any(isinstance(v, bool) for v in column) or not any(v == value for v in column):
                continue
            for sign, holds in (("!=", False), ("==", True)):
                yield Op2(sign, NameExpr(name), Lit(value)), tuple((v == value) is holds for v in column), (name,)
    came = known.columns.get(CHANNELS)
    for name in names if came is not None else ():
        column = known.columns[name]
        if came is not None and all(type(v) is int for v in column):
            truths = tuple(a != b for a, b in zip(came, column, strict=True))
            yield Op2("!=", NameExpr(CHANNELS), NameExpr(name)), truths, (CHANNELS, name)


def together(chain: Chain) -> Chain:
    """A chain with one guard for neighbours under one condition, and for those under its opposite."""
    found: list[Term] = []
    for condition, run in groupby(chain, lambda t: t.condition if isinstance(t, GuardTerm) else None):
        terms = tuple(run)
        inner = tuple(t.term for t in terms if isinstance(t, GuardTerm) and t.otherwise is None)
        if condition is None or len(inner) < len(terms):
            found += terms
            continue
        one = inner[0] if len(inner) == 1 else GroupTerm(None, inner)
        last = found[-1] if found else None
        if isinstance(last, GuardTerm) and last.otherwise is None and _opposite(last.condition) == condition:
            found[-1] = replace(last, otherwise=one)
        else:
            found.append(GuardTerm(one, condition))
    return tuple(found)


def _opposite(condition: Expr) -> Expr | None:
    """What holds where a condition does not; None if it would have to be written with `not`."""
    match condition:
        case Op2("==", NameExpr() as name, Lit(False)):
            return name
        case Op2("==" | "!="):
            return _negated(condition)
        case NameExpr():
            return Op2("==", condition, Lit(False))
        case _:
            return None


def projection(branch: Chain, known: Known, evaluate: Callable[[Expr], Column]) -> list[Atom]:
    """The conditions under which a branch next to the identity is needed: the shape changes."""
    atoms = list(_changes(branch, known, evaluate))
    whole = _joined("or", atoms, any)
    return [*([whole] if whole is not None else []), *reversed(atoms)]


def shortcut(branch: Chain, known: Known, evaluate: Callable[[Expr], Column]) -> list[Atom]:
    """The conditions under which the identity fits next to a branch: the shape is unchanged."""
    atoms = [
        (_negated(e), tuple(not t for t in truths), names) for e, truths, names in _changes(branch, known, evaluate)
    ]
    whole = _joined("and", atoms, all)
    return [*([whole] if whole is not None else []), *reversed(atoms)]


def _joined(word: str, atoms: Sequence[Atom], join: Callable[[Sequence[bool]], bool]) -> Atom | None:
    if not atoms:
        return None
    found: Expr = atoms[0][0]
    for atom in atoms[1:]:
        found = Op2(word, found, atom[0])
    truths = tuple(join(column) for column in zip(*(a[1] for a in atoms), strict=True))
    return found, truths, tuple(n for a in atoms for n in a[2])


def _negated(e: Expr) -> Expr:
    assert isinstance(e, Op2)
    return Op2({"!=": "==", "==": "!="}[e.sign], e.left, e.right)


def _changes(branch: Chain, known: Known, evaluate: Callable[[Expr], Column]) -> Iterator[Atom]:
    """The ways in which a branch may change the shape: a stride, or the channels of its last layer that has any."""
    given = list(_arguments(branch))
    strides = dict.fromkeys(e for name, e in given if name == "stride" and not isinstance(e, Lit))
    for e in strides:
        yield Op2("!=", e, Lit(1)), tuple(v != 1 for v in evaluate(e)), _names(e)
    channels = [e for name, e in given if name == "channels"]
    if channels and channels[-1] != NameExpr(CHANNELS) and CHANNELS in known.columns:
        made = evaluate(channels[-1])
        came = known.columns[CHANNELS]
        truths = tuple(a != b for a, b in zip(came, made, strict=True))
        yield Op2("!=", NameExpr(CHANNELS), channels[-1]), truths, (CHANNELS, *_names(channels[-1]))


def _arguments(chain: Chain) -> Iterator[tuple[str, Expr]]:
    for term in chain:
        match term:
            case LayerTerm() | CallTerm():
                yield from term.arguments
            case GroupTerm() | RepeatTerm() | ForTerm():
                yield from _arguments(term.chain)
            case MergeTerm():
                for branch in term.branches:
                    yield from _arguments(branch)
            case GuardTerm():
                yield from _arguments((term.term,))


def _names(e: Expr) -> tuple[str, ...]:
    match e:
        case NameExpr():
            return (e.name,)
        case Op2():
            return (*_names(e.left), *_names(e.right))
        case _:
            return ()


def evaluated(e: Expr, columns: Mapping[str, Column], count: int) -> Column:
    """The values of an expression of names, numbers and arithmetic; None where it has none."""
    match e:
        case Lit():
            return (e.value,) * count
        case NameExpr():
            return columns.get(e.name, (None,) * count)
        case Op2():
            pairs = zip(evaluated(e.left, columns, count), evaluated(e.right, columns, count), strict=True)
            return tuple(_computed(e.sign, a, b) for a, b in pairs)
        case ApplyExpr("int" | "divisible" as name, (inner,)):
            function = int if name == "int" else divisible
            values = evaluated(inner, columns, count)
            return tuple(function(v) if isinstance(v, int | float) else None for v in values)
        case _:
            return (None,) * count


def _computed(sign: str, a: object, b: object) -> object:
    if not isinstance(a, int | float) or not isinstance(b, int | float):
        return None
    match sign:
        case "*":
            return a * b
        case "//":
            return a // b
        case "+":
            return a + b
        case _:
            return None
