"""What models and variants say beside their layers: `init` rules, facts, expectations, docstrings and parameters."""

from __future__ import annotations

from collections.abc import Mapping

from archc.diagnostics import Reported
from archc.elaborate.bind import Binder, Names, Unbound
from archc.elaborate.expressions import Evaluator
from archc.elaborate.layers import walk
from archc.elaborate.library import Library
from archc.elaborate.state import Site, State
from archc.elaborate.values import Bound, Defined, Env, data_of
from archc.network.data import Data
from archc.network.definition import Definition, Parameter, Statement
from archc.network.expr import Lambda, Var
from archc.network.network import Fact, Initialisation
from archc.record import Record
from archc.resolve.files import Module
from archc.syntax import tree

INITIALISERS = (
    "constant", "kaiming_normal", "kaiming_uniform", "normal", "ones", "orthogonal", "trunc_normal", "uniform",
    "xavier_normal", "xavier_uniform", "zeros",
)  # fmt: skip
"""The functions of `torch.nn.init` that an `init` rule may name, without their underscore."""


class Expectation(Record):
    """An `expect` of a variant, to be held against the counts."""

    condition: tree.Expression
    env: Env


def holds(expectation: Expectation, facts: Mapping[str, int], library: Library) -> bool | Reported:
    """Whether an expectation is true when its names stand for these counts."""
    env = Env(expectation.env)
    for name, value in facts.items():
        env.names[name] = Bound(value, Var(name=name), expectation.condition.span)
    evaluator = Evaluator(env, library.reporter, library.budget, None, lambda _: None, library.meaning)
    outcome = evaluator.value(expectation.condition)
    return outcome if isinstance(outcome, Reported) else bool(outcome)


def names_in(expression: tree.Expression) -> frozenset[str]:
    """The names that an expression mentions."""
    return frozenset(n.name for n in walk(expression) if isinstance(n, tree.Name))


def initialisations(state: State, module: Module, model: tree.Model, site: Site) -> tuple[Initialisation, ...]:
    """The `init` rules of a model and its file; the model's come later and win. Wrong ones are reported."""
    own = [s for s in model.body.statements if isinstance(s, tree.Init)]
    found: dict[tuple[str, str], Initialisation] = {}
    for init in [*module.inits, *own]:
        kind = state.kinds.get(init.kind.name)
        if kind is None:
            continue  # it has been reported
        if init.function in INITIALISERS:
            arguments: list[tuple[str, Data]] = []
            for argument in init.arguments:
                value = state.value(argument.value, site)
                if not isinstance(value, Reported):
                    arguments.append((argument.name or "", data_of(value)))
            weight = init.weight or "weight"
            found[kind.kind(), weight] = Initialisation(
                kind=kind.kind(), weight=weight, function=init.function, arguments=tuple(arguments)
            )
    return tuple(found.values())


def facts_of(state: State, lineage: tuple[Defined, ...]) -> tuple[tuple[Fact, ...], tuple[Expectation, ...]]:
    """The facts and expectations of a variant; those of the variants it builds on are about other networks."""
    defined = lineage[0]
    if not isinstance(defined.tree, tree.Variant):
        return (), ()
    facts: list[Fact] = []
    expectations: list[Expectation] = []
    evaluator = Evaluator(defined.home, state.reporter, state.budget, None, state.type_of, state.library.meaning)
    for member in defined.tree.members:
        match member:
            case tree.Fact():
                value = evaluator.value(member.value)
                if not isinstance(value, Reported):
                    facts.append(Fact(name=member.name.name, value=data_of(value), span=member.span))
            case tree.Expect():
                expectations.append(Expectation(member.condition, defined.home))
    return tuple(facts), tuple(expectations)


def definitions(state: State, model: Defined) -> Definitions:
    """The model, the blocks that it may come to, and the `fn`s that they call."""
    functions: dict[str, Lambda] = {}
    merges = {op.merge: op.kind() for op in state.kinds.values() if op.merge is not None}
    known: dict[str, Defined] = {}
    found: dict[str, Definition] = {}
    named: dict[int, str] = {}

    def block(defined: Defined) -> str:
        return state.definition(defined)

    waiting = [(model.name, model)]
    while waiting:
        name, defined = waiting.pop()
        binder = Binder(state.kinds.get, state.library.meaning, block, merges, functions, known=known, named=named)
        found[name if defined is not model else f"model {name}"] = _definition(name, defined, binder)
        waiting.extend((n, d) for n, d in state.definitions.items() if n not in found and (n, d) not in waiting)
    return Definitions(tuple(found.values()), tuple(functions.values()))


class Definitions(Record):
    """Definitions with every name bound, and the functions that they call."""

    definitions: tuple[Definition, ...]
    functions: tuple[Lambda, ...]


def _definition(name: str, defined: Defined, binder: Binder) -> Definition:
    what = defined.tree
    assert isinstance(what, tree.Block | tree.Model)
    body: tuple[Statement, ...] | None = None
    parameters = [Parameter(name=p.name, default=None) for p in what.parameters]
    try:
        body, _ = binder.definition(what, defined.home)
        names = Names(defined.home)
        for i, p in enumerate(what.parameters):
            if p.default is not None:
                parameters[i] = Parameter(name=p.name, default=binder.expr(p.default, names))
            names.values[p.name] = Var(name=p.name)
    except Unbound:
        body = None
    over = what.over if isinstance(what, tree.Block) else ()
    return Definition(
        name=name,
        called=defined.name,
        kind="block" if isinstance(what, tree.Block) else "model",
        doc=doc_of(what),
        parameters=tuple(parameters),
        over=tuple(n.name for n in over),
        span=what.name.span,
        body=body,
        tensors=tuple(binder.tensors),
    )


def doc_of(what: tree.Declared) -> str:
    """What a declaration says of itself; empty without a docstring."""
    doc = what.doc if isinstance(what, tree.Variant) else getattr(getattr(what, "body", None), "doc", None)
    return str(doc.value) if doc is not None else ""
