"""The scene: the things of a page as shapes and texts in a theme's colours, common to all painters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import cos, pi, sin
from typing import TypeAlias

from archc.support.record import Record
from archc.targets.figure.figure import Badge, Box, Broken, Changed, Figure, Kind, Slab
from archc.targets.figure.laid import BARS, Point
from archc.targets.figure.page import Page, Paper, PlacedBox, PlacedFrame, PlacedSlab, Wire, Words
from archc.targets.figure.strokes import Command, curved, once, smooth
from archc.targets.figure.theme import Theme, mixed
from archc.targets.figure.wording import BADGES


class PathMark(Record):
    """A path, filled and outlined; `dash` is the length of its dashes, 0 for a solid line.

    `others` are further paths of the same style.
    """

    path: tuple[Command, ...]
    closed: bool
    fill: str | None = None
    stroke: str | None = None
    width: float = 0.8
    dash: float = 0.0
    others: tuple[tuple[Command, ...], ...] = ()

    @property
    def paths(self) -> tuple[tuple[Command, ...], ...]:
        """All of its paths."""
        return (self.path, *self.others)


class TextMark(Record):
    """A line of text in a colour."""

    words: Words
    colour: str


Mark: TypeAlias = PathMark | TextMark


class MarkGroup(Record):
    """The marks of a module: `path` is its path, `tip` its tooltip."""

    path: str
    tip: str
    marks: tuple[Mark, ...]


class Scene(Record):
    """Everything to paint, from back to front."""

    width: float
    height: float
    title: str
    description: str
    items: tuple[Mark | MarkGroup, ...]
    paper: Paper | None = None


def scene(page: Page, theme: Theme) -> Scene:
    """The scene of a page."""
    items = tuple(_items(page, theme))
    figure = page.figure
    return Scene(page.width, page.height, figure.title or figure.name, figure.description, items, page.paper)


def _items(page: Page, theme: Theme) -> Iterator[Mark | MarkGroup]:
    yield PathMark(_rectangle(0, 0, page.width, page.height), True, theme.paper)
    for panel in page.panels:
        path = _rounded(panel.x, panel.y, panel.width, panel.height, 6)
        texts = (TextMark(w, theme.ink if w.bold else theme.muted) for w in panel.words)
        yield MarkGroup(
            "", f"inside {panel.inset.title}", (PathMark(path, True, theme.panel, theme.frame_edge, 0.6), *texts)
        )
    for frame in page.frames:
        yield _frame(frame, theme)
    yield from _wires(page.wires, theme)
    for slab in page.slabs:
        yield _slab(slab, page.figure, theme)
    for line in page.lines:
        yield PathMark(line, False, None, theme.line, 0.6)
    for arc in page.arcs:
        line, head = _arrow(arc)
        yield PathMark((smooth if len(arc) > 2 else curved)(line), False, None, theme.line, 0.6)
        yield PathMark(head, True, theme.line)
    for box in page.boxes:
        yield _box(box, page.figure, theme)
    for words in page.captions:
        yield TextMark(words, theme.muted)
    for words in page.heading:
        yield TextMark(words, theme.ink)
    for sample in page.legend:
        x, y, width, height = sample.x, sample.y, sample.width, sample.height
        if sample.kind is not None:
            yield from outline(sample.kind, x, y, width, height, theme.fills[sample.kind], theme)
        yield from corner(sample.badge, x + width / 2, y + height / 2, theme)
        yield from (TextMark(w, theme.ink) for w in sample.words)
    for words in page.remarks:
        yield TextMark(words, theme.muted)
    if page.scale is not None:
        bar, steps = page.scale, 32
        for i in range(steps):
            part = _rectangle(bar.x + bar.width * i / steps, bar.y, bar.width / steps + 0.3, bar.height)
            yield PathMark(part, True, theme.warmth((i + 0.5) / steps))
        yield from (TextMark(w, theme.ink) for w in bar.words)


# -- parts ------------------------------------------------------------------------------------------------------------


def _frame(placed: PlacedFrame, theme: Theme) -> MarkGroup:
    frame = placed.frame
    stroke, width = (theme.accent, 1.8) if frame.marked else (theme.frame_edge, 0.6)
    shape = PathMark(
        _rounded(placed.x, placed.y, placed.width, placed.height, 5),
        True,
        theme.frame,
        stroke,
        width,
        3.0 if not frame.path else 0.0,
    )
    words = tuple(TextMark(w, theme.ink if w.bold else theme.muted) for w in placed.words)
    told = [frame.path or f"repeated {frame.repeat} times", BADGES[frame.frozen]]
    marks: tuple[Mark, ...] = (shape, *words, *corner(frame.frozen, placed.x, placed.y, theme))
    return MarkGroup(frame.path, ", ".join(filter(None, told)), marks)


def _fill(thing: Box | Slab, figure: Figure, theme: Theme) -> str:
    """The colour of a kind, or of a cost in a heat figure; blank without a cost."""
    if not figure.heat:
        return dimmed(theme.fills[thing.kind], thing, theme)
    return theme.blank if thing.heat is None else theme.warmth(thing.heat / max(figure.hottest, 1))


DIM = 0.55
"""The share of the paper's colour in the fill of frozen parts."""


def dimmed(fill: str, thing: Box | Slab, theme: Theme) -> str:
    """The fill of frozen and removed parts."""
    pale = thing.dimmed or (isinstance(thing, Box) and thing.change == "gone")
    return mixed(fill, theme.paper, DIM) if pale else fill


def _box(placed: PlacedBox, figure: Figure, theme: Theme) -> MarkGroup:
    box = placed.box
    fill = _fill(box, figure, theme)
    marks: list[Mark] = []
    for i in (2, 1):
        if box.repeat > i and placed.cards:
            off = placed.cards / min(box.repeat - 1, 2) * i
            card = _rounded(placed.x + off, placed.y + off, placed.width, placed.height, _CORNERS.get(box.kind, 2.5))
            marks.append(PathMark(card, True, mixed(fill, theme.paper, 0.35), theme.edge, 0.6))
    marks += outline(
        box.kind, placed.x, placed.y, placed.width, placed.height, fill, theme, box.marked, box.broken, box.change
    )
    marks += [TextMark(w, theme.text) for w in placed.words]
    marks += corner(box.badge, placed.x, placed.y, theme)
    return MarkGroup(box.path, tip(box), tuple(marks))


def tip(box: Box) -> str:
    """The tooltip of a box."""
    words = [box.path, ": ".join(filter(None, (box.title, ", ".join(box.notes))))]
    if box.shape:
        words.append(f"→ {box.shape}")
    if box.repeat > 1:
        words.append(f"×{box.repeat}")
    words.append(BADGES[box.badge])
    return "  ".join(filter(None, words))


def _slab(placed: PlacedSlab, figure: Figure, theme: Theme) -> MarkGroup:
    slab = placed.slab
    fill = _fill(slab, figure, theme)
    stroke, width = (theme.accent, 1.8) if slab.marked else (theme.edge, 0.6)
    marks: list[Mark] = []
    for points, shade, kind in placed.faces:
        colour = dimmed(theme.fills[kind], slab, theme) if kind is not None and not figure.heat else fill
        marks.append(PathMark(points, True, shaded(colour, shade), stroke, width))
    marks += [PathMark(line, False, None, theme.edge, 0.6) for line in placed.strokes]
    marks += [PathMark(face.points, True, shaded(theme.paper, face.shade / 2), theme.edge, 0.5) for face in placed.bank]
    marks += [TextMark(w, theme.ink if w.bold else theme.muted) for w in placed.words]
    (x, y), *_ = placed.faces[0].points
    marks += corner(slab.badge, x, y, theme)
    return MarkGroup(slab.path, " ".join(filter(None, (slab.path, *slab.names, BADGES[slab.badge]))), tuple(marks))


def shaded(colour: str, shade: float) -> str:
    """A colour made darker (-1 to 0) or lighter (0 to 1)."""
    return mixed(colour, "#000000" if shade < 0 else "#ffffff", abs(shade))


_CORNERS: dict[Kind, float] = {"linear": 7.0, "activation": 7.0, "head": 7.0, "merge": 10.0, "block": 1.0}
_DASHES: dict[Kind, float] = {"regularization": 2.5, "shape": 1.2}


def outline(
    kind: Kind,
    x: float,
    y: float,
    width: float,
    height: float,
    fill: str,
    theme: Theme,
    marked: bool = False,
    broken: Broken = "",
    change: Changed = "",
) -> Iterator[PathMark]:
    """An outline that shows a kind without colour: bars for a block, dashes for reshaping, cut corners for pooling.

    Attention has two cut corners. Errors and added parts have a thick outline; parts of unknown size and removed ones
    have long dashes.
    """
    stroke, line = (theme.accent, 2.2) if marked else (theme.edge, 0.8)
    if broken == "wrong":
        stroke, line = theme.wrong, 2.2
    if change in ("new", "changed"):
        line = 1.8
    dash = 4.0 if change == "gone" else 4.0 if broken == "unknown" else 0.0 if broken else _DASHES.get(kind, 0.0)
    if kind == "pool":
        path = _chamfered(x, y, width, height, 4.0, 4.0)
    elif kind == "attention":
        path = _chamfered(x, y, width, height, 6.0, 0.0)
    else:
        path = _rounded(x, y, width, height, min(_CORNERS.get(kind, 2.5), height / 2))
    yield PathMark(path, True, fill, stroke, line, dash)
    if kind in ("block", "input"):
        for at in (x + BARS, x + width - BARS):
            yield PathMark(((at, y), (at, y + height)), False, None, stroke, 0.6)
    if kind == "head":
        yield PathMark(
            _rounded(x + 2, y + 2, width - 4, height - 4, max(min(5.0, height / 2 - 2), 0.5)), True, None, stroke, 0.5
        )


FLAKE = 3.3
"""The length of the arms of a snowflake."""


def corner(badge: Badge, x: float, y: float, theme: Theme) -> Iterator[PathMark]:
    """A disc at a corner with a sign.

    Frozen parts have a snowflake, light on dark if all of their weights are frozen, else dark on light. Added parts
    have a plus, removed ones a minus, light on dark, and changed ones a triangle.
    """
    if not badge:
        return
    whole = badge in ("wholly", "gone")
    yield PathMark(_circle(x, y, FLAKE + 1.5), True, theme.ink if whole else theme.paper, theme.ink, 0.7)
    if badge == "new":
        cross = ((x - FLAKE, y), (x + FLAKE, y), (x, y), (x, y - FLAKE), (x, y + FLAKE), (x, y))
        yield PathMark(cross, False, None, theme.ink, 1.3)
        return
    if badge == "gone":
        yield PathMark(((x - FLAKE, y), (x + FLAKE, y)), False, None, theme.paper, 1.6)
        return
    if badge == "changed":
        low, side = y + 0.6 * FLAKE, 0.95 * FLAKE
        yield PathMark(((x, y - FLAKE), (x + side, low), (x - side, low)), True, theme.ink)
        return
    path: list[Command] = []
    for arm in range(6):
        along = pi / 6 + arm * pi / 3
        fork = (x + 0.55 * FLAKE * cos(along), y + 0.55 * FLAKE * sin(along))
        path += [(x, y), fork]
        for aside in (along - pi / 4, along, along + pi / 4):
            path += [(fork[0] + 0.45 * FLAKE * cos(aside), fork[1] + 0.45 * FLAKE * sin(aside)), fork]
    yield PathMark((*path, (x, y)), False, None, theme.paper if whole else theme.ink, 0.6)


def _wires(wires: Sequence[Wire], theme: Theme) -> Iterator[PathMark]:
    """The lines of a page as one mark, then their arrowheads. Lines that end together share one."""
    lines, heads = dict[tuple[Command, ...], None](), dict[tuple[Command, ...], None]()
    for wire in wires:
        line, head = _arrow(wire.points) if wire.arrow and len(wire.points) > 1 else (wire.points, None)
        lines[curved(line)] = None
        if head is not None:
            heads[head] = None
    if lines:
        first, *others = once(lines)
        yield PathMark(first, False, None, theme.line, 0.8, others=tuple(others))
    if heads:
        first, *others = heads
        yield PathMark(first, True, theme.line, others=tuple(others))


def _arrow(line: Sequence[Point]) -> tuple[tuple[Point, ...], tuple[Command, ...]]:
    """A line that ends within its arrowhead, and the arrowhead."""
    *points, (bx, by) = line
    ax, ay = points[-1]
    size = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5 or 1.0
    ux, uy = (bx - ax) / size, (by - ay) / size
    long, half = 5.0, 2.3
    back = (bx - ux * long, by - uy * long)
    end = (bx - ux * long * 0.8, by - uy * long * 0.8)
    sides = ((back[0] - uy * half, back[1] + ux * half), (back[0] + uy * half, back[1] - ux * half))
    return (*points, end), ((bx, by), *sides)


# -- paths ------------------------------------------------------------------------------------------------------------


def _rectangle(x: float, y: float, width: float, height: float) -> tuple[Command, ...]:
    return (x, y), (x + width, y), (x + width, y + height), (x, y + height)


def _chamfered(x: float, y: float, width: float, height: float, falling: float, rising: float) -> tuple[Command, ...]:
    """A rectangle with cut corners, as long as stated for the corners of the falling and of the rising diagonal."""
    a, b, right, bottom = min(falling, height / 3), min(rising, height / 3), x + width, y + height
    path = (
        (x + a, y),
        (right - b, y),
        (right, y + b),
        (right, bottom - a),
        (right - a, bottom),
        (x + b, bottom),
        (x, bottom - b),
        (x, y + a),
    )
    return tuple(dict.fromkeys(path))


def _rounded(x: float, y: float, width: float, height: float, radius: float) -> tuple[Command, ...]:
    r, right, bottom = radius, x + width, y + height
    return (
        (x + r, y),
        (right - r, y),
        (right, y, right, y + r),
        (right, bottom - r),
        (right, bottom, right - r, bottom),
        (x + r, bottom),
        (x, bottom, x, bottom - r),
        (x, y + r),
        (x, y, x + r, y),
    )


def _circle(x: float, y: float, radius: float) -> tuple[Command, ...]:
    """A circle as eight curves whose control points are the corners of an octagon around it."""
    outer = radius / cos(pi / 8)
    reach = [(turn * pi / 8, outer if turn % 2 else radius) for turn in range(17)]
    points = [(x + r * cos(angle), y + r * sin(angle)) for angle, r in reach]
    return points[0], *((*control, *end) for control, end in zip(points[1::2], points[2::2], strict=True))
