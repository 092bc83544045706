"""Windows and widths that do not fit their inputs."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from archc.diagnostics.core import Reporter
from archc.diagnostics.problems.warnings.base import Warned
from archc.diagnostics.problems.warnings.layers import UnfriendlyChannels
from archc.diagnostics.problems.warnings.sizes import LostRows, MostlyPadding, NarrowView
from archc.diagnostics.source import Span
from archc.ir.network import Network
from archc.ir.op import Op
from archc.ir.types import TensorType
from archc.ir.window import Sizes, Window
from archc.lint.alike import Alike
from archc.lint.trail import frame_of

_FRIENDLY = 8


def doubtful_sizes(network: Network, layers: Alike, reporter: Reporter, but: Collection[Span] = ()) -> None:
    """Report layers, except at some places, whose windows or channels do not fit their inputs."""
    for nodes in layers:
        first = nodes[0]
        if first.span not in but:
            for problem in _doubts(first.op, network.type_of(first.inputs[0]), first.types[0]):
                for node in nodes:
                    reporter.add(problem, node.span, frame=frame_of(network, node))


def _doubts(op: Op, x: TensorType, y: TensorType) -> Iterator[Warned]:
    channels = op.family == "conv" and y.channels % _FRIENDLY and y.channels != x.channels
    if channels:
        yield UnfriendlyChannels(channels=y.channels)
    window = _window(op, x, y)
    if window is None:
        return
    reach, stride, pad, _ = window
    if any(r > max(sizes) for r, *sizes in zip(reach, x.space, y.space, strict=True)):  # what enlarges pads nothing
        yield MostlyPadding(kind=op.kind(), kernel=reach, input=x.dims)
    elif any(s != 1 for s in stride):
        read = [(n - 1) * s + r - p for n, s, r, p in zip(y.space, stride, reach, pad, strict=True)]
        lost = tuple(max(0, n - end) for n, end in zip(x.space, read, strict=True))
        if any(lost):
            yield LostRows(kind=op.kind(), lost=lost)


def _window(op: Op, x: TensorType, y: TensorType) -> Window | None:
    """The window of a layer that has a kernel and was given a stride; None for any other."""
    sized = isinstance(getattr(op, "kernel", None), tuple) and isinstance(getattr(op, "stride", None), tuple)
    return op.window((x,), (y,)) if sized else None


def narrow_view(network: Network, file: str, reporter: Reporter) -> None:
    """Report the last image of a network if none of its pixels has seen the whole input."""
    start = network.type_of(network.inputs[0])
    if not start.axes or len(network.inputs) > 1:
        return
    ones = (1,) * start.axes
    seen: list[tuple[Sizes, Sizes]] = []
    last: int | None = None
    for number, node in enumerate(network.nodes):
        before = [seen[ref.node] for ref in node.inputs] or [(ones, ones)]
        field = tuple(map(max, zip(*(f for f, _ in before), strict=True)))
        jump = tuple(map(max, zip(*(j for _, j in before), strict=True)))
        x = network.type_of(node.inputs[0]) if node.inputs else start
        if (window := _window(node.op, x, node.types[0])) is not None:
            reach, stride = window.reach, window.stride
            field = tuple(f + (r - 1) * j for f, r, j in zip(field, reach, jump, strict=True))
            jump = tuple(j * s for j, s in zip(jump, stride, strict=True))
            last = number
        elif node.types[0].places == 1:
            field = start.space
        seen.append((field, jump))
    if last is None:
        return
    node, (field_, _) = network.nodes[last], seen[last]
    if node.span.file == file and any(f < n for f, n in zip(field_, start.space, strict=True)):
        reporter.add(NarrowView(field=field_, input=start.dims), node.span, frame=frame_of(network, node))
