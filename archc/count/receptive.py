"""Receptive fields: the part of the input that one position of a feature map is computed from.

The recurrence over sliding windows is that of Araujo, Norris and Sim 2019, Computing Receptive Fields of Convolutional
Neural Networks, Distill (equations 2 to 5). Where branches meet there are two answers: the *largest* field of a single
path, and the *union*, the smallest range that contains the fields of all paths. They differ if branches look at
different positions. A layer that reads all rows and columns (global pooling, a fully connected layer) makes the union
the whole image. It is not a sliding window, and the largest field is taken over paths of sliding windows only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from archc.count.counts import executed
from archc.ir.network import Network, Node, Ref
from archc.ir.window import POINT, Window
from archc.support.record import Record

Step: TypeAlias = int | float
"""A distance in rows or columns of the input; fractional only after upsampling."""


class AxisSpan(NamedTuple):
    """On one axis: position i sees `size` rows, beginning with row `i * stride + start`."""

    size: Step
    stride: Step
    start: Step


class ReceptiveField(Record):
    """A receptive field in rows and columns of the input.

    `size`: what one position sees; `stride`: the distance between the fields of neighbouring positions; `offset`: the
    start of the first position's field, negative in the padding.
    """

    size: tuple[Step, ...]
    stride: tuple[Step, ...]
    offset: tuple[Step, ...]


class LayerField(Record):
    """The fields of a layer's output.

    `largest` is None if no path has sliding windows only, `union` is None for the whole image.
    """

    largest: ReceptiveField | None
    union: ReceptiveField | None


Spans: TypeAlias = tuple[AxisSpan, ...]
"""A span for each spatial axis."""
Both: TypeAlias = tuple[Spans | None, Spans | None]
Order: TypeAlias = tuple[int, ...]
"""For each axis of a tensor, the axis of the image that it was; empty if the order is unchanged."""

_POINT = AxisSpan(1, 1, 0)


def fields(network: Network) -> dict[int, LayerField]:
    """The fields of each node that inference runs."""
    found = _spans(network)
    return {i: LayerField(largest=_field(largest), union=_field(union)) for i, (largest, union) in found.items()}


def receptive_field(network: Network) -> LayerField:
    """The field of the last feature map: the last layer, in execution order, on a path of sliding windows."""
    last: Both = (None, None)
    for both in _spans(network).values():
        if both[0] is not None:
            last = both
    return LayerField(largest=_field(last[0]), union=_field(last[1]))


def _spans(network: Network) -> dict[int, Both]:
    found: dict[Ref, Both] = {}
    orders: dict[Ref, Order] = {}
    for ref in network.inputs:
        start = (_POINT,) * network.type_of(ref).axes or None
        found[ref] = (start, start)
    results: dict[int, Both] = {}
    for index in executed(network, training=False):
        node = network.nodes[index]
        incoming = [orders.get(r, ()) for r in node.inputs]
        order = _order(node, incoming)
        window = POINT if order is not None else None
        if order is None and node.types[0].axes and not any(incoming):
            window = node.op.window(network.input_types(node), node.types)
        met = [_through(found.get(r, (None, None)), window) for r in node.inputs]
        both = met[0] if len(met) == 1 else _met(met)
        results[index] = both
        for out in range(len(node.types)):
            found[Ref(index, out)] = both
            orders[Ref(index, out)] = order or ()
    return results


def _order(node: Node, incoming: list[Order]) -> Order | None:
    """The order of the output's axes if its channels are not first; None for an ordinary layer."""
    if (turned := node.op.turned()) is not None:
        before = incoming[0] or tuple(range(len(turned)))
        after = tuple(before[axis] for axis in turned)
        return after if after != tuple(range(len(after))) else ()
    if not any(incoming) or len(set(incoming)) > 1 or not node.op.by_place():
        return None
    first = incoming[0]
    return first if first[-1] == 0 else None


def _through(both: Both, window: Window | None) -> Both:
    """The fields after a layer with this window; None for a layer that reads everything."""
    if window is None:
        return (None, None)
    if window is POINT:
        return both
    return (both[0] and _slide(both[0], window), both[1] and _slide(both[1], window))


def _met(branches: list[Both]) -> Both:
    largest = [b[0] for b in branches if b[0] is not None]
    return (_largest(largest) if largest else None, _union([b[1] for b in branches]))


def _slide(spans: Spans, window: Window) -> Spans:
    return tuple(
        AxisSpan(s.size + (reach - 1) * s.stride, _over(s.stride * stride, scale), s.start - pad * s.stride)
        for s, reach, stride, pad, scale in zip(spans, *window, strict=True)
    )


def _over(distance: Step, scale: int) -> Step:
    return distance // scale if distance % scale == 0 else distance / scale


def _largest(spans: list[Spans]) -> Spans:
    return tuple(max(on_axis, key=lambda span: span.size) for on_axis in zip(*spans, strict=True))


def _union(spans: list[Spans | None]) -> Spans | None:
    known = [s for s in spans if s is not None]
    if len(known) < len(spans):
        return None
    return tuple(_hull(on_axis) for on_axis in zip(*known, strict=True))


def _hull(spans: Sequence[AxisSpan]) -> AxisSpan:
    start, end = min(s.start for s in spans), max(s.start + s.size for s in spans)
    return AxisSpan(end - start, max(s.stride for s in spans), start)


def _field(spans: Spans | None) -> ReceptiveField | None:
    if spans is None:
        return None
    size, stride, offset = zip(*spans, strict=True)
    return ReceptiveField(size=size, stride=stride, offset=offset)
