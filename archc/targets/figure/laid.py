"""The elements of the layout: rectangles along and across the flow, and the lines that lead in, out and past.

There are two coordinates: *along* the flow, and *across* it with 0 on the line that the flow enters and leaves by. A
`Laid` thing reaches from 0 to `length` along and from `-left` to `right` across. Combining things only shifts them, so
the work is linear in what is drawn, and nothing overlaps, because each thing stays in its own rectangle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from archc.support.record import Record, Struct, field, replace
from archc.targets.figure.figure import Box, FigureFrame, Kind, Slab
from archc.targets.figure.fonts import measure

Direction: TypeAlias = Literal["down", "right"]
Point: TypeAlias = tuple[float, float]

TITLE, NOTE = 10.0, 8.0
"""Sizes of text in points."""
TITLE_LINE, NOTE_LINE = 12.5, 10.0
PAD = 6.0
"""The margin between a text and the edge of its box."""
BARS = 2.5
"""The distance from the edge of a block's box to the line inside it."""
CLEAR = 2.0
"""The distance between a sign and its line."""
GAP, FAN, ASIDE, LANE = 17.0, 14.0, 14.0, 9.0
"""Distances: between parts in a row; to fan out and in; between branches; from branches to the arc of an empty one."""
BAND = 13.0
"""The height of a frame's label."""
CARD = 2.5
"""The offset of the cards behind a repeated box."""


class Way(Struct):
    """Part of a line between two boxes: its corners so far, and the number of the box at its known end."""

    points: list[Point]
    box: int


class Face(NamedTuple):
    """An outline, its shade from -1 (dark) to 1 (light), and the kind that gives its colour; None for its slab's."""

    points: tuple[Point, ...]
    shade: float
    kind: Kind | None = None


Faces: TypeAlias = tuple[Face, ...]
"""Faces from back to front."""
Lines: TypeAlias = tuple[tuple[Point, ...], ...]


class Bank(Record):
    """The kernels of a convolution: the first of them, and their number and size in words."""

    faces: Faces
    width: float
    height: float
    words: str


class LaidSlab(Record):
    """A slab and its text: the faces measured from its own top left, their size, and lines, each bold or not.

    `across`: its size across the flow; `room`: the size that all aligned slabs get, so that their texts are aligned.
    `strokes`: lines on it and arcs over it; `sign`: the sign at the end of an arc. `bank`: the kernels below the text.
    """

    slab: Slab
    faces: Faces
    width: float
    height: float
    lines: tuple[tuple[str, bool], ...]
    room: float
    across: float = 0.0
    strokes: Lines = ()
    sign: tuple[str, Point] | None = None
    bank: Bank | None = None

    @property
    def text_width(self) -> float:
        """The width of the longest line, or of the kernels below the lines."""
        width = max(measure(text, NOTE, "bold" if bold else "regular") for text, bold in self.lines)
        return max(width, self.bank.width, measure(self.bank.words, NOTE)) if self.bank is not None else width

    @property
    def text_height(self) -> float:
        """The height of the lines and the kernels below them."""
        return NOTE_LINE * len(self.lines) + (self.bank.height if self.bank is not None else 0.0)


class Laid(Struct):
    """Something laid out, see the module.

    `entries` lead from (0, 0) to boxes, `exits` from boxes to (length, 0), `passing` from (0, 0) to (length, 0) past
    all boxes; `wires` join two boxes in it. `children` are the things in it, each with its position along and across.
    `box`: its number, the box, and its size along and across; `cell`: a slab's number, and its look; `frame`: the
    frame, its length, left and right; `caption`: a text, and its position along.
    """

    length: float = 0.0
    left: float = 0.0
    right: float = 0.0
    entries: list[Way] = field(default_factory=list)
    exits: list[Way] = field(default_factory=list)
    passing: list[list[Point]] = field(default_factory=list)
    wires: list[tuple[list[Point], int, int]] = field(default_factory=list)
    children: list[tuple[Laid, float, float]] = field(default_factory=list)
    box: tuple[int, Box, float, float] | None = None
    cell: tuple[int, LaidSlab] | None = None
    frame: tuple[FigureFrame, float, float, float] | None = None
    caption: tuple[str, float] | None = None

    @property
    def room_for_signs(self) -> float:
        """The length that the signs of incoming lines need in front of a box or slab, in either direction."""
        thing = self.box[1] if self.box is not None else self.cell[1].slab if self.cell is not None else None
        signs = thing.signs if thing is not None else ()
        return max((max(NOTE_LINE, measure(text, NOTE, "bold") + 2 * CLEAR) for _, text in signs), default=0.0)

    def narrowed(self, spare: float) -> Laid:
        """A slab that takes less room on both sides."""
        assert self.cell is not None
        number, cell = self.cell
        cell = replace(cell, room=cell.room - 2 * spare)
        return replace(self, left=self.left - spare, right=self.right - spare, cell=(number, cell))

    def put(self, child: Laid, s: float, t: float) -> None:
        """Place a thing inside this one, which grows across if it must."""
        self.children.append((child, s, t))
        self.left = max(self.left, child.left - t)
        self.right = max(self.right, child.right + t)
        self.length = max(self.length, s + child.length)


def moved(points: Sequence[Point], s: float, t: float) -> list[Point]:
    """Points shifted."""
    return [(a + s, b + t) for a, b in points]


def straightened(points: Sequence[Point]) -> list[Point]:
    """Remove repeated points, and those in the middle of a straight line."""
    found: list[Point] = []
    for p in points:
        if found and abs(found[-1][0] - p[0]) < 0.01 and abs(found[-1][1] - p[1]) < 0.01:
            continue
        if len(found) > 1 and any(abs(found[-2][i] - found[-1][i]) < 0.01 > abs(found[-1][i] - p[i]) for i in (0, 1)):
            found[-1] = p
        else:
            found.append(p)
    return found


def box_lines(box: Box) -> tuple[tuple[str, float, bool], ...]:
    """The text of a box: each line with its size and whether it is the title."""
    if box.merge is not None:
        return ((" ".join((box.title, *box.notes)), TITLE if not box.notes else NOTE, True),)
    notes = [(note, NOTE, False) for note in box.notes]
    return (*notes[: box.above], (box.title, TITLE, True), *notes[box.above :])


def box_size(box: Box) -> tuple[float, float]:
    """The width and height of a box, without the cards behind it."""
    lines = box_lines(box)
    width = max(measure(text, size, "bold" if title else "regular") for text, size, title in lines) + 2 * PAD
    width += 2 * BARS if box.kind in ("block", "input") else 0.0
    height = sum(TITLE_LINE if title else NOTE_LINE for _, _, title in lines) + PAD
    if box.repeat > 1:
        width += badge_width(box.repeat)
    if box.merge is not None:
        return max(width + 4, 20.0), 20.0
    return max(width, 44.0), height + 2


def badge_width(repeat: int) -> float:
    """The room for `×3` in a box."""
    return measure(f"×{repeat}", TITLE, "bold") + PAD
