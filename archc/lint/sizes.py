"""Windows and widths that do not fit what they work on."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from archc.diagnostics import Reporter
from archc.lint.trail import frame_of
from archc.network.network import Network
from archc.network.op import Op
from archc.network.types import TensorType
from archc.problems.warnings import LostRows, MostlyPadding, NarrowView, UnfriendlyChannels, Warned
from archc.source import Span

Pair = tuple[int, int]
_FRIENDLY = 8


def doubtful_sizes(network: Network, file: str, reporter: Reporter, but: Collection[Span] = ()) -> None:
    """Report layers of `file`, those at some places aside, whose windows or channels do not fit what comes in."""
    known: dict[tuple[int, int, int], tuple[Warned, ...]] = {}
    for node in network.nodes:
        if node.span.file != file or node.implicit or not node.inputs or node.span in but:
            continue
        x, y = network.type_of(node.inputs[0]), node.types[0]
        same = id(node.op), id(x), id(y)  # of blocks that are alike these are the same objects
        if same not in known:
            known[same] = tuple(_doubts(node.op, x, y))
        for problem in known[same]:
            reporter.add(problem, node.span, frame=frame_of(network, node))


def _doubts(op: Op, x: TensorType, y: TensorType) -> Iterator[Warned]:
    channels = op.family == "conv" and y.channels % _FRIENDLY and y.channels != x.channels
    if channels:
        yield UnfriendlyChannels(channels=y.channels)
    window = _window(op)
    if window is None or not x.is_image:
        return
    reach, stride, pad = window
    if reach[0] > x.height or reach[1] > x.width:
        yield MostlyPadding(kind=op.kind(), kernel=reach, input=x.dims)
    elif stride != (1, 1):
        read = [(n - 1) * s + r - p for n, s, r, p in zip(y.dims[1:], stride, reach, pad, strict=True)]
        rows, columns = max(0, x.height - read[0]), max(0, x.width - read[1])
        if rows or columns:
            yield LostRows(kind=op.kind(), rows=rows, columns=columns)


def _window(op: Op) -> tuple[Pair, Pair, Pair] | None:
    """What a layer's window covers, its stride and padding; None where it has none."""
    kernel, stride = getattr(op, "kernel", None), getattr(op, "stride", None)
    if not isinstance(kernel, tuple) or not isinstance(stride, tuple):
        return None
    dilation = getattr(op, "dilation", (1, 1))
    reach = (dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1)
    pad = getattr(op, "padding", None) or getattr(op, "pad", (0, 0))
    return reach, stride, pad if isinstance(pad, tuple) else (0, 0)


def narrow_view(network: Network, file: str, reporter: Reporter) -> None:
    """Report the last image of a network if none of its pixels has seen the whole input."""
    start = network.type_of(network.inputs[0])
    if not start.is_image:
        return
    seen: list[tuple[Pair, Pair]] = []
    last: int | None = None
    for number, node in enumerate(network.nodes):
        before = [seen[ref.node] for ref in node.inputs] or [((1, 1), (1, 1))]
        field = tuple(max(f[axis] for f, _ in before) for axis in (0, 1))
        jump = tuple(max(j[axis] for _, j in before) for axis in (0, 1))
        if (window := _window(node.op)) is not None:
            reach, stride, _ = window
            field = tuple(f + (r - 1) * j for f, r, j in zip(field, reach, jump, strict=True))
            jump = tuple(j * s for j, s in zip(jump, stride, strict=True))
            last = number
        elif not node.types[0].is_image or node.types[0].dims[1:] == (1, 1):
            field = start.dims[1:]
        seen.append(((field[0], field[1]), (jump[0], jump[1])))
    if last is None:
        return
    node, (field_, _) = network.nodes[last], seen[last]
    if node.span.file == file and (field_[0] < start.height or field_[1] < start.width):
        reporter.add(NarrowView(field=field_, input=start.dims), node.span, frame=frame_of(network, node))
