"""The origin of sizes: the layers that determined the channels, rows and columns of tensors that do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from archc.diagnostics.core import Label
from archc.diagnostics.problems.branches import CannotConcat, MergeMismatch
from archc.diagnostics.problems.shapes import KernelTooLarge, WantsImage
from archc.elaborate.draft import NodeDraft
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.ir.network import Ref
from archc.ir.types import TensorType
from archc.support.record import replace

_MOST = 3
"""The maximum number of layers to mark on each path."""

_GLOBAL = frozenset({"GAPool", "GMPool", "AdaptiveAPool", "AdaptiveMPool"})
"""Layers whose images have the same size for any larger input."""
_SHORT = 40
"""The maximum length of a layer that is shown as written."""

Mismatch = MergeMismatch | CannotConcat

_TURNS = ("Tokens", "Windows", "Permute")
"""Layers whose first axis is not that of the channels."""


def sizes(
    state: ExpansionState, problem: Mismatch, refs: tuple[Ref, ...], site: ExpansionContext
) -> tuple[Mismatch, list[Label]]:
    """`problem` with input sizes that fit, and the layers that changed the size on the two paths."""
    index = getattr(problem.at, "index", 1)
    ways = [list(_way(state, refs[i])) for i in (0, index)]
    shared = {n.index for n in ways[0]} & {n.index for n in ways[1]}
    labels: list[Label] = []
    apart: list[list[NodeDraft]] = []
    for way, ref in zip(ways, (refs[0], refs[index]), strict=True):
        own = [n for n in way if n.index not in shared]
        changing = [n for n in own if _resizes(state, n)]
        apart.append(changing)
        for changed in reversed(changing[:_MOST]):
            labels += [Label(changed.span, _change(state, changed)), *called(state, changed, site)]
        if not changing:
            node = next((n for n in way if not n.inputs or _resizes(state, n)), None)
            if node is not None:
                labels.append(Label(node.span, f"{_shape(state.draft.type_of(ref))} comes from here"))
    return replace(
        problem, advice=_inputs(state, ways) or _even(state, ways, problem) or _uneven(state, ways, apart)
    ), labels


def shrunk(
    state: ExpansionState, problem: KernelTooLarge, ref: Ref, site: ExpansionContext
) -> tuple[KernelTooLarge, list[Label]]:
    """`problem` with an input size that is large enough, and the layers that made the image so small."""
    way = [node for node in _way(state, ref) if _resizes(state, node)]
    labels: list[Label] = []
    for node in reversed(way[:_MOST]):
        labels += [Label(node.span, _change(state, node)), *called(state, node, site)]
    if problem.knows():
        return problem, labels
    return replace(problem, advice=_larger(state, problem, way)), labels


def _larger(state: ExpansionState, problem: KernelTooLarge, way: list[NodeDraft]) -> str:
    """A change that makes the image large enough: no `pad=0`, moving a misplaced layer, or a larger input."""
    pads = zip(problem.padded, problem.input[1:], strict=True)
    need = [reach - pad + size for reach, (pad, size) in zip(problem.reach, pads, strict=True)]
    for node in way:
        window = node.op.window(tuple(map(state.draft.type_of, node.inputs)), node.types)
        if window is None or node.op.kind() in _GLOBAL:
            small = f"`{_written(state, node)}` makes the image {_shape(node.types[0])}"
            return f"{small}: put {problem.kind} before it, or leave it out"
        axes = zip(need, window.reach, window.stride, window.pad, window.scale, strict=True)
        need = [(n - 1) * stride // scale + reach - 2 * pad for n, reach, stride, pad, scale in axes]
    start = state.draft.nodes[0].types[0]
    would = "x".join(map(str, (start.channels, *map(max, need, start.dims[1:]))))
    if problem.kind in ("Conv", "DWConv") and problem.padded == problem.input[1:]:
        return f"leave out `pad=0`, and the image keeps its size; or take an input of at least {would}"
    smaller = "a pooling" if any(node.op.pools for node in way) else "a layer"
    rest = f"use a smaller kernel, or leave out {smaller} before it"
    return f"the input would have to be at least {would}; or {rest}"


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


def _resizes(state: ExpansionState, node: NodeDraft) -> bool:
    """Whether a layer changes the number of rows or columns."""
    return bool(node.inputs) and _size(state, node.inputs[0]) != node.types[0].dims[1:]


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
        if isinstance(kernel, tuple) and kernel[0] % 2 == 0 and _resizes(state, node):
            why = f"an even kernel makes an image smaller by one: {kernel[0] - 1} or {kernel[0] + 1} keep its size"
            return f"{why}, as in `{node.op.kind()}(…, {kernel[0] + 1})`" if node.op.kind() == "Conv" else why
    return ""


def _uneven(state: ExpansionState, ways: list[list[NodeDraft]], apart: list[list[NodeDraft]]) -> str:
    """Advice if one branch reduces the size once more than the other: by a convolution without padding, or a stride.

    `ways`: the layers on each path. `apart`: those that change the size and are not on the other path.
    """
    every = {node.index: node for way in apart for node in way}
    unpadded = {node.index for way in ways for node in way if _is_unpadded(state, node)}
    if every.keys() == unpadded != set():  # others without padding would mean that none is wanted
        wrong = _written(state, next(iter(every.values())))
        return f"a convolution keeps the size of the image if it is padded: leave `pad` out of `{wrong}`"
    less, more = sorted(apart, key=lambda way: prod(_stride(n, 0) for n in way))
    factors = [prod(_stride(n, 0) for n in way) for way in (less, more)]
    again = [n for n in more if _stride(n, 0) * factors[0] == factors[1] > factors[0] and _is_given(n, "stride")]
    if len(more) > len(less) > 0 and again:
        return f"`{_written(state, again[0])}` strides once more than the other branch: leave its stride out"
    return ""


def _is_unpadded(state: ExpansionState, node: NodeDraft) -> bool:
    """Whether a layer changes the size only because of the padding that is written in it."""
    kernel = getattr(node.op, "kernel", None)
    odd = isinstance(kernel, tuple) and all(k % 2 for k in kernel)
    alone = odd and not node.op.pools and _stride(node, 0) == _stride(node, 1) == 1
    return alone and _is_given(node, "pad") and _resizes(state, node)


def _is_given(node: NodeDraft, name: str) -> bool:
    """Whether an argument is written in the term."""
    return any(argument.name == name and argument.given for argument in node.arguments)


def misplaced(state: ExpansionState, problem: WantsImage, ref: Ref) -> WantsImage:
    """`problem` with the layer that makes a vector of an image."""
    node = state.draft.nodes[ref.node]
    while node.inputs and state.draft.type_of(node.inputs[0]).dims == problem.input:
        node = state.draft.nodes[node.inputs[0].node]
    if not node.inputs:
        return problem
    return replace(problem, maker=_written(state, node))


def _written(state: ExpansionState, node: NodeDraft) -> str:
    """A layer as written, without its label."""
    text = state.library.resolved.modules[node.span.file].source.snippet(node.span)
    return text if len(text) <= _SHORT and "\n" not in text else node.op.kind()


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
        text = f"{node.types[0]} is made here" if node.op.kind() in _TURNS else f"{type_.channels} {unit} {verb} here"
        yield Label(node.span, text)
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
