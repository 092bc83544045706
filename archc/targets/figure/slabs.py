"""The stage level laid out: tensors as slabs in slight perspective, from left to right or from the top down.

The height and depth of a slab show its resolution, its width the number of channels, on a logarithmic or a linear
scale. A few maps are drawn one behind the other, as in the figure of 1998; a vector is a bar.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import log2
from typing import TypeAlias

from archc.support.record import Record, replace
from archc.targets.figure.figure import Figure, Kind, Pass, Slab
from archc.targets.figure.fonts import measure
from archc.targets.figure.laid import ASIDE, NOTE, NOTE_LINE, Bank, Direction, Face, Faces, LaidSlab, Lines, Point
from archc.targets.figure.legend import heading_of, legend_of
from archc.targets.figure.page import HEADING, MARGIN, Anchor, Page, PlacedSlab, Words
from archc.targets.figure.wording import counted

HIGH = 88.0
"""The height of the largest slab."""
ALONE = 0.6
"""The size of the slabs of a module that is shown alone, relative to that."""
WIDE = 60.0
"""On a linear scale, the width of the slab with the most channels."""
SKEW = (0.34, 0.22)
"""The offset of a slab's depth to the right and up, relative to its height."""
SHEET = 16.0
"""The height that gives a sheet its depth; a tensor with one axis is drawn as a sheet."""
SPACE = 16.0
BAR = 9.0
MOST_ABUTTING = 110.0
"""The maximum width of abutting slabs together."""
ARC = 10.0
"""The height of an arc above a slab."""
MOST_STRIPES = 8
"""The maximum number of groups of channels that are drawn."""
SIGNS: Mapping[Pass, str] = {"add": "+", "gate": "×"}


def cells(figure: Figure, direction: Direction, share: float = 1.0) -> Mapping[Slab, LaidSlab]:
    """The look of each slab of a figure, at a `share` of the usual size."""
    images = [slab.image for slab in figure.slabs if len(slab.dims) > 1 and max(slab.image[1:]) > 1]
    sizes = Sizes(
        figure.linear,
        max((max(dims[1:]) for dims in images), default=1),
        max((dims[0] for dims in images), default=1),
        max((slab.image[0] for slab in figure.slabs if max(slab.image[1:], default=1) == 1), default=1),
        share * HIGH * (ALONE if any(slab.bank and slab.towers == 1 for slab in figure.slabs) else 1.0),
    )
    made = [_cell(slab, sizes, direction) for slab in figure.slabs]
    room = max((c.width if direction == "down" else c.height for c in made), default=0.0)
    return {c.slab: replace(c, room=room, across=c.width if direction == "down" else c.height) for c in made}


def lay_out_classic(figure: Figure, share: float = 1.0) -> Page:
    """The page of a figure in the style of 1998, with its maps at a `share` of their usual size."""
    known = cells(figure, "right", share)
    heading = heading_of(figure)
    top = MARGIN + (HEADING + 12 if heading else 0)
    slabs, lines, width, height = _classical([known[slab] for slab in figure.slabs], MARGIN, top, SPACE * share)
    width = max(width + MARGIN, *(w.width + 2 * MARGIN for w in heading), 120.0)
    legend, scale, height = legend_of(figure, width, height + 6)
    return Page(
        figure, width, height + MARGIN, heading, slabs=tuple(slabs), lines=tuple(lines), legend=legend, scale=scale
    )


def _cell(slab: Slab, sizes: Sizes, direction: Direction) -> LaidSlab:
    dims = slab.image
    if len(dims) == 1 or max(dims[1:]) == 1:
        faces, width, height = _bar(sizes.long(dims[0]), direction)
    elif slab.classic and len(dims) == 3:
        faces, width, height = _planes(dims, sizes)
    elif slab.slices:
        faces, width, height = _abutting(slab, sizes)
    else:
        faces, width, height = _cuboid(dims, sizes)
    lines = [*((name, True) for name in slab.names), (slab.light, False), (slab.inside, False), (_size(slab), False)]
    strokes, sign, above = _arcs(slab, faces, width) if len(faces) == 3 else ((), None, 0.0)
    faces = moved_faces(faces, 0.0, above)
    if slab.shades:
        faces = _striped(faces, slab.shades, upright=len(dims) > 1 and max(dims[1:]) > 1 or direction == "down")
    elif slab.groups > 1 and len(faces) == 3:
        strokes += _stripes(faces[0].points, min(slab.groups, MOST_STRIPES))
    told = tuple(line for line in lines if line[0])
    return LaidSlab(slab, faces, width, height + above, told, 0.0, 0.0, strokes, sign, _bank(slab.bank))


def _stripes(front: Sequence[Point], count: int) -> Lines:
    """The lines that divide the front of a slab as groups divide its channels."""
    (left, top), (right, _), (_, low), _ = front
    xs = (left + (right - left) * i / count for i in range(1, count))
    return tuple(((x, top), (x, low)) for x in xs)


def _striped(faces: Faces, shades: Sequence[int], upright: bool) -> Faces:
    """A cuboid whose front, with the lid or the side, is divided into shades, from left to right or from the top."""
    front, side, lid = faces
    steps = [(i / len(shades), (i + 1) / len(shades)) for i in range(len(shades))]
    light = [0.6 - 0.85 * shade / max(shades) for shade in shades]

    def part(face: Face, corners: tuple[int, int, int, int], share: tuple[float, float], shade: float) -> Face:
        a, b, c, d = (face.points[i] for i in corners)
        points = (_along(a, b, share[0]), _along(a, b, share[1]), _along(d, c, share[1]), _along(d, c, share[0]))
        return Face(points, max(-0.6, min(0.8, shade + face.shade)), face.kind)

    ways = (0, 1, 2, 3) if upright else (1, 2, 3, 0)
    other = lid if upright else side
    made = [part(front, ways, share, shade) for share, shade in zip(steps, light, strict=True)]
    made += [part(other, (0, 3, 2, 1), share, shade) for share, shade in zip(steps, light, strict=True)]
    rest = side._replace(shade=light[-1] + side.shade) if upright else lid._replace(shade=light[0])
    return (*made, rest)


def _along(a: Point, b: Point, share: float) -> Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _size(slab: Slab) -> str:
    """The tensor's size: `6@28×28`, the notation of 1998."""
    maps, *rest = slab.dims
    size = "×".join(map(str, rest))
    if slab.classic and rest and max(rest) > 1:
        return f"{maps}@{size}"
    return counted("×".join(map(str, dims)) for dims in (slab.dims, *slab.more))


def place_slab(cell: LaidSlab, x: float, y: float, direction: Direction) -> PlacedSlab:
    """A slab centred at (x, y), with its text below it or on its right."""
    if direction == "down":
        at, start = x + max(cell.room, cell.width) / 2 + ASIDE, y - cell.text_height / 2 + 8
    else:
        at, start = x, y + max(cell.room, cell.height) / 2 + ASIDE
    anchor: Anchor = "start" if direction == "down" else "middle"
    words = [
        Words(text, at, start + NOTE_LINE * i, NOTE, "note", anchor, bold) for i, (text, bold) in enumerate(cell.lines)
    ]
    bank: Faces = ()
    if cell.bank is not None:
        top = start + NOTE_LINE * len(cell.lines) - 3
        bank = moved_faces(cell.bank.faces, at - (cell.bank.width / 2 if anchor == "middle" else 0.0), top)
        words.append(Words(cell.bank.words, at, top + cell.bank.height - 4, NOTE, "note", anchor))
    left, top = x - cell.width / 2, y - cell.height / 2
    if cell.sign is not None:
        text, (sx, sy) = cell.sign
        words.append(Words(text, left + sx, top + sy, NOTE, "note", "middle", bold=True))
    strokes = tuple(_moved(line, left, top) for line in cell.strokes)
    return PlacedSlab(cell.slab, moved_faces(cell.faces, left, top), tuple(words), strokes, bank)


class Sizes(Record):
    """The sizes of the largest tensors of a figure; gives the size of each in points, logarithmic or linear."""

    linear: bool
    largest: int
    most: int
    longest: int
    top: float = HIGH

    def high(self, size: int) -> float:
        """The height of an image of this resolution."""
        share = size / self.largest if self.linear else (log2(size + 1) / log2(self.largest + 1)) ** 1.9
        return float(self.top * max(0.03 if self.linear else 0.14, share))

    def wide(self, channels: int) -> float:
        """The width of an image with this many channels."""
        if self.linear:
            return max(1.2, WIDE * channels / self.most)
        return 3.0 + 4.2 * max(0.0, log2(max(channels, 2)) - 1.5)

    def long(self, units: int) -> float:
        """The length of a vector."""
        return max(4.0, HIGH * units / self.longest) if self.linear else 14.0 + 6.5 * log2(max(units, 2))


def _cuboid(dims: Sequence[int], sizes: Sizes, share: float = 1.0) -> tuple[Faces, float, float]:
    """A cuboid for an image, a sheet for a tensor with one axis (a signal or tokens); with its width and height."""
    channels, *space = dims
    high = sizes.high(max(space))
    deep = high if len(space) > 1 else min(high, SHEET)
    return _prism(share * sizes.wide(channels), high, deep * SKEW[0], deep * SKEW[1])


def _depth(faces: Faces) -> Point:
    """The offset of a cuboid's depth to the right and up."""
    (_, up), (right, _), *_ = faces[2].points
    return right, up


def _prism(wide: float, high: float, dx: float, dy: float, kind: Kind | None = None) -> tuple[Faces, float, float]:
    """A cuboid with a front of this size and a depth of (dx, dy) to the right and up; with its width and height."""
    front = ((0.0, dy), (wide, dy), (wide, dy + high), (0.0, dy + high))
    side = ((wide, dy), (wide + dx, 0.0), (wide + dx, high), (wide, dy + high))
    lid = ((0.0, dy), (dx, 0.0), (wide + dx, 0.0), (wide, dy))
    return (Face(front, 0.0, kind), Face(side, -0.14, kind), Face(lid, 0.35, kind)), wide + dx, high + dy


def _abutting(slab: Slab, sizes: Sizes) -> tuple[Faces, float, float]:
    """The layers of a plain chain, side against side."""
    made = [(kind, *_cuboid(dims, sizes)) for kind, dims in slab.slices]
    depth, _ = _depth(made[0][1])
    share = min(0.6, MOST_ABUTTING / sum(wide - depth for _, _, wide, _ in made))
    faces: list[Face] = []
    x = high = 0.0
    for (kind, _, _, _), (_, dims) in zip(made, slab.slices, strict=True):
        own, wide, high = _cuboid(dims, sizes, share)
        faces += [face._replace(kind=kind) for face in moved_faces(own, x, 0.0)]
        x += wide - depth
    return tuple(faces), x + depth, high


def _bank(bank: Sequence[int]) -> Bank | None:
    """The first kernels of a convolution, and their number and size: a stick for 1×1, a tile for depthwise."""
    if not bank:
        return None
    count, height, width, depth = bank
    long = 2.0 + 2.6 * log2(depth + 1)
    one, wide, high = _prism(2.0 + 2.2 * width, 2.0 + 2.2 * height, long * 0.8, long * 0.45)
    shown = min(count, 3)
    faces = [face for i in range(shown) for face in moved_faces(one, i * (wide + 3), 0.0)]
    words = f"{count} of {height}×{width}×{depth}"
    return Bank(tuple(faces), shown * (wide + 3) - 3, high + NOTE_LINE + 6, words)


def _arcs(slab: Slab, faces: Faces, width: float) -> tuple[Lines, tuple[str, Point] | None, float]:
    """The arcs over a slab for paths past the layers of its blocks, the sign of their merge, and their height."""
    if not slab.passes:
        return (), None, 0.0
    sign = " ".join(SIGNS[one] for one in slab.passes if one in SIGNS)
    above = ARC + (NOTE_LINE - 2 if sign else 0.0)
    right, depth = _depth(faces)
    start, wide, low = right / 2, width - right, above + depth / 2
    lines = []
    for share in (0.4, 0.7, 1.0) if "concat" in slab.passes else (1.0,):
        rise = 4 * (ARC - 2) * (0.4 + 0.6 * share) + 2 * depth * share
        steps = [i / 12 for i in range(13)]
        lines.append(tuple((start + wide * share * t, low - rise * t * (1 - t)) for t in steps))
    return tuple(lines), (sign, (width / 2, NOTE - 1)) if sign else None, above


MOST_PLANES = 16
"""The maximum number of maps that are drawn one behind the other; dots stand for the rest."""


def _planes(dims: Sequence[int], sizes: Sizes) -> tuple[Faces, float, float]:
    most = 1.1 * sizes.top
    high, wide = (most * (size / sizes.largest) ** 0.75 for size in dims[1:3])
    count = min(dims[0], MOST_PLANES)
    step = min(5.0, 44.0 / count) * min(1.0, sizes.top / HIGH)
    faces = []
    gap = 3 * step if dims[0] > MOST_PLANES else 0.0
    for i in range(count):
        x = y = i * step + (gap if i >= count // 2 else 0.0)
        faces.append(Face(((x, y), (x + wide, y), (x + wide, y + high), (x, y + high)), 0.0))
    return tuple(faces), wide + (count - 1) * step + gap, high + (count - 1) * step + gap


def _bar(long: float, direction: Direction) -> tuple[Faces, float, float]:
    wide, high = (long, BAR) if direction == "down" else (BAR, long)
    return _prism(wide, high, 5.0, 3.5)


Placement: TypeAlias = tuple[list[PlacedSlab], list[tuple[Point, ...]], float, float]


def moved_faces(faces: Faces, x: float, y: float) -> Faces:
    """Faces, shifted."""
    return tuple(face._replace(points=_moved(face.points, x, y)) for face in faces)


def _moved(points: Sequence[Point], x: float, y: float) -> tuple[Point, ...]:
    return tuple((a + x, b + y) for a, b in points)


def _between(one: tuple[LaidSlab, float, float], other: tuple[LaidSlab, float, float]) -> list[tuple[Point, ...]]:
    """The lines from a slab to the next: a window that narrows to a point, or the corners of a full connection."""
    cell, x, y = one
    after, ax, ay = other
    front, target = cell.faces[-1].points, after.faces[-1].points
    if len(after.slab.dims) == 3 and len(cell.faces) != 3 and after.slab.kernel:
        (left, top), (right, bottom) = front[0], front[2]
        share = min(1.0, after.slab.kernel[0] / cell.slab.dims[1])
        size = max((right - left) * share, 4.0)
        wx, wy = x + left + (right - left - size) * 0.75, y + top + (bottom - top - size) * 0.3
        bar = len(after.faces) == 3 and max(after.slab.dims[1:]) == 1
        point = (ax + (BAR / 2 if bar else target[0][0] + 5), ay + (after.height / 3 if bar else target[0][1] + 7))
        window = ((wx, wy), (wx + size, wy), (wx + size, wy + size), (wx, wy + size), (wx, wy))
        return [window, ((wx + size, wy), point), ((wx + size, wy + size), point)]
    right = x + max(p[0] for face in cell.faces for p in face.points)
    top, low, first, last = y, y + cell.height - 3.5, ay + 3.5, ay + after.height
    return [((right, a), (ax, b)) for a in (top, low) for b in (first, last)]


def _classical(cells: Sequence[LaidSlab], left: float, top: float, space: float) -> Placement:
    """Slabs as in 1998: a tensor's name is above it; the layer that makes it is below, between it and the previous."""
    above = [_said(cell.slab) for cell in cells]
    steps = [" ".join(cell.slab.names) if i else "" for i, cell in enumerate(cells)]
    high = max((c.height for c in cells), default=0.0)
    middle = top + 2 * NOTE_LINE + 8 + high / 2
    low = middle + high / 2 + 16
    placed: list[PlacedSlab] = []
    lines: list[tuple[Point, ...]] = []
    x, end = left, left
    before: tuple[LaidSlab, float, float] | None = None
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
        placed.append(PlacedSlab(cell.slab, moved_faces(cell.faces, at, y), tuple(words)))
        before = (cell, at, y)
        x += wide + space
    return placed, lines, max(x - space, end), low


def _dots(cell: LaidSlab, x: float, y: float) -> list[Words]:
    """The dots in the gap between the maps that are drawn."""
    if len(cell.faces) < MOST_PLANES or cell.slab.dims[0] <= MOST_PLANES or len(cell.slab.dims) != 3:
        return []
    _, (right, _), _, _ = cell.faces[MOST_PLANES // 2 - 1].points
    top = cell.faces[MOST_PLANES // 2].points[0][1]
    return [Words("…", x + right + 3, y + top - 1, NOTE, "note")]


def _said(slab: Slab) -> tuple[str, str]:
    """The name of a tensor, and its size: `C1: feature maps`, `6@28×28`. `c1` becomes `C1`, as in the paper."""
    name = slab.path.rsplit(".", 1)[-1]
    name = name.upper() if re.fullmatch(r"[a-z]\d+", name) else name
    what = "feature maps" if len(slab.dims) > 1 and max(slab.dims[1:]) > 1 else "layer"
    if slab.kind == "input" or "-" in name:
        return " ".join(slab.names), _size(slab)
    return what if name.isdigit() or not name else f"{name}: {what}", _size(slab)
