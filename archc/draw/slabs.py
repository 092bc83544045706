"""The stage level laid out: tensors as slabs in slight perspective, from left to right or from the top down.

A slab is as high and deep as its resolution hints and as wide as its channels hint, both on a logarithmic scale. Where
maps are few they are drawn one behind the other, as in the figure of 1998; a vector is a bar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import log2
from typing import TypeAlias

from archc.draw.figure import Figure, Slab
from archc.draw.fonts import measure
from archc.draw.laid import ASIDE, NOTE, NOTE_LINE, Cell, Direction, Faces, Point
from archc.draw.legend import heading_of, legend_of
from archc.draw.page import HEADING, MARGIN, Page, PlacedSlab, Words

HIGH = 88.0
"""The height of the largest slab."""
SKEW = (0.34, 0.22)
"""How far right and up a slab's depth goes, of its height."""
SPACE = 16.0
BAR = 9.0


def cells(figure: Figure, direction: Direction) -> Mapping[Slab, Cell]:
    """How each slab of a figure looks."""
    largest = max((max(s.dims[1:]) for s in figure.slabs if len(s.dims) == 3), default=1)
    made = [_cell(slab, largest, direction) for slab in figure.slabs]
    room = max((c.width if direction == "down" else c.height for c in made), default=0.0)
    return {c.slab: replace(c, room=room, across=c.width if direction == "down" else c.height) for c in made}


def lay_out_classic(figure: Figure) -> Page:
    """The page of a figure in the style of 1998."""
    known = cells(figure, "right")
    heading = heading_of(figure)
    top = MARGIN + (HEADING + 12 if heading else 0)
    slabs, lines, width, height = _classical([known[slab] for slab in figure.slabs], MARGIN, top)
    width = max(width + MARGIN, *(w.width + 2 * MARGIN for w in heading), 120.0)
    legend, scale, height = legend_of(figure, width, height + 6)
    return Page(
        figure, width, height + MARGIN, heading, slabs=tuple(slabs), lines=tuple(lines), legend=legend, scale=scale
    )


def _cell(slab: Slab, largest: int, direction: Direction) -> Cell:
    dims = slab.dims
    if len(dims) != 3 or max(dims[1:]) == 1:
        faces, width, height = _bar(dims[0], direction)
    elif slab.classic:
        faces, width, height = _planes(dims, largest)
    else:
        faces, width, height = _cuboid(dims, largest)
    lines = [*((name, True) for name in slab.names), (slab.inside, False), (_size(slab), False)]
    return Cell(slab, faces, width, height, tuple(line for line in lines if line[0]), 0.0)


def _size(slab: Slab) -> str:
    """The tensor's size: `6@28×28` as it was written in 1998."""
    maps, *rest = slab.dims
    size = "×".join(map(str, rest))
    if slab.classic and rest and max(rest) > 1:
        return f"{maps}@{size}"
    return ", ".join("×".join(map(str, dims)) for dims in (slab.dims, *slab.more))


def place_slab(cell: Cell, x: float, y: float, direction: Direction) -> PlacedSlab:
    """A slab in the middle of (x, y), with its text below it or on its right."""
    if direction == "down":
        start = y - NOTE_LINE * len(cell.lines) / 2 + 8
        left = x + max(cell.room, cell.width) / 2 + ASIDE
        words = [
            Words(text, left, start + NOTE_LINE * i, NOTE, "note", "start", bold)
            for i, (text, bold) in enumerate(cell.lines)
        ]
    else:
        start = y + max(cell.room, cell.height) / 2 + ASIDE
        words = [
            Words(text, x, start + NOTE_LINE * i, NOTE, "note", "middle", bold)
            for i, (text, bold) in enumerate(cell.lines)
        ]
    return PlacedSlab(cell.slab, _shifted(cell.faces, x - cell.width / 2, y - cell.height / 2), tuple(words))


def _hint(size: int, largest: int) -> float:
    """The height of a slab of this resolution."""
    return float(HIGH * max(0.14, (log2(size + 1) / log2(largest + 1)) ** 1.9))


def _cuboid(dims: Sequence[int], largest: int) -> tuple[Faces, float, float]:
    high = _hint(max(dims[1:]), largest)
    wide = 3.0 + 4.2 * max(0.0, log2(max(dims[0], 2)) - 1.5)
    dx, dy = high * SKEW[0], high * SKEW[1]
    front = ((0.0, dy), (wide, dy), (wide, dy + high), (0.0, dy + high))
    side = ((wide, dy), (wide + dx, 0.0), (wide + dx, high), (wide, dy + high))
    lid = ((0.0, dy), (dx, 0.0), (wide + dx, 0.0), (wide, dy))
    return ((front, 0.0), (side, -0.14), (lid, 0.35)), wide + dx, high + dy


MOST_PLANES = 16
"""Maps that are drawn one behind the other; of more, as many with dots between them."""


def _planes(dims: Sequence[int], largest: int) -> tuple[Faces, float, float]:
    high = 96.0 * (dims[1] / largest) ** 0.75
    wide = 96.0 * (dims[2] / largest) ** 0.75
    count = min(dims[0], MOST_PLANES)
    step = min(5.0, 44.0 / count)
    faces = []
    gap = 3 * step if dims[0] > MOST_PLANES else 0.0
    for i in range(count):
        x = y = i * step + (gap if i >= count // 2 else 0.0)
        faces.append((((x, y), (x + wide, y), (x + wide, y + high), (x, y + high)), 0.0))
    return tuple(faces), wide + (count - 1) * step + gap, high + (count - 1) * step + gap


def _bar(units: int, direction: Direction) -> tuple[Faces, float, float]:
    long = 14.0 + 6.5 * log2(max(units, 2))
    wide, high = (long, BAR) if direction == "down" else (BAR, long)
    dx, dy = 5.0, 3.5
    front = ((0.0, dy), (wide, dy), (wide, dy + high), (0.0, dy + high))
    side = ((wide, dy), (wide + dx, 0.0), (wide + dx, high), (wide, dy + high))
    lid = ((0.0, dy), (dx, 0.0), (wide + dx, 0.0), (wide, dy))
    return ((front, 0.0), (side, -0.14), (lid, 0.35)), wide + dx, high + dy


Placement: TypeAlias = tuple[list[PlacedSlab], list[tuple[Point, ...]], float, float]


def _shifted(faces: Sequence[tuple[tuple[Point, ...], float]], x: float, y: float) -> Faces:
    return tuple((tuple((a + x, b + y) for a, b in points), shade) for points, shade in faces)


def _between(one: tuple[Cell, float, float], other: tuple[Cell, float, float]) -> list[tuple[Point, ...]]:
    """Lines from a slab to the next: a window that narrows to a point for maps, the corners of full connections."""
    cell, x, y = one
    after, ax, ay = other
    front, target = cell.faces[-1][0], after.faces[-1][0]
    if len(after.slab.dims) == 3 and len(cell.faces) != 3 and after.slab.kernel:
        (left, top), (right, bottom) = front[0], front[2]
        share = min(1.0, after.slab.kernel[0] / cell.slab.dims[1])
        size = max((right - left) * share, 4.0)
        wx, wy = x + left + (right - left - size) * 0.75, y + top + (bottom - top - size) * 0.3
        bar = len(after.faces) == 3 and max(after.slab.dims[1:]) == 1
        point = (ax + (BAR / 2 if bar else target[0][0] + 5), ay + (after.height / 3 if bar else target[0][1] + 7))
        window = ((wx, wy), (wx + size, wy), (wx + size, wy + size), (wx, wy + size), (wx, wy))
        return [window, ((wx + size, wy), point), ((wx + size, wy + size), point)]
    right = x + max(p[0] for face, _ in cell.faces for p in face)
    top, low, first, last = y, y + cell.height - 3.5, ay + 3.5, ay + after.height
    return [((right, a), (ax, b)) for a in (top, low) for b in (first, last)]


def _classical(cells: Sequence[Cell], left: float, top: float) -> Placement:
    """As in 1998: what each tensor is stands above it, what makes it below, between it and the one before."""
    above = [_said(cell.slab) for cell in cells]
    steps = [" ".join(cell.slab.names) if i else "" for i, cell in enumerate(cells)]
    high = max((c.height for c in cells), default=0.0)
    middle = top + 2 * NOTE_LINE + 8 + high / 2
    low = middle + high / 2 + 16
    placed: list[PlacedSlab] = []
    lines: list[tuple[Point, ...]] = []
    x, end = left, left
    before: tuple[Cell, float, float] | None = None
    for cell, said, step in zip(cells, above, steps, strict=True):
        wide = max(cell.width, *(measure(t, NOTE) for t in said)) + 6
        at, y = x + (wide - cell.width) / 2, middle - cell.height / 2
        words = [Words(t, x + wide / 2, top + NOTE_LINE * (i + 1), NOTE, "note", "middle") for i, t in enumerate(said)]
        if before is not None:
            lines += _between(before, (cell, at, y))
            room = measure(step, NOTE, "bold")
            centre = (before[1] + before[0].width + at) / 2
            start = max(centre - room / 2, end + 8)
            words.append(Words(step, start, low, NOTE, "note", "start", bold=True))
            end = start + room
        words += _dots(cell, at, y)
        placed.append(PlacedSlab(cell.slab, _shifted(cell.faces, at, y), tuple(words)))
        before = (cell, at, y)
        x += wide + SPACE
    return placed, lines, max(x - SPACE, end), low


def _dots(cell: Cell, x: float, y: float) -> list[Words]:
    """Dots in the gap between the maps that are drawn; how many there are stands above them."""
    if len(cell.faces) < MOST_PLANES or cell.slab.dims[0] <= MOST_PLANES or len(cell.slab.dims) != 3:
        return []
    (_, (right, _), _, _), _ = cell.faces[MOST_PLANES // 2 - 1]
    top = cell.faces[MOST_PLANES // 2][0][0][1]
    return [Words("…", x + right + 3, y + top - 1, NOTE, "note")]


def _said(slab: Slab) -> tuple[str, str]:
    """What a tensor is, and its size: `c1: feature maps`, `6@28×28`."""
    name = slab.path.rsplit(".", 1)[-1]
    what = "feature maps" if len(slab.dims) == 3 and max(slab.dims[1:]) > 1 else "layer"
    if slab.kind == "input" or "-" in name:
        return ("input" if slab.kind == "input" else " ".join(slab.names)), _size(slab)
    return what if name.isdigit() or not name else f"{name}: {what}", _size(slab)
