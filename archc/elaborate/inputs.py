"""The inputs of a model: where their shapes are stated, and the report if there is none."""

from __future__ import annotations

from archc.diagnostics.core import ErrorSentinel
from archc.diagnostics.problems.inputs import NoInput, NoSuchInput
from archc.diagnostics.problems.parameters import WrongType
from archc.diagnostics.source import Span
from archc.elaborate.layers import WrittenTerm, build, place
from archc.elaborate.options import Options
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.elaborate.values import Binding, DefinitionRef, Env, Poisoned, Value, data_of
from archc.ir.arguments import LARGEST
from archc.ir.expr import lift
from archc.ir.hole import Hole
from archc.ir.network import Ref
from archc.ir.op import Op
from archc.support.record import Record
from archc.syntax import tree
from archc.syntax.walk import uses, walk


def place_inputs(
    state: ExpansionState, site: ExpansionContext, lineage: tuple[DefinitionRef, ...], options: Options
) -> tuple[Ref, ...]:
    """Place the inputs in the network, in the order in which the model states them."""
    model = lineage[-1].tree
    assert isinstance(model, tree.ModelDef)
    before = state.reporter.errors
    stated = _stated(state, site, lineage, options)
    refs: list[Ref] = []
    for name in [n.name for n in model.over] or [""]:
        op, span = _input(state, site, name, stated.get(name)) or (
            Hole.model_construct(name="input", text="input"),
            site.scope.span,
        )
        refs += place(state, site, op, (), WrittenTerm(span, span), implicit=True).refs
        state.draft.nodes[-1].wrong, before = state.reporter.errors > before, state.reporter.errors
    site.scope.children.clear()
    site.scope.counts.clear()
    site.scope.pure = not model.over
    return tuple(refs)


class _Stated(Record):
    """The shape of an input: an expression and its place, or sizes from outside."""

    span: Span
    shape: tree.Expression | tuple[int, ...]
    site: ExpansionContext


def _stated(
    state: ExpansionState, site: ExpansionContext, lineage: tuple[DefinitionRef, ...], options: Options
) -> dict[str, _Stated]:
    """The shape of each input by name: from outside, from a variant, or from the model."""
    model = lineage[-1].tree
    assert isinstance(model, tree.ModelDef)
    names = tuple(n.name for n in model.over)
    found: dict[str, _Stated] = {}

    def state_(name: str, stated: _Stated) -> None:
        given = names[0] if not name and len(names) == 1 else name
        if given in (names or ("",)):
            found[given] = stated
        else:
            state.report(NoSuchInput(model=model.name.name, name=name, known=names), stated.span, site)

    for own in reversed(model.inputs):
        state_(own.name.name if own.name else "", _Stated(own.shape.span, own.shape, site))
    for level in reversed(lineage[:-1]):
        assert isinstance(level.tree, tree.Variant)
        here = site.inside(Env(level.home))
        for member in level.tree.members:
            if isinstance(member, tree.InputStatement):
                name = member.name.name if member.name else ""
                state_(name, _Stated(member.shape.span, member.shape, here))
    if not found and lineage[0].tree.name.span == model.span:
        found[""] = _Stated(model.name.span, (3, 224, 224), site)
    for name, dims in options.inputs:
        span = found[name].span if name in found else model.name.span
        state_(name, _Stated(span, dims, site))
    if not found and model.body.complete:
        _report_no_input(state, model, site)
    return found


def _input(state: ExpansionState, site: ExpansionContext, name: str, stated: _Stated | None) -> tuple[Op, Span] | None:
    """The op of an input, and where its shape is stated; None if it is unknown."""
    if stated is None:
        return None
    span = stated.span
    dims = stated.shape if isinstance(stated.shape, tuple) else state.value(stated.shape, stated.site)
    if isinstance(dims, ErrorSentinel):
        return None
    dims = (dims,) if type(dims) is int else dims
    if not isinstance(dims, tuple) or not dims or not all(type(d) is int and 0 < d <= LARGEST for d in dims):
        state.report(WrongType(what="`input`", found="this; write a shape such as 3x224x224"), span, site)
        return None
    kind = next(op for op in state.kinds.values() if op.inputs == (0, 0))
    given: dict[str, Value] = {"shape": dims, **({"name": name} if name else {})}
    bound = {n: (Binding(v, lift(data_of(v)), span), True) for n, v in given.items()}
    op = build(state, site, kind, bound, WrittenTerm(span, span))
    return None if isinstance(op, ErrorSentinel) else (op, span)


def _report_no_input(state: ExpansionState, model: tree.ModelDef, site: ExpansionContext) -> None:
    """Report a model without an input. The advice depends on layers and blocks that try to state it."""
    import re

    from archc.syntax.foreign.definitions import as_shape
    from archc.syntax.unparse import expression as expression_text

    if isinstance(site.env.find("input"), Poisoned) or any(isinstance(n, tree.InputStatement) for n, _ in walk(model)):
        return  # an input outside of the model, or in an `if`, has been reported
    name = model.name.name
    span, advice = model.name.span, ""
    if (stated := next((p for p in model.parameters if p.name.startswith("input")), None)) is not None:
        shape = expression_text(stated.default) if isinstance(stated.default, tree.Shape) else "3x224x224"
        span, advice = stated.span, f"the input is a statement of the body, not a parameter: `input {shape}`"
    for use in uses(model.body):
        defined = state.meaning(use, site.env)
        if use.name.lower() in ("input", "inputlayer"):
            arguments = ", ".join(expression_text(a.value) for a in use.arguments or ()) or "3x224x224"
            if 2 <= len(numbers := re.findall(r"\d+", arguments)) <= 4:
                arguments = as_shape(numbers)
            span, advice = use.name_span, f"`{use.name}` is a statement, before the chain: `input {arguments}`"
            break
        block = defined.tree if isinstance(defined, DefinitionRef) else None
        if isinstance(block, tree.Block) and any(isinstance(s, tree.InputStatement) for s in block.body.statements):
            return  # an input inside of a block has been reported
    state.reporter.add(NoInput(name=name, advice=advice), span, frame=site.frame)
