"""Layers that are legal but implausible where they are."""

from __future__ import annotations

from collections.abc import Collection

from archc.diagnostics.core import Edit, Label, Reporter
from archc.diagnostics.problems.warnings.names import UnreadTensor
from archc.diagnostics.problems.warnings.unlikely import LargeStride, LastAxis, SoftmaxOfOne
from archc.diagnostics.source import Frame, Span
from archc.ir.network import Network, Node
from archc.ir.types import TensorType
from archc.ir.window import Window
from archc.lint.alike import Alike
from archc.lint.trail import frame_of, inherited

_FAR = 8
"""A stride of at least this that exceeds its kernel is implausible."""
_TURNS = ("Permute", "Reshape", "Windows")


def unlikely_layers(network: Network, layers: Alike, reporter: Reporter, but: Collection[Span] = ()) -> None:
    """Report layers, those at some places aside, that work on other numbers than it seems."""
    turned = inherited(network, _turns, False)
    for nodes in layers:
        first = nodes[0]
        if first.span in but:
            continue
        x, kind = network.type_of(first.inputs[0]), first.op.kind()
        if x.axes > 1 and (kind == "Linear" or getattr(first.op, "over", "") == "last"):
            problem = LastAxis(kind=kind, input=x.dims, width=int(getattr(first.op, "width", 0)))
            edits = (Edit(first.span._replace(end=first.span.start + len(kind)), "FC"),) if kind == "Linear" else ()
            for node in nodes:
                if not turned[node.inputs[0].node]:
                    reporter.add(problem, node.span, frame=frame_of(network, node), edits=edits)
        elif (
            kind in ("SM", "LogSoftmax") and x.dims[-1 if (last := getattr(first.op, "over", "") == "last") else 0] == 1
        ):
            single = SoftmaxOfOne(kind=kind, input=x.dims, last=last)
            for node in nodes:
                edits = (Edit(node.span, single.replacement()),)
                reporter.add(single, node.span, frame=frame_of(network, node), edits=edits)
        elif (window := _far(network, first, x)) is not None:
            for node in nodes:
                frame = frame_of(network, node)
                labels = (Label(frame.span, "with these arguments"),) if frame is not None else ()
                reporter.add(_stride(node, window, x, frame), node.span, labels=labels, frame=frame)


def unread_inputs(network: Network, file: str, reporter: Reporter) -> None:
    """Report each of several inputs that no layer reads."""
    read = {ref for node in network.nodes for ref in node.inputs} | {*network.outputs, *network.training_outputs}
    for ref in network.inputs:
        start = network.nodes[ref.node]
        if len(network.inputs) > 1 and ref not in read and start.span.file == file:
            reporter.add(UnreadTensor(name=getattr(start.op, "name", "")), start.span)


def _turns(node: Node) -> bool | None:
    """Whether a layer reorders the axes explicitly; a convolution or pooling makes an image again."""
    return True if node.op.kind() in _TURNS else False if node.op.family in ("conv", "pool") else None


def _far(network: Network, node: Node, x: TensorType) -> Window | None:
    """The window of a layer that looks at one place of its image alone."""
    window = node.op.window(network.input_types(node), node.types) if node.op.family in ("conv", "pool") else None
    if window is None or node.op.kind() == "ConvTranspose" or max(x.space, default=1) == 1:
        return None
    if any(s < max(_FAR, n) or s <= 2 * k for s, n, k in zip(window.stride, x.space, window.reach, strict=True)):
        return None
    return window


def _stride(node: Node, window: Window, x: TensorType, frame: Frame | None) -> LargeStride:
    """The problem of a layer that looks at one place of its image alone."""
    given = frame.arguments if frame is not None else ()
    channels = node.types[0].dims[0]
    numbers = [value for _, value in given if type(value) is int]
    call = ""
    if frame is not None and numbers[:2] == [channels, window.stride[0]] and len(numbers) == len(given):
        call = f"{frame.callee}({', '.join(map(str, (numbers[1], numbers[0], *numbers[2:])))})"
    return LargeStride(kind=node.op.kind(), kernel=window.reach, stride=window.stride, input=x.dims, call=call)
