"""The geometry of a figure: the position of everything, in points from the top left. All painted formats share it."""

from __future__ import annotations

from typing import Literal, TypeAlias

from archc.support.record import Record
from archc.targets.figure.figure import Badge, Box, Figure, FigureFrame, Inset, Kind, Slab
from archc.targets.figure.fonts import measure
from archc.targets.figure.laid import Faces, Lines, Point

Anchor: TypeAlias = Literal["start", "middle", "end"]
Role: TypeAlias = Literal["title", "note", "shape", "heading", "badge", "frame"]

MARGIN = 16.0
HEADING, SMALL = 14.0, 8.0


class Words(Record):
    """A line of text; (`x`, `y`) is the point of its baseline that `anchor` names."""

    text: str
    x: float
    y: float
    size: float
    role: Role
    anchor: Anchor = "start"
    bold: bool = False

    @property
    def width(self) -> float:
        """Its width in points."""
        return measure(self.text, self.size, "bold" if self.bold else "regular")

    @property
    def rectangle(self) -> tuple[float, float, float, float]:
        """The left, top, right and bottom of the letters."""
        left = self.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor] * self.width
        return left, self.y - 0.73 * self.size, left + self.width, self.y + 0.21 * self.size


class PlacedBox(Record):
    """A box, its position and its text. `cards`: the offset of the rearmost card behind a repeated one."""

    box: Box
    x: float
    y: float
    width: float
    height: float
    words: tuple[Words, ...]
    cards: float = 0.0

    @property
    def rectangle(self) -> tuple[float, float, float, float]:
        """The left, top, right and bottom, including its cards."""
        return self.x, self.y, self.x + self.width + self.cards, self.y + self.height + self.cards


class PlacedFrame(Record):
    """A frame, its position and its label."""

    frame: FigureFrame
    x: float
    y: float
    width: float
    height: float
    words: tuple[Words, ...]


class PlacedSlab(Record):
    """A slab: its faces from back to front, its text, the lines on and over it, and the faces of its kernels."""

    slab: Slab
    faces: Faces
    words: tuple[Words, ...]
    strokes: Lines = ()
    bank: Faces = ()

    @property
    def rectangle(self) -> tuple[float, float, float, float]:
        """The left, top, right and bottom of the faces."""
        xs, ys = zip(*(p for face in self.faces for p in face.points), strict=True)
        return min(xs), min(ys), max(xs), max(ys)


class Wire(Record):
    """A line with square corners between two boxes, given by their numbers in `Page.boxes`; `arrow`: it has a head."""

    points: tuple[Point, ...]
    start: int
    end: int
    arrow: bool = True


class Panel(Record):
    """The paper behind an inset, with its heading."""

    inset: Inset
    x: float
    y: float
    width: float
    height: float
    words: tuple[Words, ...]


class Sample(Record):
    """A swatch of the legend and its text. `kind` is None in the swatch for frozen parts."""

    kind: Kind | None
    badge: Badge
    x: float
    y: float
    width: float
    height: float
    words: tuple[Words, ...]


class HeatScale(Record):
    """The scale of a heat figure: a bar and its numbers."""

    x: float
    y: float
    width: float
    height: float
    words: tuple[Words, ...]


class Paper(Record):
    """How a page is printed: points on paper per point of the figure, and the width cut from each margin."""

    scale: float
    cut: float


class Page(Record):
    """Everything at its position, and the size of the page."""

    figure: Figure
    width: float
    height: float
    heading: tuple[Words, ...] = ()
    panels: tuple[Panel, ...] = ()
    frames: tuple[PlacedFrame, ...] = ()
    wires: tuple[Wire, ...] = ()
    boxes: tuple[PlacedBox, ...] = ()
    slabs: tuple[PlacedSlab, ...] = ()
    lines: tuple[tuple[Point, ...], ...] = ()
    arcs: tuple[tuple[Point, ...], ...] = ()
    captions: tuple[Words, ...] = ()
    legend: tuple[Sample, ...] = ()
    scale: HeatScale | None = None
    remarks: tuple[Words, ...] = ()
    paper: Paper | None = None
