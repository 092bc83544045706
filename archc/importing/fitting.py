"""Expressions and conditions for the holes of a block or a model, from the constructor arguments of its instances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from archc.importing import naming
from archc.importing.explain import CHANNELS, Column, Known, constant, explained, is_dimension
from archc.importing.fold import variables
from archc.importing.guards import Atom, condition, evaluated, projection, shortcut
from archc.importing.scopes import ScopeInstance
from archc.importing.steps import ListValue
from archc.importing.terms import (
    FREE,
    ApplyExpr,
    BodyTerms,
    CallTerm,
    Chain,
    Expr,
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
    PerModel,
    RepeatTerm,
    StartTerm,
    Term,
    ValueTerm,
    chains_of,
    change_body,
    change_term,
    expressions,
    main_branch,
)
from archc.importing.unify import ACT, BLOCK, GUARD, MERGE, ROWS
from archc.importing.usual import is_bare
from archc.support.record import replace

_LISTS = {"n": "layers", "c": "channels", "s": "strides"}
"""The name of the list of a loop's column, if the constructor has none."""
DIM = "dim"
"""The name in a block for its input channels, where it needs them in a merge."""


class Fitting:
    """Expressions and conditions for the holes of one block, or of one model (the instances are `whole` ones)."""

    def __init__(self, instances: Sequence[ScopeInstance], whole: bool = False) -> None:
        self.count, self.whole = len(instances), whole
        self.known = Known(_columns(instances, whole))
        self.order = list(self.known.columns)
        self.loops: set[str] = set()
        self.found: list[Atom] = []

    def body(self, body: BodyTerms) -> BodyTerms:
        """The body with an expression or a condition in place of each hole."""
        self.loops = {v for chain in chains_of(body) for v in variables(chain)}
        renamed = {n: naming.unused(n, (*self.order, *self.loops)) if n in self.loops else n for n in self.order}
        self.known.columns = {renamed[name]: column for name, column in self.known.columns.items()}
        self.order = list(renamed.values())
        body = map_chains(map_chains(body, self._classes), lambda c: tuple(map(self._looped, c)))
        body = change_body(body, self._number)
        return map_chains(map_chains(body, self._guarded), _of_block)

    def _classes(self, chain: Chain) -> Chain:
        """Make the number of classes a parameter, even if all instances have the same."""
        column = self.known.columns.get("classes", (None,))
        return tuple(_with_classes(t, column[0]) for t in chain) if len(set(column)) == 1 else chain

    def _looped(self, term: Term) -> Term:
        """A loop whose table differs between models: over an argument, several arguments, or a new one."""
        match term:
            case GroupTerm() | RepeatTerm():
                return replace(term, chain=tuple(map(self._looped, term.chain)))
            case ForTerm() if any(isinstance(v, PerModel) for row in term.rows for v in row):
                columns = [self._column(values) for values in zip(*term.rows, strict=True)]
                found = [constant(c) or explained(OpenValue(c, ROWS), self.known) for c in columns]
                if sum(e is None for e in found) > 1:
                    rows = (ListValue(map(ListValue, zip(*table, strict=True))) for table in zip(*columns, strict=True))
                    return replace(term, rows=(), over=self._own(tuple(rows), ROWS))
                roles = (_LISTS.get(name, f"{name}s") for name in term.columns)
                exprs = tuple(e or self._own(c, role) for e, c, role in zip(found, columns, roles, strict=True))
                return replace(term, rows=(), over=exprs[0] if len(exprs) == 1 else ApplyExpr("zip", exprs))
            case _:
                return term

    def _column(self, values: Sequence[object]) -> Column:
        """The values of a column in each model."""
        each = [v.values if isinstance(v, PerModel) else (v,) * self.count for v in values]
        return tuple(ListValue(None if v is FREE else v for v in column) for column in zip(*each, strict=True))

    def _number(self, e: Expr) -> Expr:
        if not isinstance(e, OpenValue) or e.role in (GUARD, MERGE):
            return e
        if e.role in (ACT, BLOCK):
            known = next((self.known.use(n) for n, c in self.known.columns.items() if c == e.values), None)
            return known or self._own(e.values, e.role)
        return explained(e, self.known) or self._own(e.values, e.role)

    def _own(self, values: Column, role: str) -> NameExpr:
        """A new parameter, which the constructor does not have."""
        name = naming.parameter(role, (*self.known.columns, *self.loops, DIM))
        usual = Counter(v for v in values if v is not FREE and not isinstance(v, list)).most_common(1)[0][0]
        self.known.columns = {**self.known.columns, name: tuple(usual if v is FREE else v for v in values)}
        self.order.append(name)
        return self.known.use(name)

    def _guarded(self, chain: Chain) -> Chain:
        return tuple(map(self._guard, chain))

    def _guard(self, term: Term) -> Term:
        match term:
            case GuardTerm(ValueTerm() as inner, OpenValue()):
                return GuardTerm(inner, Op2("!=", inner.value, Lit(None)))
            case GuardTerm(inner, OpenValue() as hole):
                hole = self._where_it_matters(inner, hole)
                if False not in hole.values:
                    return self._guard(inner)
                found = condition(hole.values, self.known, self.found)
                if found is None and isinstance(inner, LayerTerm) and is_bare(inner):
                    kinds = tuple(KindName(inner.kind) if here else None for here in hole.values)
                    return self._guard(GuardTerm(ValueTerm(self._own(kinds, ACT)), hole))
                return GuardTerm(self._guard(inner), found or self._own(hole.values, _flag(inner)))
            case MergeTerm():
                found = term.condition
                if isinstance(found, OpenValue):
                    inside = main_branch(term)
                    typed = shortcut(inside, self.known, self._values)
                    self.found += typed[:1]
                    found = self._condition(found, typed)
                branches = tuple(self._branch(b, alone=sum(map(bool, term.branches)) > 1) for b in term.branches)
                return MergeTerm(term.kind, branches, found)
            case GuardTerm(inner):
                return replace(term, term=self._guard(inner))
            case GroupTerm() | RepeatTerm() | ForTerm():
                return replace(term, chain=self._guarded(term.chain))
            case _:
                return term

    def _where_it_matters(self, term: Term, hole: OpenValue) -> OpenValue:
        """A layer that would drop no samples may be there or not."""
        if not isinstance(term, LayerTerm) or term.kind != "StochasticDepth":
            return hole
        rate = dict(term.arguments)["p"]
        pairs = zip(hole.values, self._values(rate), strict=True)
        return replace(hole, values=tuple(FREE if here is False and p == 0 else here for here, p in pairs))

    def _branch(self, chain: Chain, alone: bool) -> Chain:
        """A branch that is guarded as a whole by one condition: it is needed where the identity does not fit."""
        holes = {t.condition for t in chain if isinstance(t, GuardTerm)}
        if alone and len(holes) == 1 and len(chain) == len([t for t in chain if isinstance(t, GuardTerm)]):
            (hole,) = holes
            if isinstance(hole, OpenValue):
                inner = tuple(t.term for t in chain if isinstance(t, GuardTerm))
                found = self._condition(hole, projection(inner, self.known, self._values))
                return tuple(GuardTerm(self._guard(t), found) for t in inner)
        return self._guarded(chain)

    def _condition(self, hole: OpenValue, typed: Sequence[Atom]) -> Expr:
        found = condition(hole.values, self.known, typed)
        return found if found is not None else self._own(hole.values, "optional")

    def _values(self, e: Expr) -> Column:
        return evaluated(e, self.known.columns, self.count)

    def parameters(
        self, body: BodyTerms
    ) -> tuple[tuple[tuple[str, Lit | None], ...], list[tuple[tuple[str, Expr], ...]]]:
        """The parameters that are used, required ones first, and the arguments of each instance."""
        used = {e.name for e in expressions(body) if isinstance(e, NameExpr)} | _guard_names(body)
        names = [n for n in self.order if n in used and n != CHANNELS]
        usual = {name: self._usual(name, self.known.columns[name]) for name in names}
        names.sort(key=lambda n: usual[n] is not None)
        rows: list[tuple[tuple[str, Expr], ...]]
        rows = [tuple((name, Lit(self.known.columns[name][i])) for name in names) for i in range(self.count)]
        return tuple((name, usual[name]) for name in names), rows

    def _usual(self, name: str, column: Column) -> Lit | None:
        """A default: that of a flag, `none`, or a number that most instances have."""
        value, times = Counter(column).most_common(1)[0]
        if self.whole:
            return Lit(value) if name == "classes" or isinstance(value, bool) else None
        often = times >= 2 and times * 2 >= len(column)
        width = isinstance(value, int) and not isinstance(value, bool) and is_dimension(name)
        return Lit(value) if often and not width and (times < len(column) or isinstance(value, bool)) else None


def _flag(term: Term) -> str:
    """The name of a flag for the presence of a term."""
    match term:
        case LayerTerm(name=Lit(value=str() as label)) | CallTerm(name=Lit(value=str() as label)):
            return f"with_{label}"
        case LayerTerm():
            return f"with_{term.kind.lower()}"
        case CallTerm():
            return f"with_{term.block.lower()}"
        case _:
            return "optional"


def _guard_names(body: BodyTerms) -> set[str]:
    return {e.name for e in expressions(body) if isinstance(e, NameExpr)}


def _columns(instances: Sequence[ScopeInstance], whole: bool) -> dict[str, Column]:
    """The constructor arguments and input channels of each instance; of a `whole` model, lists."""
    found: dict[str, Column] = {}
    first = instances[0].module.arguments
    for name in first:
        values = [i.module.arguments.get(name) for i in instances]
        if all(name in i.module.arguments for i in instances) and all(map(_simple, values)):
            found[naming.parameter(name, (*found, DIM))] = tuple(values)
        elif whole and all(isinstance(v, tuple) for v in values):
            found[naming.parameter(name, (*found, DIM))] = tuple(map(_listed, values))
    if all(i.dims and i.dims[0] for i in instances) and not whole:
        found[CHANNELS] = tuple(i.dims[0][0] for i in instances)
    return {name: column for name, column in found.items() if name == CHANNELS or column != found.get(CHANNELS)}


def _listed(value: object) -> object:
    return ListValue(map(_listed, value)) if isinstance(value, tuple) else value


def _simple(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float)


def _of_block(chain: Chain, first: bool = True) -> Chain:
    """A chain with `dim` for the input channels of the block where `in` is the input of a merge.

    The `first` term reads the input of the block.
    """

    def renamed(e: Expr) -> Expr:
        return NameExpr(DIM) if e == NameExpr(CHANNELS) else e

    found: list[Term] = []
    for i, term in enumerate(chain):
        same = first and (i == 0 or (i == 1 and chain[0] == StartTerm("in")))
        match term:
            case MergeTerm() if not same:
                found.append(change_term(term, renamed))
            case MergeTerm():
                found.append(replace(term, branches=tuple(_of_block(b) for b in term.branches)))
            case GroupTerm():
                found.append(replace(term, chain=_of_block(term.chain, same)))
            case RepeatTerm() | ForTerm():
                found.append(replace(term, chain=_of_block(term.chain, False)))
            case GuardTerm():
                (inner,) = _of_block((term.term,), same)
                found.append(replace(term, term=inner))
            case _:
                found.append(term)
    return tuple(found)


def _with_classes(term: Term, classes: object) -> Term:
    """A term with `classes` for an equal width of an `FC`, or an equal argument `classes` of a block."""
    if isinstance(term, GroupTerm | RepeatTerm | ForTerm):
        return replace(term, chain=tuple(_with_classes(t, classes) for t in term.chain))
    if not isinstance(term, LayerTerm | CallTerm):
        return term
    fits = isinstance(term, CallTerm) or term.kind == "FC"
    given = tuple(
        (n, NameExpr("classes") if fits and n in ("width", "classes") and e == Lit(classes) else e)
        for n, e in term.arguments
    )
    return replace(term, arguments=given)


def map_chains(body: BodyTerms, change: Callable[[Chain], Chain]) -> BodyTerms:
    """A body with `change` made to its chains."""
    return BodyTerms(
        tuple(replace(b, chain=change(b.chain)) for b in body.bindings),
        tuple(change(c) for c in body.results),
        None if body.training is None else tuple(change(c) for c in body.training),
        body.positional,
    )
