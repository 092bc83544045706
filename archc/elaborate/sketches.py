"""Choosing the arguments that a bare layer such as `Conv` omits, by the op's rule (docs/language.md, Sketches)."""

from __future__ import annotations

from archc.diagnostics.problems.structure import SketchChoice
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.elaborate.values import Binding
from archc.ir.expr import const
from archc.ir.op import Op, Sketch
from archc.ir.types import TensorType, Types
from archc.syntax import tree


def choose(
    state: ExpansionState,
    site: ExpansionContext,
    kind: type[Op],
    use: tree.Use,
    bound: dict[str, tuple[Binding, bool]],
    xs: Types,
) -> bool:
    """Choose the required arguments that a bare term omits, and report them. False if an unknown type prevents it."""
    missing = [n for n, f in kind.model_fields.items() if f.is_required() and n not in bound]
    if not missing:
        return True
    previous, pooled = _last(state, kind)
    if not all(x.is_known for x in (*xs, *((previous,) if previous else ()))):
        return False
    given = Sketch(
        previous=previous.channels if previous else None,
        pooled=pooled,
        last=id(use) in state.last_of_kind(),
        classes=state.classes or (10 if xs[0].elements and _is_small(state) else 1000),
        input=xs[0],
    )
    chosen = kind.sketch(given)
    for name in missing:
        if name in chosen:
            value = chosen[name]
            assert isinstance(value, int | float | str | bool)
            bound[name] = (Binding(value, const(value), use.span), False)
            problem = SketchChoice(what=f"`{name}` of {kind.kind()}", value=str(value))
            state.report(problem, use.name_span, site)
    return True


def _is_small(state: ExpansionState) -> bool:
    """Whether the input has the size of a handwritten digit rather than of a photograph."""
    shape = state.draft.nodes[0].types[0]
    return shape.elements <= 3 * 64 * 64


def _last(state: ExpansionState, kind: type[Op]) -> tuple[TensorType | None, bool]:
    """The output of the last layer of this kind, None without one, and whether a pooling came after it."""
    pooled = False
    for node in reversed(state.draft.nodes):
        for layer in reversed(state.stand_ins.get(node.index, (node,))):
            if layer.op.pools:
                pooled = True
            elif type(layer.op) is kind:
                return layer.types[0], pooled
    return None, False
