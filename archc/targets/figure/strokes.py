"""Lines as strokes: with rounded corners, and what several lines share drawn once.

Where strokes lie on each other, their edges are darker: a line that forks would look bold before the fork.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from archc.targets.figure.laid import Point

Command: TypeAlias = tuple[float, ...]
"""A step of a path: (x, y) moves there if it is the first, else draws a line; (cx, cy, x, y) is a quadratic curve."""

CURVE = 4.0
"""The radius of the corners of a line."""


Interval: TypeAlias = tuple[float, float]
Piece: TypeAlias = tuple[Command, Command]
"""Where a piece of a path starts, and its command."""
SAME = 0.01
"""Coordinates that differ by less are equal."""


def once(paths: Iterable[Sequence[Command]]) -> list[tuple[Command, ...]]:
    """Paths that cover the same, each without what those before it have drawn."""
    drawn: dict[tuple[bool, float], list[Interval]] = {}
    curves = set[Piece]()
    found: list[list[Command]] = []
    for path in paths:
        at = path[0]
        found.append([at])
        for command in path[1:]:
            pieces = list(_fresh(at, command, drawn)) if len(command) == 2 else [(at, command)]
            for start, piece in pieces:
                if (start, piece) in curves:
                    continue
                if found[-1][-1][-2:] != start:
                    found.append([start])
                found[-1].append(piece)
                curves.add((start, piece))
            at = command[-2:]
    return [tuple(path) for path in found if len(path) > 1]


def _fresh(a: Command, b: Command, drawn: dict[tuple[bool, float], list[Interval]]) -> Iterator[Piece]:
    """The parts of a straight line that are not drawn yet, in its direction."""
    upright, level = abs(a[0] - b[0]) < SAME, abs(a[1] - b[1]) < SAME
    if upright == level:
        yield a, b
        return
    along = 1 if upright else 0
    others = drawn.setdefault((upright, round(a[1 - along], 1)), [])
    start, high = sorted((a[along], b[along]))
    whole, parts = (start, high), list[Interval]()
    for left, right in sorted(others):
        if right > start and left < high:
            parts += [(start, left)] if left > start + SAME else []
            start = right
    parts += [(start, high)] if high > start + SAME else []
    others.append(whole)
    if a[along] > b[along]:
        parts = [(right, left) for left, right in reversed(parts)]
    for one, other in parts:
        yield ((a[0], one), (b[0], other)) if upright else ((one, a[1]), (other, b[1]))


def curved(points: Sequence[Point]) -> tuple[Command, ...]:
    """A line with rounded corners."""
    path: list[Command] = [points[0]]
    for a, b, c in zip(points, points[1:], points[2:], strict=False):
        before, after = _distance(a, b), _distance(b, c)
        r = min(CURVE, before / 2, after / 2)
        if r < 0.1:
            path.append(b)
            continue
        path.append((b[0] + (a[0] - b[0]) * r / before, b[1] + (a[1] - b[1]) * r / before))
        path.append((*b, b[0] + (c[0] - b[0]) * r / after, b[1] + (c[1] - b[1]) * r / after))
    return (*path, points[-1])


def smooth(points: Sequence[Point]) -> tuple[Command, ...]:
    """A smooth line through the midpoints of consecutive points."""
    first, *inner, last = points
    path: list[Command] = [first]
    path += [(*a, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(inner)]
    return (*path, (*inner[-1], *last))


def _distance(a: Point, b: Point) -> float:
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)
