"""Declarations of models and variants other than layers: `init` rules, facts, expectations, docstrings, parameters."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from archc.diagnostics.core import ErrorSentinel
from archc.elaborate.bind import Binder
from archc.elaborate.bindings import BindingScope
from archc.elaborate.expressions import Evaluator
from archc.elaborate.library import Compilation
from archc.elaborate.positions import Unbound
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.elaborate.values import Binding, DefinitionRef, Env, data_of
from archc.ir.data import Data
from archc.ir.definition import BoundDefinition, BoundParameter, Statement
from archc.ir.expr import Lambda, Var
from archc.ir.network import FactValue, Initialisation
from archc.resolve import Module
from archc.support.record import Record
from archc.syntax import tree
from archc.syntax.walk import walk

INITIALISERS = (
    "constant", "kaiming_normal", "kaiming_uniform", "normal", "ones", "orthogonal", "trunc_normal", "uniform",
    "xavier_normal", "xavier_uniform", "zeros",
)  # fmt: skip
"""The functions of `torch.nn.init` that an `init` rule may name, without the trailing underscore."""


class Expectation(Record):
    """An `expect` of a variant, to be compared with the counts."""

    condition: tree.Expression
    env: Env


def holds(expectation: Expectation, facts: Mapping[str, int], library: Compilation) -> bool | ErrorSentinel:
    """Whether an expectation is true when its names have these values."""
    env = Env(expectation.env)
    for name, value in facts.items():
        env.names[name] = Binding(value, Var(name=name), expectation.condition.span)
    evaluator = Evaluator(env, library.reporter, library.budget, None, lambda _: None, library.meaning)
    outcome = evaluator.value(expectation.condition)
    return outcome if isinstance(outcome, ErrorSentinel) else bool(outcome)


def names_in(expression: tree.Expression) -> frozenset[str]:
    """The names that occur in an expression."""
    return frozenset(n.name for n, _ in walk(expression) if isinstance(n, tree.Name))


def initialisations(
    state: ExpansionState, module: Module, model: tree.ModelDef, site: ExpansionContext
) -> tuple[Initialisation, ...]:
    """The `init` rules of a model and its file.

    Those of the model come later and take precedence. Errors are reported.
    """
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
                if not isinstance(value, ErrorSentinel):
                    arguments.append((argument.name or "", data_of(value)))
            weight = init.weight or "weight"
            found[kind.kind(), weight] = Initialisation(
                kind=kind.kind(), weight=weight, function=init.function, arguments=tuple(arguments)
            )
    return tuple(found.values())


def facts_of(
    state: ExpansionState, lineage: tuple[DefinitionRef, ...]
) -> tuple[tuple[FactValue, ...], tuple[Expectation, ...]]:
    """The facts and expectations of a variant. Those of its base variants are about other networks."""
    defined = lineage[0]
    if not isinstance(defined.tree, tree.Variant):
        return (), ()
    facts: list[FactValue] = []
    expectations: list[Expectation] = []
    evaluator = Evaluator(defined.home, state.reporter, state.budget, None, state.type_of, state.library.meaning)
    for member in defined.tree.members:
        match member:
            case tree.Fact():
                value = evaluator.value(member.value)
                if not isinstance(value, ErrorSentinel):
                    facts.append(FactValue(name=member.name.name, value=data_of(value), span=member.span))
            case tree.Expect():
                expectations.append(Expectation(member.condition, defined.home))
    return tuple(facts), tuple(expectations)


def definitions(state: ExpansionState, model: DefinitionRef) -> Definitions:
    """The model, the blocks that it may use, and the `fn`s that they call."""
    functions: dict[str, Lambda] = {}
    merges = {op.merge: op.kind() for op in state.kinds.values() if op.merge is not None}
    known: dict[str, DefinitionRef] = {}
    found: dict[str, BoundDefinition] = {}
    named: dict[int, str] = {}
    library = state.library

    def block(defined: DefinitionRef) -> str:
        return state.definition(defined)

    waiting, seen = [(model.name, model)], 0
    while waiting:
        name, defined = waiting.pop()
        binder = Binder(
            state.kinds.get, library.meaning, block, library.is_number, merges, functions, known=known, named=named
        )
        found[name if defined is not model else f"model {name}"] = _definition(name, defined, binder)
        new = islice(reversed(state.definitions.items()), len(state.definitions) - seen)  # met in this definition
        waiting.extend(reversed(list(new)))
        seen = len(state.definitions)
    return Definitions(tuple(found.values()), tuple(functions.values()))


class Definitions(Record):
    """Definitions with every name bound, and the functions that they call."""

    definitions: tuple[BoundDefinition, ...]
    functions: tuple[Lambda, ...]


def _definition(name: str, defined: DefinitionRef, binder: Binder) -> BoundDefinition:
    what = defined.tree
    assert isinstance(what, tree.Block | tree.ModelDef)
    body: tuple[Statement, ...] | None = None
    parameters = [BoundParameter(name=p.name, default=None) for p in what.parameters]
    try:
        body, _ = binder.definition(what, defined.home)
        names = BindingScope(defined.home)
        for i, p in enumerate(what.parameters):
            if p.default is not None:
                parameters[i] = BoundParameter(name=p.name, default=binder.expr(p.default, names))
            names.values[p.name] = Var(name=p.name)
    except Unbound:
        body = None
    return BoundDefinition(
        name=name,
        called=defined.name,
        kind="block" if isinstance(what, tree.Block) else "model",
        doc=doc_of(what),
        parameters=tuple(parameters),
        over=tuple(n.name for n in what.over),
        span=what.name.span,
        body=body,
        tensors=tuple(binder.tensors),
        rest=isinstance(what, tree.Block) and what.rest,
    )


def doc_of(what: tree.Declared) -> str:
    """The docstring of a declaration; empty without one."""
    doc = what.doc if isinstance(what, tree.Variant) else getattr(getattr(what, "body", None), "doc", None)
    return str(doc.value) if doc is not None else ""
