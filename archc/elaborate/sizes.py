"""The origin of sizes: the layers that determined the channels, rows and columns of tensors that do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from archc.diagnostics.core import Label
from archc.diagnostics.problems.branches import CannotConcat, MergeMismatch
from archc.elaborate.draft import NodeDraft
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.ir.network import Ref
from archc.ir.types import TensorType
from archc.support.record import replace

_MOST = 3
"""The maximum number of layers to mark on each path."""

Mismatch = MergeMismatch | CannotConcat


def sizes(
    state: ExpansionState, problem: Mismatch, refs: tuple[Ref, ...], site: ExpansionContext
) -> tuple[Mismatch, list[Label]]:
    """`problem` with input sizes that fit, and the layers that changed the size on the two paths."""
    index = getattr(problem.at, "index", 1)
    ways = [list(_way(state, refs[i])) for i in (0, index)]
    shared = {n.index for n in ways[0]} & {n.index for n in ways[1]}
    labels: list[Label] = []
    for way, ref in zip(ways, (refs[0], refs[index]), strict=True):
        own = [n for n in way if n.index not in shared]
        changing = [n for n in own if n.inputs and _size(state, n.inputs[0]) != n.types[0].dims[1:]]
        for changed in reversed(changing[:_MOST]):
            labels += [Label(changed.span, _change(state, changed)), *called(state, changed, site)]
        if not changing:
            node = next((n for n in way if not n.inputs or _size(state, n.inputs[0]) != n.types[0].dims[1:]), None)
            if node is not None:
                labels.append(Label(node.span, f"{_shape(state.draft.type_of(ref))} comes from here"))
    return replace(problem, advice=_inputs(state, ways) or _even(state, ways, problem)), labels


def _way(state: ExpansionState, ref: Ref) -> Iterator[NodeDraft]:
    """The nodes from a tensor back to the input, along the first input of each."""
    node = state.draft.nodes[ref.node]
    yield node
    while node.inputs:
        node = state.draft.nodes[node.inputs[0].node]
        yield node


def _size(state: ExpansionState, ref: Ref) -> tuple[int, ...]:
    return state.draft.type_of(ref).dims[1:]


def _shape(type_: TensorType) -> str:
    return "x".join(map(str, type_.dims[1:]))


def _change(state: ExpansionState, node: NodeDraft) -> str:
    return f"{_shape(state.draft.type_of(node.inputs[0]))} becomes {_shape(node.types[0])} here"


def _inputs(state: ExpansionState, ways: list[list[NodeDraft]]) -> str:
    """Input sizes that fit, if a stride has rounded a size that is doubled again later."""
    start = state.draft.nodes[0].types[0]
    if not start.is_image or not any(n.op.kind() == "Upsample" for way in ways for n in way):
        return ""
    for axis, name in ((0, "rows"), (1, "columns")):
        size = start.dims[1 + axis]
        strided = [[n for n in way if n.inputs and _stride(n, axis) > 1] for way in ways]
        rounds = any(_size(state, n.inputs[0])[axis] % _stride(n, axis) for way in strided for n in way)
        factor = max(prod(_stride(n, axis) for n in way) for way in strided)
        if rounds and size % factor:
            below, above = size // factor * factor, -(-size // factor) * factor
            would = f"{below} or {above}" if below else f"{above}"
            return f"{size} {name} are not divisible by {factor}: an input of {would} would do"
    return ""


def _stride(node: NodeDraft, axis: int) -> int:
    """The stride of a layer; for a pooling without one, its kernel."""
    stride = getattr(node.op, "stride", None) or (getattr(node.op, "kernel", None) if node.op.pools else None)
    return stride[axis] if isinstance(stride, tuple) else 1


def _even(state: ExpansionState, ways: list[list[NodeDraft]], problem: Mismatch) -> str:
    """The effect of an even kernel, if two sizes differ by the row that it removes."""
    if any(abs(a - b) != 1 for a, b in zip(problem.first[1:], problem.other[1:], strict=True)):
        return ""
    for node in (n for way in ways for n in way if n.inputs and _stride(n, 0) == 1 and not n.op.pools):
        kernel = getattr(node.op, "kernel", None)
        if isinstance(kernel, tuple) and kernel[0] % 2 == 0 and _size(state, node.inputs[0]) != node.types[0].dims[1:]:
            why = f"an even kernel makes an image smaller by one: {kernel[0] - 1} or {kernel[0] + 1} keep its size"
            return f"{why}, as in `{node.op.kind()}(…, {kernel[0] + 1})`" if node.op.kind() == "Conv" else why
    return ""


def made(state: ExpansionState, refs: Iterable[Ref], site: ExpansionContext) -> Iterator[Label]:
    """The layers that determined the channels of each tensor: the last that changed them."""
    draft = state.draft
    for ref in refs:
        type_ = draft.type_of(ref)
        node = draft.nodes[ref.node]
        while node.inputs and draft.type_of(node.inputs[0]).channels == type_.channels and len(node.types) == 1:
            node = draft.nodes[node.inputs[0].node]
        unit = "channels" if type_.axes else "features"
        verb = "are made" if node.inputs else "come in"
        yield Label(node.span, f"{type_.channels} {unit} {verb} here")
        yield from called(state, node, site)


def called(state: ExpansionState, node: NodeDraft, site: ExpansionContext) -> Iterator[Label]:
    """The call of a macro or block that contains a layer, unless it also contains the problem at `site`."""
    around = {frame.span for frame in site.frame.trail()} if site.frame is not None else set()
    expansion, call = node.expansion, None
    while expansion is not None:
        frame, expansion, _ = state.draft.expansions[expansion]
        if frame.span in around:
            break
        call = frame
    if call is not None:
        yield Label(call.span, f"it stands in `{call.call}`")
