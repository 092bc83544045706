"""The input of a model: where its shape is stated, and the report if it is stated nowhere."""

from __future__ import annotations

from archc.diagnostics.core import ErrorSentinel, Label
from archc.diagnostics.problems.parameters import WrongType
from archc.diagnostics.problems.structure import NoInput, SecondInput
from archc.diagnostics.source import Span
from archc.elaborate.layers import WrittenTerm, build, place
from archc.elaborate.options import Options
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.elaborate.values import Binding, DefinitionRef, Env, Poisoned, Value
from archc.ir.arguments import LARGEST
from archc.ir.expr import lift
from archc.ir.hole import Hole
from archc.ir.network import Ref
from archc.ir.op import Op
from archc.syntax import tree
from archc.syntax.walk import uses


def place_input(
    state: ExpansionState, site: ExpansionContext, lineage: tuple[DefinitionRef, ...], options: Options
) -> Ref:
    """Place the input in the network: from outside, from a variant, or from the model."""
    before = state.reporter.errors
    op, span = _input(state, site, lineage, options) or (
        Hole.model_construct(name="input", text="input"),
        site.scope.span,
    )
    placed = place(state, site, op, (), WrittenTerm(span, span), implicit=True)
    state.draft.nodes[0].wrong = state.reporter.errors > before
    site.scope.children.clear()
    site.scope.counts.clear()
    site.scope.pure = True
    return placed.refs[0]


def _input(
    state: ExpansionState, site: ExpansionContext, lineage: tuple[DefinitionRef, ...], options: Options
) -> tuple[Op, Span] | None:
    """The op of the input, and where its shape is stated; None if it is unknown."""
    model = lineage[-1].tree
    assert isinstance(model, tree.ModelDef)
    stated: list[tuple[tree.InputStatement, ExpansionContext]] = []
    for level in lineage[:-1]:
        assert isinstance(level.tree, tree.Variant)
        members = [m for m in level.tree.members if isinstance(m, tree.InputStatement)]
        stated.extend((m, site.inside(Env(level.home))) for m in members)
    own = [s for s in model.body.statements if isinstance(s, tree.InputStatement)]
    stated.extend((s, site) for s in own)
    for second in own[1:]:
        labels = (Label(own[0].span, "it is stated here first"),)
        state.reporter.add(SecondInput(name=model.name.name), second.span, labels=labels, frame=site.frame)
    span = stated[0][0].shape.span if stated else model.name.span
    if options.input is not None:
        dims: Value | ErrorSentinel = options.input
    elif stated:
        dims = state.value(stated[0][0].shape, stated[0][1])
    elif lineage[0].tree.name.span == model.span:
        dims = (3, 224, 224)
    else:
        if model.body.complete:
            _report_no_input(state, model, site)
        return None
    if isinstance(dims, ErrorSentinel):
        return None
    dims = (dims,) if type(dims) is int else dims
    if not isinstance(dims, tuple) or not dims or not all(type(d) is int and 0 < d <= LARGEST for d in dims):
        state.report(WrongType(what="`input`", found="this; write a shape such as 3x224x224"), span, site)
        return None
    kind = next(op for op in state.kinds.values() if op.inputs == (0, 0))
    op = build(state, site, kind, {"shape": (Binding(dims, lift(dims), span), True)}, WrittenTerm(span, span))
    return None if isinstance(op, ErrorSentinel) else (op, span)


def _report_no_input(state: ExpansionState, model: tree.ModelDef, site: ExpansionContext) -> None:
    """Report a model without an input. The advice depends on layers and blocks that try to state it."""
    import re

    from archc.syntax.foreign.definitions import as_shape
    from archc.syntax.unparse import expression as expression_text

    if isinstance(site.env.find("input"), Poisoned):
        return  # an input outside of the model has been reported
    name = model.name.name
    span, advice = model.name.span, ""
    if (stated := next((p for p in model.parameters if p.name.startswith("input")), None)) is not None:
        shape = expression_text(stated.default) if isinstance(stated.default, tree.Shape) else "3x224x224"
        span, advice = stated.span, f"what comes in is no parameter but a statement of the body: `input {shape}`"
    for use in uses(model.body):
        defined = state.meaning(use, site.env)
        if use.name.lower() in ("input", "inputlayer"):
            arguments = expression_text(use.arguments[0].value) if use.arguments else "3x224x224"
            if 2 <= len(numbers := re.findall(r"\d+", arguments)) <= 4:
                arguments = as_shape(numbers)
            span, advice = use.name_span, f"`{use.name}` is a statement, before the chain: `input {arguments}`"
            break
        block = defined.tree if isinstance(defined, DefinitionRef) else None
        if isinstance(block, tree.Block) and any(isinstance(s, tree.InputStatement) for s in block.body.statements):
            return  # an input inside of a block has been reported
    state.reporter.add(NoInput(name=name, advice=advice), span, frame=site.frame)
