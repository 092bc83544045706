"""The stage level laid out: tensors as slabs in slight perspective, from left to right or from the top down.

A slab is as high and deep as its resolution hints and as wide as its channels hint, both on a logarithmic scale. Where
maps are few they are drawn one behind the other, as in the figure of 1998; a vector is a bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

from archc.draw.figure import FEW_MAPS, Figure, Slab
from archc.draw.fonts import measure
from archc.draw.laid import NOTE, NOTE_LINE, Direction, Point
from archc.draw.legend import heading_of, legend_of
from archc.draw.page import HEADING, MARGIN, Page, PlacedSlab, Words

HIGH = 120.0
"""The height of the largest slab."""
SKEW = (0.34, 0.22)
"""How far right and up a slab's depth goes, of its height."""
SPACE = 16.0
BAR = 9.0


@dataclass(frozen=True)
class _Cell:
    """A slab and its text, the faces measured from its own top left."""

    slab: Slab
    faces: tuple[tuple[tuple[Point, ...], float], ...]
    width: float
    height: float
    lines: tuple[tuple[str, bool], ...]

    @property
    def text_width(self) -> float:
        return max(measure(t, NOTE, "bold" if bold else "regular") for t, bold in self.lines)


def lay_out_slabs(figure: Figure, direction: Direction) -> Page:
    """The page of a figure at the stage level."""
    few = all(s.dims[0] <= FEW_MAPS for s in figure.slabs if len(s.dims) == 3 and s.dims[1] > 1)
    largest = max((max(s.dims[1:]) for s in figure.slabs if len(s.dims) == 3), default=1)
    cells = [_cell(slab, largest, few, direction) for slab in figure.slabs]
    heading = heading_of(figure)
    top = MARGIN + (HEADING + 12 if heading else 0)
    place = _downwards if direction == "down" else _classical if few else _rightwards
    slabs, lines, width, height = place(cells, MARGIN, top)
    width = max(width + MARGIN, *(w.width + 2 * MARGIN for w in heading), 120.0)
    legend, scale, height = legend_of(figure, width, height + 6)
    return Page(
        figure, width, height + MARGIN, heading, slabs=tuple(slabs), lines=tuple(lines), legend=legend, scale=scale
    )


def _cell(slab: Slab, largest: int, few: bool, direction: Direction) -> _Cell:
    dims = slab.dims
    image = len(dims) == 3 and max(dims[1:]) > 1
    if not image:
        faces, width, height = _bar(dims[0], direction)
    elif few:
        faces, width, height = _planes(dims, largest)
    else:
        faces, width, height = _cuboid(dims, largest)
    lines = tuple((name, True) for name in slab.names)
    return _Cell(slab, faces, width, height, (*lines, (_size(slab, few), False)))


def _size(slab: Slab, few: bool) -> str:
    """The tensor's size: `6@28×28` where maps are few, as in 1998."""
    maps, *rest = slab.dims
    size = "×".join(map(str, rest))
    return f"{maps}@{size}" if few and rest and max(rest) > 1 else "×".join(map(str, slab.dims))


def _hint(size: int, largest: int) -> float:
    """The height of a slab of this resolution."""
    return float(HIGH * max(0.14, (log2(size + 1) / log2(largest + 1)) ** 1.9))


def _cuboid(dims: Sequence[int], largest: int) -> tuple[tuple[tuple[tuple[Point, ...], float], ...], float, float]:
    high = _hint(max(dims[1:]), largest)
    wide = 3.0 + 4.2 * max(0.0, log2(max(dims[0], 2)) - 1.5)
    dx, dy = high * SKEW[0], high * SKEW[1]
    front = ((0.0, dy), (wide, dy), (wide, dy + high), (0.0, dy + high))
    side = ((wide, dy), (wide + dx, 0.0), (wide + dx, high), (wide, dy + high))
    lid = ((0.0, dy), (dx, 0.0), (wide + dx, 0.0), (wide, dy))
    return ((front, 0.0), (side, -0.14), (lid, 0.35)), wide + dx, high + dy


def _planes(dims: Sequence[int], largest: int) -> tuple[tuple[tuple[tuple[Point, ...], float], ...], float, float]:
    high = 96.0 * (dims[1] / largest) ** 0.75
    wide = 96.0 * (dims[2] / largest) ** 0.75
    count = min(dims[0], 16)
    step = min(5.0, 44.0 / count)
    faces = []
    for i in range(count):
        x, y = i * step, i * step
        faces.append((((x, y), (x + wide, y), (x + wide, y + high), (x, y + high)), 0.0))
    return tuple(faces), wide + (count - 1) * step, high + (count - 1) * step


def _bar(units: int, direction: Direction) -> tuple[tuple[tuple[tuple[Point, ...], float], ...], float, float]:
    long = 14.0 + 6.5 * log2(max(units, 2))
    wide, high = (long, BAR) if direction == "down" else (BAR, long)
    dx, dy = 5.0, 3.5
    front = ((0.0, dy), (wide, dy), (wide, dy + high), (0.0, dy + high))
    side = ((wide, dy), (wide + dx, 0.0), (wide + dx, high), (wide, dy + high))
    lid = ((0.0, dy), (dx, 0.0), (wide + dx, 0.0), (wide, dy))
    return ((front, 0.0), (side, -0.14), (lid, 0.35)), wide + dx, high + dy


Laid = tuple[list[PlacedSlab], list[tuple[Point, ...]], float, float]


def _rightwards(cells: Sequence[_Cell], left: float, top: float) -> Laid:
    """Slabs from left to right, centred on one line, their text below."""
    high = max((c.height for c in cells), default=0.0)
    middle = top + high / 2
    placed: list[PlacedSlab] = []
    lines: list[tuple[Point, ...]] = []
    x, bottom = left, top + high
    before: float | None = None
    for cell in cells:
        wide = max(cell.width, cell.text_width)
        at, y = x + (wide - cell.width) / 2, middle - cell.height / 2
        words = tuple(
            Words(text, x + wide / 2, top + high + 14 + NOTE_LINE * i, NOTE, "note", "middle", bold)
            for i, (text, bold) in enumerate(cell.lines)
        )
        placed.append(PlacedSlab(cell.slab, _shifted(cell.faces, at, y), words))
        if before is not None and at - before > 6:
            lines.append(((before + 2, middle), (at - 2, middle)))
        before = at + cell.width
        bottom = max(bottom, top + high + 14 + NOTE_LINE * len(cell.lines))
        x += wide + SPACE
    return placed, lines, x - SPACE, bottom


def _downwards(cells: Sequence[_Cell], left: float, top: float) -> Laid:
    """Slabs from the top down, their text on the right."""
    wide = max((c.width for c in cells), default=0.0)
    placed: list[PlacedSlab] = []
    lines: list[tuple[Point, ...]] = []
    y, right, before = top, left + wide, 0.0
    for cell in cells:
        tall = max(cell.height, NOTE_LINE * len(cell.lines))
        at = y + (tall - cell.height) / 2
        x = left + (wide - cell.width) / 2
        start = y + (tall - NOTE_LINE * len(cell.lines)) / 2 + 8
        words = tuple(
            Words(text, left + wide + 14, start + NOTE_LINE * i, NOTE, "note", "start", bold)
            for i, (text, bold) in enumerate(cell.lines)
        )
        placed.append(PlacedSlab(cell.slab, _shifted(cell.faces, x, at), words))
        if before:
            lines.append(((left + wide / 2, before), (left + wide / 2, at)))
        right = max(right, *(w.x + w.width for w in words))
        before = at + cell.height
        y += tall + SPACE
    return placed, lines, right, y - SPACE


def _shifted(
    faces: Sequence[tuple[tuple[Point, ...], float]], x: float, y: float
) -> tuple[tuple[tuple[Point, ...], float], ...]:
    return tuple((tuple((a + x, b + y) for a, b in points), shade) for points, shade in faces)


def _between(one: tuple[_Cell, float, float], other: tuple[_Cell, float, float]) -> list[tuple[Point, ...]]:
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


def _classical(cells: Sequence[_Cell], left: float, top: float) -> Laid:
    """As in 1998: what each tensor is stands above it, what makes it below, between it and the one before."""
    above = [_said(cell.slab) for cell in cells]
    steps = [" ".join(cell.slab.names) if i else "" for i, cell in enumerate(cells)]
    high = max((c.height for c in cells), default=0.0)
    middle = top + 2 * NOTE_LINE + 8 + high / 2
    low = middle + high / 2 + 16
    placed: list[PlacedSlab] = []
    lines: list[tuple[Point, ...]] = []
    x, end = left, left
    before: tuple[_Cell, float, float] | None = None
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
        placed.append(PlacedSlab(cell.slab, _shifted(cell.faces, at, y), tuple(words)))
        before = (cell, at, y)
        x += wide + SPACE
    return placed, lines, max(x - SPACE, end), low


def _said(slab: Slab) -> tuple[str, str]:
    """What a tensor is, and its size: `c1: feature maps`, `6@28×28`."""
    name = slab.path.rsplit(".", 1)[-1]
    what = "feature maps" if len(slab.dims) == 3 and max(slab.dims[1:]) > 1 else "layer"
    if slab.kind == "input" or "-" in name:
        return ("input" if slab.kind == "input" else " ".join(slab.names)), _size(slab, True)
    return f"{name}: {what}", _size(slab, True)
