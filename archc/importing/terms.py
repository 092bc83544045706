"""Specs under construction: terms as in `syntax/tree`, whose values may still be open.

An `OpenValue` stands for a value that differs between unified instances, with one value for each, or `FREE` for an
instance without the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from archc.support.record import Record, replace


class _Free:
    def __repr__(self) -> str:
        return "FREE"


FREE: Final = _Free()


class KindName(str):
    """The name of a layer as a value: `act=ReLU`."""


class Lit(Record):
    """A number, text, flag, `none`, or a tuple of such."""

    value: object


class NameExpr(Record):
    """A name: a parameter, a loop variable, or `in.channels`."""

    name: str


class Op2(Record):
    """Two operands and an operator."""

    sign: str
    left: Expr
    right: Expr


class Cond(Record):
    """`then if condition else otherwise`."""

    then: Expr
    condition: Expr
    otherwise: Expr


class ApplyExpr(Record):
    """A call of a function."""

    function: str
    arguments: tuple[Expr, ...]


class Pieces(Record):
    """A string of alternating texts and expressions."""

    parts: tuple[str | Expr, ...]


class ExprList(Record):
    """A list of expressions."""

    items: tuple[Expr, ...]


class OpenValue(Record):
    """One value for each unified instance. `role`: the argument that it belongs to."""

    values: tuple[object, ...]
    role: str


class PerModel(Record):
    """A value that differs between the models of a family, treated as a constant so that loops are found over it."""

    values: tuple[object, ...]
    role: str


def sealed(e: Expr) -> Expr:
    """A hole as a constant; the common value if all models that have one agree."""
    if not isinstance(e, OpenValue):
        return e
    said = [v for v in e.values if v is not FREE]
    agreed = said and all(v == said[0] and type(v) is type(said[0]) for v in said)
    return Lit(said[0]) if agreed and len(said) < len(e.values) else Lit(PerModel(e.values, e.role))


def unsealed(e: Expr) -> Expr:
    """The inverse of `sealed`."""
    return OpenValue(e.value.values, e.value.role) if isinstance(e, Lit) and isinstance(e.value, PerModel) else e


Expr: TypeAlias = Lit | NameExpr | Op2 | Cond | ApplyExpr | Pieces | ExprList | OpenValue


# -- terms ------------------------------------------------------------------------------------------------------------


class LayerTerm(Record):
    """A layer, with all arguments in the recording. `name`: its label, None if it needs none."""

    name: Expr | None
    kind: str
    arguments: tuple[tuple[str, Expr], ...]


class CallTerm(Record):
    """A call of a block."""

    name: Expr | None
    block: str
    arguments: tuple[tuple[str, Expr], ...]


class GroupTerm(Record):
    """A labelled group."""

    name: Expr | None
    chain: Chain


class MergeTerm(Record):
    """A merge of branches.

    With a `condition`, it exists only if that holds; otherwise there is only its main branch.
    """

    kind: str
    branches: tuple[Chain, ...]
    condition: Expr | None = None


def main_branch(merge: MergeTerm) -> Chain:
    """The branch that exists even if nothing is merged: it is not conditional as a whole."""
    return next(b for b in merge.branches if b and not all(isinstance(t, GuardTerm) for t in b))


class SharedTerm(Record):
    """A use of a module that the body declares, by its label."""

    name: str


class StartTerm(Record):
    """A tensor's name, at the start of a chain."""

    tensor: str


class RepeatTerm(Record):
    """`name: [chain] x count as variable`."""

    name: Expr | None
    chain: Chain
    count: Expr
    variable: str


class ForTerm(Record):
    """`for (index, (columns)) in enumerate(rows) { chain }`; without an index, or without columns, a simpler form.

    If the rows differ between models, `over` is the iterable instead; without columns it is the number of turns.
    """

    index: str | None
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    chain: Chain
    over: Expr | None = None


class ValueTerm(Record):
    """A layer or block that is the value of a parameter: `act`, `conv: Block(8)`."""

    value: Expr
    name: Expr | None = None
    arguments: tuple[tuple[str, Expr], ...] = ()


class GuardTerm(Record):
    """A term that is there only where a condition holds; `otherwise` another one is."""

    term: Term
    condition: Expr
    otherwise: Term | None = None


Term: TypeAlias = (
    LayerTerm | CallTerm | GroupTerm | MergeTerm | StartTerm | SharedTerm | RepeatTerm | ForTerm | GuardTerm | ValueTerm
)
Chain: TypeAlias = tuple[Term, ...]


class BindingTerm(Record):
    """`names = chain`, or a chain that is not read (no names). `shared`: its only term is a module, declared here."""

    names: tuple[str, ...]
    chain: Chain
    shared: bool = False


class BodyTerms(Record):
    """The body of a block or model: bindings, then results; `training` if training returns other results."""

    bindings: tuple[BindingTerm, ...]
    results: tuple[Chain, ...]
    training: tuple[Chain, ...] | None = None
    positional: bool = False


# -- all expressions of a term ----------------------------------------------------------------------------------------

Change: TypeAlias = Callable[[Expr], Expr]


def change_expr(found: Expr, change: Change) -> Expr:
    """An expression with `change` applied to its parts, then to itself."""
    match found:
        case Op2():
            found = replace(found, left=change_expr(found.left, change), right=change_expr(found.right, change))
        case Cond():
            found = Cond(*(change_expr(e, change) for e in (found.then, found.condition, found.otherwise)))
        case ApplyExpr():
            found = replace(found, arguments=tuple(change_expr(e, change) for e in found.arguments))
        case ExprList():
            found = ExprList(tuple(change_expr(e, change) for e in found.items))
        case Pieces():
            found = Pieces(tuple(p if isinstance(p, str) else change_expr(p, change) for p in found.parts))
    return change(found)


def names_in(e: Expr) -> set[str]:
    """The names that an expression reads."""
    found: set[str] = set()

    def note(part: Expr) -> Expr:
        found.update([part.name] if isinstance(part, NameExpr) else ())
        return part

    change_expr(e, note)
    return found


def change_chain(chain: Chain, change: Change) -> Chain:
    """A chain with `change` applied to all expressions in it."""
    return tuple(change_term(term, change) for term in chain)


def change_term(term: Term, change: Change) -> Term:
    """A term with `change` applied to all expressions in it."""

    def one(e: Expr) -> Expr:
        return change_expr(e, change)

    match term:
        case LayerTerm() | CallTerm() | ValueTerm():
            given = tuple((name, one(value)) for name, value in term.arguments)
            changed = replace(term, name=None if term.name is None else one(term.name), arguments=given)
            return replace(changed, value=one(changed.value)) if isinstance(changed, ValueTerm) else changed
        case GroupTerm():
            return GroupTerm(None if term.name is None else one(term.name), change_chain(term.chain, change))
        case MergeTerm():
            condition = None if term.condition is None else one(term.condition)
            return MergeTerm(term.kind, tuple(change_chain(b, change) for b in term.branches), condition)
        case RepeatTerm():
            name = None if term.name is None else one(term.name)
            return RepeatTerm(name, change_chain(term.chain, change), one(term.count), term.variable)
        case ForTerm():
            over = None if term.over is None else one(term.over)
            return replace(term, chain=change_chain(term.chain, change), over=over)
        case GuardTerm():
            return GuardTerm(change_term(term.term, change), one(term.condition))
        case StartTerm() | SharedTerm():
            return term


def walk_terms(body: BodyTerms) -> Iterator[Term]:
    """All terms of a body, the outer ones first."""
    for chain in chains_of(body):
        for term in chain:
            yield from _walk(term)


def chains_of(body: BodyTerms) -> tuple[Chain, ...]:
    """The chains of a body."""
    return (*(b.chain for b in body.bindings), *body.results, *(body.training or ()))


def _walk(term: Term) -> Iterator[Term]:
    yield term
    match term:
        case GroupTerm() | RepeatTerm() | ForTerm():
            inner: Chain = term.chain
        case MergeTerm():
            inner = tuple(t for branch in term.branches for t in branch)
        case GuardTerm():
            inner = (term.term,)
        case _:
            return
    for each in inner:
        yield from _walk(each)


def change_body(body: BodyTerms, change: Change) -> BodyTerms:
    """A body with `change` applied to all expressions in it."""
    return BodyTerms(
        tuple(replace(b, chain=change_chain(b.chain, change)) for b in body.bindings),
        tuple(change_chain(c, change) for c in body.results),
        None if body.training is None else tuple(change_chain(c, change) for c in body.training),
        body.positional,
    )


def expressions(body: BodyTerms) -> list[Expr]:
    """All expressions of a body, inner ones first."""
    found: list[Expr] = []

    def note(e: Expr) -> Expr:
        found.append(e)
        return e

    change_body(body, note)
    return found
