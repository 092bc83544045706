"""Find the blocks: one for each class, with the parameters, conditions and formulas that fit all its instances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from archc.importing import naming
from archc.importing.bodies import body_of, only_chain
from archc.importing.classes import PlacedScope, class_groups, names_of, varies
from archc.importing.explain import CHANNELS, Column, Known, explained
from archc.importing.fold import folded, repeated
from archc.importing.guards import Atom, condition, evaluated, projection, shortcut
from archc.importing.layers import DEPTHWISE
from archc.importing.scopes import ScopeInstance
from archc.importing.terms import (
    FREE,
    BindingTerm,
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
    RepeatTerm,
    StartTerm,
    Term,
    ValueTerm,
    change_body,
    change_term,
    expressions,
    main_branch,
)
from archc.importing.unify import ACT, GUARD, MERGE, Differ, is_bare, unify_chains
from archc.support.record import Record, Struct, field, replace

DIM = "dim"
"""The name that a block gives the channels that come in, where it needs them in a merge."""
FACTORED, SHAPED, FLAT = 2, 1, 0
"""How far a class is factored: one block; one for each graph; one for each instance, with its numbers."""


class BlockParts(Record):
    """A block: its parameters in order, with their defaults, and what it does. `source`: the class that it was."""

    name: str
    parameters: tuple[tuple[str, Lit | None], ...]
    body: BodyTerms
    source: str = ""

    def written(self, arguments: Sequence[tuple[str, Expr]]) -> list[tuple[str, Expr]]:
        """The arguments of a call that have to be written."""
        usual = dict(self.parameters)
        return [(name, value) for name, value in arguments if usual.get(name) is None or usual[name] != value]


class SpecParts(Struct):
    """All that a spec says: the model and its blocks, inner ones first."""

    model: BlockParts
    blocks: list[BlockParts]
    input: tuple[int, ...]
    levels: Mapping[str, int] = field(default_factory=dict)


def factor(
    root: ScopeInstance,
    outputs: tuple[int, ...],
    training: tuple[int, ...],
    input: tuple[int, ...],
    levels: Mapping[str, int],
) -> SpecParts:
    """The blocks of a model. `levels` says which classes are not to be factored fully. Raises `NoChain`."""
    return _Factoring(levels).run(root, outputs, training, input)


class _Factoring:
    """Works from the inside out: when a class is looked at, all that its instances call is known."""

    def __init__(self, levels: Mapping[str, int]) -> None:
        self.levels = levels
        self.blocks: list[BlockParts] = []
        self.terms: dict[int, Term] = {}
        self.taken: set[str] = set()

    def run(
        self, root: ScopeInstance, outputs: tuple[int, ...], training: tuple[int, ...], input: tuple[int, ...]
    ) -> SpecParts:
        self.taken.add(naming.block(root.module.kind, ()))
        for instances in class_groups(root):
            self._class(instances)
        body = body_of(root, self._term, outputs, training, names_of(root))
        model = _model(root, _map_chains(_map_chains(body, folded), _depthwise))
        return SpecParts(model, self.blocks, input, self.levels)

    def _term(self, scope: ScopeInstance) -> Term:
        return self.terms[id(scope)]

    def _class(self, instances: list[PlacedScope]) -> None:
        """Make the terms of all instances of a class, and its blocks."""
        container = instances[0].is_container or varies(instances)
        bodies = [
            _map_chains(
                body_of(p.scope, self._term, p.scope.outputs, None, names_of(p.scope)),
                lambda c: folded(c, labelled=container),
            )
            for p in instances
        ]
        if container:
            bodies = [_map_chains(body, repeated) for body in bodies]
        first = instances[0]
        if all(_is_plain(p, body) for p, body in zip(instances, bodies, strict=True)):
            for placed, body in zip(instances, bodies, strict=True):
                self.terms[id(placed.scope)] = _depthwise(body.results[0])[0]
            return
        may_be_groups = not any(p.in_order for p in instances) and (len(instances) == 1 or container)
        if may_be_groups and all(only_chain(body) is not None for body in bodies):
            for placed, body in zip(instances, bodies, strict=True):
                chain = _depthwise(only_chain(body) or ())
                self.terms[id(placed.scope)] = GroupTerm(Lit(placed.name), chain)
            return
        level = self.levels.get(first.kind, SHAPED if container else FACTORED)
        for group in _groups(bodies, level):
            self._block([instances[i] for i in group], [bodies[i] for i in group], level)

    def _block(self, instances: list[PlacedScope], bodies: list[BodyTerms], level: int) -> None:
        """One block for instances whose bodies can be laid over each other."""
        kind = instances[0].kind
        name = naming.block(kind if not instances[0].is_container else "Stage", self.taken)
        self.taken.add(name)
        body = bodies[0] if len(bodies) == 1 else _unified(bodies, level == FACTORED)
        fitting = _Fitting(instances)
        body = _map_chains(fitting.body(_map_chains(body, _depthwise)), folded)
        parameters, rows = fitting.parameters(body)
        self.blocks.append(BlockParts(name, parameters, body, kind))
        for placed, row in zip(instances, rows, strict=True):
            self.terms[id(placed.scope)] = CallTerm(Lit(placed.name), name, row)


def _of_block(chain: Chain, first: bool = True) -> Chain:
    """A chain that says `dim` for the channels that come into the block where `in` is what comes into a merge.

    Into the `first` term comes what comes into the block.
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


def _is_plain(placed: PlacedScope, body: BodyTerms) -> bool:
    """Whether a scope is one layer without weights, that stands for itself."""
    chain = only_chain(body) or ()
    return not placed.scope.module.stateful and len(chain) == 1 and isinstance(chain[0], LayerTerm)


# -- laying bodies over each other ------------------------------------------------------------------------------------


def _depthwise(chain: Chain) -> Chain:
    """A chain with `DWConv` for convolutions that have a group for each channel, whatever is called with."""
    return tuple(map(_as_depthwise, chain))


def _as_depthwise(term: Term) -> Term:
    match term:
        case LayerTerm(kind="Conv"):
            given = dict(term.arguments)
            multiplier = given.pop(DEPTHWISE, Lit(0))
            if isinstance(multiplier, Lit) and multiplier != Lit(0):
                del given["channels"], given["groups"]
                names = "kernel", "stride", "pad"
                ordered = {**{n: given.pop(n) for n in names}, DEPTHWISE: multiplier, **given}
                return LayerTerm(term.name, "DWConv", tuple(ordered.items()))
            return LayerTerm(term.name, term.kind, tuple(given.items()))
        case GroupTerm() | RepeatTerm() | ForTerm():
            return replace(term, chain=_depthwise(term.chain))
        case MergeTerm():
            return replace(term, branches=tuple(map(_depthwise, term.branches)))
        case GuardTerm():
            return replace(term, term=_as_depthwise(term.term))
        case _:
            return term


def _groups(bodies: Sequence[BodyTerms], level: int) -> list[list[int]]:
    """Which bodies become one block: all, or those with the same graph, or each its own."""
    everything = list(range(len(bodies)))
    if level == FLAT:
        return [[i] for i in everything]
    if level == FACTORED and _fits_together(bodies, True):
        return [everything]
    groups: list[list[int]] = []
    for i, body in enumerate(bodies):
        for group in groups:
            if _fits_together([*(bodies[j] for j in group), body], False):
                group.append(i)
                break
        else:
            groups.append([i])
    return groups


def _fits_together(bodies: Sequence[BodyTerms], guards: bool) -> bool:
    try:
        _unified(bodies, guards)
    except Differ:
        return False
    return True


def _unified(bodies: Sequence[BodyTerms], guards: bool) -> BodyTerms:
    """One body for all. Raises `Differ`."""
    first = bodies[0]
    shapes = {(tuple(b.names for b in body.bindings), len(body.results), body.positional) for body in bodies}
    if len(shapes) != 1 or any(body.training is not None for body in bodies):
        raise Differ("statements")
    bindings = tuple(
        BindingTerm(b.names, unify_chains([body.bindings[i].chain for body in bodies], guards))
        for i, b in enumerate(first.bindings)
    )
    results = tuple(unify_chains([body.results[i] for body in bodies], guards) for i in range(len(first.results)))
    return BodyTerms(bindings, results, None, first.positional)


class _Fitting:
    """Expressions and conditions for the holes of one block."""

    def __init__(self, instances: Sequence[PlacedScope]) -> None:
        self.instances = instances
        self.count = len(instances)
        self.known = Known(_columns(instances))
        self.order = list(self.known.columns)
        self.found: list[Atom] = []

    def body(self, body: BodyTerms) -> BodyTerms:
        body = change_body(_map_chains(body, self._classes), self._number)
        return _map_chains(_map_chains(body, self._guarded), _of_block)

    def _classes(self, chain: Chain) -> Chain:
        """The number of classes is a parameter, also where all instances have the same."""
        column = self.known.columns.get("classes", (None,))
        return tuple(_with_classes(t, column[0]) for t in chain) if len(set(column)) == 1 else chain

    def _number(self, e: Expr) -> Expr:
        if not isinstance(e, OpenValue) or e.role in (GUARD, MERGE):
            return e
        if e.role == ACT:
            return next((self.known.use(n) for n, c in self.known.columns.items() if c == e.values), None) or self._own(
                e.values, ACT
            )
        return explained(e, self.known) or self._own(e.values, e.role)

    def _own(self, values: Column, role: str) -> NameExpr:
        """A parameter that the constructor does not have."""
        name = naming.parameter(role, (*self.known.columns, DIM))
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
            case GroupTerm() | RepeatTerm() | ForTerm():
                return replace(term, chain=self._guarded(term.chain))
            case _:
                return term

    def _branch(self, chain: Chain, alone: bool) -> Chain:
        """A branch of which all is guarded by one condition stands where the identity does not fit."""
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
        """The parameters that are used, those without a default first, and each instance's arguments."""
        used = {e.name for e in expressions(body) if isinstance(e, NameExpr)} | _guard_names(body)
        names = [n for n in self.order if n in used and n != CHANNELS]
        usual = {name: self._usual(self.known.columns[name]) for name in names}
        names.sort(key=lambda n: usual[n] is not None)
        rows: list[tuple[tuple[str, Expr], ...]]
        rows = [tuple((name, Lit(self.known.columns[name][i])) for name in names) for i in range(self.count)]
        return tuple((name, usual[name]) for name in names), rows

    def _usual(self, column: Column) -> Lit | None:
        """A default: a flag's, `none`, or a number that most instances have."""
        value, times = Counter(column).most_common(1)[0]
        often = times >= 2 and times * 2 >= len(column)
        return Lit(value) if often and (times < len(column) or isinstance(value, bool)) else None


def _flag(term: Term) -> str:
    """The name of a flag that says whether a term is there."""
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


def _columns(instances: Sequence[PlacedScope]) -> dict[str, Column]:
    """What each instance's constructor was called with, and the channels that come in."""
    found: dict[str, Column] = {}
    first = instances[0].scope.module.arguments
    for name in first:
        values = [p.scope.module.arguments.get(name) for p in instances]
        if all(name in p.scope.module.arguments for p in instances) and all(map(_simple, values)):
            found[naming.parameter(name, (*found, DIM))] = tuple(values)
    if all(p.scope.dims and p.scope.dims[0] for p in instances):
        found[CHANNELS] = tuple(p.scope.dims[0][0] for p in instances)
    return {name: column for name, column in found.items() if name == CHANNELS or column != found.get(CHANNELS)}


def _simple(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float)


def _map_chains(body: BodyTerms, change: object) -> BodyTerms:
    assert callable(change)
    return BodyTerms(
        tuple(BindingTerm(b.names, change(b.chain)) for b in body.bindings),
        tuple(change(c) for c in body.results),
        None if body.training is None else tuple(change(c) for c in body.training),
        body.positional,
    )


# -- the model --------------------------------------------------------------------------------------------------------


def _model(root: ScopeInstance, body: BodyTerms) -> BlockParts:
    """The model; its number of classes is a parameter."""
    given = root.module.arguments
    classes = next((given[n] for n in ("num_classes", "n_classes", "classes") if isinstance(given.get(n), int)), None)
    name = naming.block(root.module.kind, ())
    if classes is None or isinstance(classes, bool):
        return BlockParts(name, (), body, root.module.kind)

    def call(chain: Chain) -> Chain:
        return tuple(_with_classes(t, classes) for t in chain)

    changed = _map_chains(body, call)
    if not any(e == NameExpr("classes") for e in expressions(changed)):
        return BlockParts(name, (), body, root.module.kind)
    return BlockParts(name, (("classes", Lit(classes)),), changed, root.module.kind)


def _with_classes(term: Term, classes: object) -> Term:
    """A term with `classes` where an `FC` is as wide, or a block's argument of that name is."""
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
