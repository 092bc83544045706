"""Finding the blocks: one for each class, with parameters, conditions and formulas that fit all its instances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from archc.elaborate.options import Inputs
from archc.importing import naming
from archc.importing.alike import FACTORED, SHAPED, alike, named_after_layers, unified
from archc.importing.bodies import body_of, only_chain
from archc.importing.classes import PlacedScope, class_groups, names_of, varies
from archc.importing.fitting import Fitting, map_chains
from archc.importing.fold import folded, in_runs, repeated, skeletons_of
from archc.importing.layers import DEPTHWISE
from archc.importing.scopes import ScopeInstance
from archc.importing.terms import (
    BodyTerms,
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
    OpenValue,
    RepeatTerm,
    Term,
    ValueTerm,
    change_body,
    sealed,
    unsealed,
    walk_terms,
)
from archc.importing.unify import Differ
from archc.importing.usual import weight
from archc.support.record import Record, Struct, replace

DIM = "dim"
"""The name in a block for its input channels, where it needs them in a merge."""
_MOST_CONDITIONS = 2
"""Models that differ by more than this are not merged."""


class BlockParts(Record):
    """A block: its parameters in order, with their defaults, and its body. `source`: the class that it comes from."""

    name: str
    parameters: tuple[tuple[str, Lit | None], ...]
    body: BodyTerms
    source: str = ""

    def written(self, arguments: Sequence[tuple[str, Expr]]) -> list[tuple[str, Expr]]:
        """The arguments of a call that are not omitted."""
        usual = dict(self.parameters)
        return [(name, value) for name, value in arguments if usual.get(name) is None or usual[name] != value]


class ModelRun(Record):
    """A model as it ran: what it returns, in training too, and the shapes of its inputs."""

    root: ScopeInstance
    outputs: tuple[int, ...]
    training: tuple[int, ...]
    inputs: Inputs


class ModelParts(Record):
    """A model and its variants: the number of the run, and the arguments."""

    block: BlockParts
    inputs: Inputs
    variants: tuple[tuple[int, tuple[tuple[str, Expr], ...]], ...]


class SpecParts(Struct):
    """The contents of a spec: the models and the blocks, inner ones first. `inputs`: those of the runs."""

    models: list[ModelParts]
    blocks: list[BlockParts]
    inputs: list[Inputs]


def factor(runs: Sequence[ModelRun], levels: Mapping[str, int]) -> SpecParts:
    """Factor models into blocks. Similar models become one.

    `levels` limits the factoring of classes. Raises `NoChain`.
    """
    return _Factoring(levels).run(runs)


class _Factoring:
    """Works from the inside out: when a class is processed, everything that its instances call is known."""

    def __init__(self, levels: Mapping[str, int]) -> None:
        self.levels = levels
        self.blocks: list[BlockParts] = []
        self.terms: dict[int, Term] = {}
        self.taken: set[str] = set()

    def run(self, runs: Sequence[ModelRun]) -> SpecParts:
        self.taken |= {naming.block(run.root.module.kind, ()) for run in runs}
        for instances in class_groups([run.root for run in runs]):
            self._class(instances)
        bodies = [
            map_chains(
                body_of(r.root, self._term, r.outputs, r.training, names_of(r.root), [name for name, _ in r.inputs]),
                _depthwise,
            )
            for r in runs
        ]
        models: list[ModelParts] = []
        for group, body in families(bodies, [run.root.module.kind for run in runs]):
            models.append(self._model([runs[i] for i in group], group, body, [m.block.name for m in models]))
        return SpecParts(models, self._with_alternatives(models), [run.inputs for run in runs])

    def _model(
        self, runs: Sequence[ModelRun], group: Sequence[int], body: BodyTerms, taken: Sequence[str]
    ) -> ModelParts:
        """One model for similar runs."""
        kind = runs[0].root.module.kind
        fitting = Fitting([run.root for run in runs], whole=True)
        body = fitting.body(body)
        parameters, rows = fitting.parameters(body)
        block = BlockParts(naming.unused(naming.block(kind, ()), taken), parameters, body, kind)
        inputs = Counter(run.inputs for run in runs).most_common(1)[0][0]
        return ModelParts(block, inputs, tuple(zip(group, rows, strict=True)))

    def _with_alternatives(self, models: Sequence[ModelParts]) -> list[BlockParts]:
        """The blocks. Those that are called through the same argument have the same parameters."""
        found = {block.name: block for block in self.blocks}
        everything = [*self.blocks, *(m.block for m in models)]
        terms = [t for part in everything for t in walk_terms(part.body)]
        given = [pair for t in terms if isinstance(t, CallTerm | ValueTerm) for pair in t.arguments]
        given += [(n, usual) for part in everything for n, usual in part.parameters if usual is not None]
        given += [pair for m in models for _, arguments in m.variants for pair in arguments]
        for call in terms:
            if not isinstance(call, ValueTerm) or not isinstance(call.value, NameExpr):
                continue
            for name in dict.fromkeys(str(e.value) for n, e in given if n == call.value.name and isinstance(e, Lit)):
                if (block := found.get(name)) is not None:
                    own = dict(block.parameters)
                    more = tuple((n, Lit(None)) for n, _ in call.arguments if n not in own)
                    found[name] = replace(block, parameters=(*block.parameters, *more))
        return list(found.values())

    def _term(self, scope: ScopeInstance) -> Term:
        return self.terms[id(scope)]

    def _class(self, instances: list[PlacedScope]) -> None:
        """Make the terms of all instances of a class, and its blocks."""
        container = instances[0].is_container or varies(instances)
        outer = all("." not in p.scope.path for p in instances)  # folded with the model, whose variants may differ
        bodies = [body_of(p.scope, self._term, p.scope.outputs, None, names_of(p.scope)) for p in instances]
        if not (container and outer):
            bodies = [map_chains(body, partial(folded, labelled=container)) for body in bodies]
        if container and not outer:
            bodies = [map_chains(body, repeated) for body in bodies]
        first = instances[0]
        if all(_is_plain(p, body) for p, body in zip(instances, bodies, strict=True)):
            for placed, body in zip(instances, bodies, strict=True):
                self.terms[id(placed.scope)] = _depthwise(body.results[0])[0]
            return
        may_be_groups = not any(p.in_order for p in instances) and (
            container or len({p.model for p in instances}) == len(instances)
        )
        if may_be_groups and all(only_chain(body) is not None for body in bodies):
            for placed, body in zip(instances, bodies, strict=True):
                chain = _depthwise(only_chain(body) or ())
                self.terms[id(placed.scope)] = GroupTerm(Lit(placed.name), chain)
            return
        level = self.levels.get(first.kind, SHAPED if container else FACTORED)
        groups = alike(bodies, level)
        for group, whole in groups:
            own = [bodies[i] for i in group]
            name = "Stage" if container else first.kind
            if level == FACTORED and len(groups) > 1:
                name = named_after_layers(own, name)
            self._block([instances[i] for i in group], whole or _common(own, level), name)

    def _block(self, instances: list[PlacedScope], body: BodyTerms, name: str) -> None:
        """One block for instances whose bodies can be unified."""
        kind = instances[0].kind
        name = naming.block(name, self.taken)
        self.taken.add(name)
        fitting = Fitting([p.scope for p in instances])
        body = fitting.body(map_chains(body, _depthwise))
        body = map_chains(body, partial(folded, taken=frozenset(fitting.order)))
        parameters, rows = fitting.parameters(body)
        self.blocks.append(BlockParts(name, parameters, body, kind))
        for placed, row in zip(instances, rows, strict=True):
            self.terms[id(placed.scope)] = CallTerm(Lit(placed.name), name, row)


def _common(bodies: Sequence[BodyTerms], level: int) -> BodyTerms:
    return bodies[0] if len(bodies) == 1 else unified(bodies, level == FACTORED)


def _is_plain(placed: PlacedScope, body: BodyTerms) -> bool:
    """Whether a scope is a single layer without weights, which needs no block."""
    chain = only_chain(body) or ()
    return not placed.scope.module.stateful and len(chain) == 1 and isinstance(chain[0], LayerTerm)


# -- unification ----------------------------------------------------------------------------------------------------


def _depthwise(chain: Chain) -> Chain:
    """A chain with `DWConv` for convolutions that have a group for each channel in all calls."""
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


def families(bodies: Sequence[BodyTerms], kinds: Sequence[str]) -> list[tuple[list[int], BodyTerms]]:
    """The groups of models that become one, with their bodies: those of one class whose bodies can be unified."""
    found: list[tuple[list[int], BodyTerms]] = []
    for i, body in enumerate(bodies):
        for at, (group, _) in enumerate(found):
            joined = _joined([*(bodies[j] for j in group), body]) if kinds[group[0]] == kinds[i] else None
            if joined is not None and _conditions(joined) <= _MOST_CONDITIONS:
                found[at] = [*group, i], joined
                break
        else:
            found.append(([i], map_chains(body, folded)))
    return found


def _joined(bodies: Sequence[BodyTerms]) -> BodyTerms | None:
    """One body for several models, folded after unification or before it, whichever is shorter."""
    found: list[BodyTerms] = []
    skeletons = frozenset(s for b in bodies for s in skeletons_of(map_chains(b, in_runs)))
    once = partial(in_runs, known=skeletons)
    for before, after in ((in_runs, folded), (once, folded), (folded, _as_is), (_as_is, folded)):
        try:
            body = change_body(unified([map_chains(b, before) for b in bodies], True), sealed)
            found.append(change_body(map_chains(body, after), unsealed))
        except Differ:
            continue
    return min(found, key=_length, default=None)


def _as_is(chain: Chain) -> Chain:
    return chain


def _length(body: BodyTerms) -> int:
    """The approximate length of a body. A condition that singles out one model costs more than any table."""
    chains = [*(b.chain for b in body.bindings), *body.results, *(body.training or ())]
    return sum(map(weight, chains)) + 20 * _conditions(body)


def _conditions(body: BodyTerms) -> int:
    """The number of parts that some models lack."""
    return sum(isinstance(t, GuardTerm) and isinstance(t.condition, OpenValue) for t in walk_terms(body))
