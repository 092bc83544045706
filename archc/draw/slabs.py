"""The stage level laid out: tensors as slabs in slight perspective, from left to right or from the top down.

A slab is as high and deep as its resolution hints and as wide as its channels hint, both on a logarithmic scale. Where
maps are few they are drawn one behind the other, as in the figure of 1998; a vector is a bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

from archc.draw.figure import Figure, Slab
from archc.draw.fonts import measure
from archc.draw.page import Page, PlacedSlab, Words
from archc.draw.place import NOTE, NOTE_LINE, Direction, Point

HIGH = 120.0
"""The height of the largest slab."""
SKEW = (0.34, 0.22)
"""How far right and up a slab's depth goes, of its height."""
FEW = 32
SPACE = 16.0
BAR = 9.0


@dataclass(frozen=True)
class _Cell:
    """A slab with its text, placed from its own top left. `front`: where its front face begins and ends, across."""

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
    from archc.draw.lay import _heading, _legend
    from archc.draw.page import HEADING, MARGIN

    few = all(s.dims[0] <= FEW for s in figure.slabs if len(s.dims) == 3 and s.dims[1] > 1)
    largest = max((max(s.dims[1:]) for s in figure.slabs if len(s.dims) == 3), default=1)
    cells = [_cell(slab, largest, few) for slab in figure.slabs]
    heading = _heading(figure)
    top = MARGIN + (HEADING + 12 if heading else 0)
    place = _rightwards if direction == "right" else _downwards
    slabs, lines, width, height = place(cells, MARGIN, top, few)
    width = max(width + MARGIN, *(w.width + 2 * MARGIN for w in heading), 120.0)
    legend, scale, height = _legend(figure, width, height + 6)
    return Page(
        figure, width, height + MARGIN, heading, slabs=tuple(slabs), lines=tuple(lines), legend=legend, scale=scale
    )


def _cell(slab: Slab, largest: int, few: bool) -> _Cell:
    dims = slab.dims
    image = len(dims) == 3 and max(dims[1:]) > 1
    if not image:
        faces, width, height = _bar(dims[0])
    elif few:
        faces, width, height = _planes(dims, largest)
    else:
        faces, width, height = _cuboid(dims, largest)
    size = "×".join(map(str, dims)) if not (image and few) else f"{dims[0]}@{dims[1]}×{dims[2]}"
    if len(dims) == 3 and not image:
        size = f"{dims[0]}×1×1"
    local = slab.path.rsplit(".", 1)[-1]
    named = (local,) if few and slab.kind != "input" and local and "-" not in local else ()
    lines = [*((n, True) for n in (*named, *slab.names)), (size, False)]
    return _Cell(slab, faces, width, height, tuple(lines))


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


def _bar(units: int) -> tuple[tuple[tuple[tuple[Point, ...], float], ...], float, float]:
    high = 14.0 + 6.5 * log2(max(units, 2))
    dx, dy = 5.0, 3.5
    front = ((0.0, dy), (BAR, dy), (BAR, dy + high), (0.0, dy + high))
    side = ((BAR, dy), (BAR + dx, 0.0), (BAR + dx, high), (BAR, dy + high))
    lid = ((0.0, dy), (dx, 0.0), (BAR + dx, 0.0), (BAR, dy))
    return ((front, 0.0), (side, -0.14), (lid, 0.35)), BAR + dx, high + dy


Laid = tuple[list[PlacedSlab], list[tuple[Point, ...]], float, float]


def _rightwards(cells: Sequence[_Cell], left: float, top: float, few: bool) -> Laid:
    """Slabs from left to right, centred on one line, their text below."""
    high = max((c.height for c in cells), default=0.0)
    middle = top + high / 2
    placed: list[PlacedSlab] = []
    lines: list[tuple[Point, ...]] = []
    x, bottom = left, top + high
    before: tuple[_Cell, float, float] | None = None
    for cell in cells:
        wide = max(cell.width, cell.text_width)
        at, y = x + (wide - cell.width) / 2, middle - cell.height / 2
        words = tuple(
            Words(text, x + wide / 2, top + high + 14 + NOTE_LINE * i, NOTE, "note", "middle", bold)
            for i, (text, bold) in enumerate(cell.lines)
        )
        placed.append(PlacedSlab(cell.slab, _shifted(cell.faces, at, y), words))
        if before is not None:
            lines += _between(before, (cell, at, y), middle, few)
        before = (cell, at, y)
        bottom = max(bottom, top + high + 14 + NOTE_LINE * len(cell.lines))
        x += wide + SPACE
    return placed, lines, x - SPACE, bottom


def _downwards(cells: Sequence[_Cell], left: float, top: float, few: bool) -> Laid:
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


def _between(
    one: tuple[_Cell, float, float], other: tuple[_Cell, float, float], middle: float, few: bool
) -> list[tuple[Point, ...]]:
    """Lines from a slab to the next: a window that narrows to a point for maps, the corners of full connections."""
    cell, x, y = one
    after, ax, ay = other
    right = max(p[0] for face, _ in cell.faces for p in face) + x
    if not few:
        return [((right + 2, middle), (ax - 2, middle))] if ax - right > 6 else []
    if len(after.slab.dims) == 3 and max(after.slab.dims[1:]) > 1 and after.slab.kernel:
        last = cell.faces[-1][0]
        (left, top), (far, low) = last[0], last[2]
        share = min(1.0, after.slab.kernel[0] / cell.slab.dims[1])
        size = max((far - left) * share, 4.0)
        wx, wy = x + left + (far - left - size) * 0.72, y + top + (low - top - size) * 0.3
        point = (ax + after.faces[-1][0][0][0] + 4, ay + after.faces[-1][0][0][1] + 6)
        window = ((wx, wy), (wx + size, wy), (wx + size, wy + size), (wx, wy + size), (wx, wy))
        return [window, ((wx + size, wy), point), ((wx + size, wy + size), point)]
    top, low = y + 2, y + cell.height - 2
    first, last_y = ay + 3.5, ay + after.height
    return [
        ((right, top), (ax, first)),
        ((right, low), (ax, last_y)),
        ((right, top), (ax, last_y)),
        ((right, low), (ax, first)),
    ]
