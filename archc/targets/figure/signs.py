"""The positions of the signs of operands: beside each line, near where it meets the line of the other operand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from archc.targets.figure.figure import Box, Slab
from archc.targets.figure.laid import CLEAR, NOTE, Point
from archc.targets.figure.operands import sign
from archc.targets.figure.page import Anchor, Wire, Words

TIP = 6.0
"""The length of an arrow's head, which a sign keeps clear of."""


def signs(
    wires: Sequence[Wire], things: Mapping[int, Box | Slab], taken: Iterable[tuple[float, float, float, float]]
) -> Iterator[Words]:
    """The signs at the ends of lines, clear of what is `taken`.

    `things` are the boxes or slabs at either end of these, by number.
    """
    taken = [*taken]
    for end, thing in things.items():
        if not thing.signs:
            continue
        into = [wire for wire in wires if wire.end == end]
        for wire in into:
            text = sign(things[wire.start], thing) if wire.start in things else ""
            if text:
                places = [*_beside(text, wire, [other for other in into if other.start != wire.start])]
                found = next((words for words in places if not any(_over(words, one) for one in taken)), places[0])
                taken.append(found.rectangle)
                yield found


def _over(words: Words, other: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = words.rectangle
    return left < other[2] and other[0] < right and top < other[3] and other[1] < bottom


def _beside(text: str, wire: Wire, others: Sequence[Wire]) -> Iterator[Words]:
    """Positions for the sign of a line, the best first: beside the last section that it shares with no other line."""
    tail = [*reversed(wire.points)]
    shared = max((_shared(tail, [*reversed(other.points)]) for other in others), default=0.0)
    (x, y), (ax, ay) = _at(tail, shared)
    beyond = [_at([*reversed(other.points)], shared)[1] for other in others]
    if abs(ax - x) < 0.01:
        first = any(bx > x + 1 for bx, _ in beyond)
        size = abs(ay - y)
        near, middle, far = (TIP if not shared else 0.5), size / 2 - NOTE / 2, size - NOTE
        ways = ((near, first), (middle, first), (middle, not first), (far, first), (far, not first), (near, not first))
        for along, left in ways:
            anchor: Anchor = "end" if left else "start"
            up = -along if ay < y else along + NOTE
            yield Words(text, x + (-CLEAR if left else CLEAR), y + up, NOTE, "shape", anchor, True)
        return
    right = ax > x
    for off in (TIP if not shared else CLEAR, abs(ax - x) / 2):
        for up in (-CLEAR, NOTE):
            yield Words(text, x + (off if right else -off), y + up, NOTE, "shape", "start" if right else "end", True)


def _shared(one: Sequence[Point], other: Sequence[Point]) -> float:
    """The length that two lines share from their common start."""
    length = 0.0
    for (a, b), (c, d) in zip(zip(one, one[1:], strict=False), zip(other, other[1:], strict=False), strict=False):
        if not _near(a, c):
            return length
        first, second = _distance(a, b), _distance(c, d)
        along = min(first, second)
        if not _near(_towards(a, b, along), _towards(c, d, along)):
            return length
        length += along
        if abs(first - second) > 0.01:
            return length
    return length


def _at(line: Sequence[Point], length: float) -> tuple[Point, Point]:
    """The point at a length along a line, and the next corner."""
    for a, b in zip(line, line[1:], strict=False):
        size = _distance(a, b)
        if length < size - 0.01:
            return _towards(a, b, length), b
        length -= size
    return line[-1], line[-2]


def _towards(a: Point, b: Point, along: float) -> Point:
    share = along / (_distance(a, b) or 1.0)
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _distance(a: Point, b: Point) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _near(a: Point, b: Point) -> bool:
    return _distance(a, b) < 0.01
