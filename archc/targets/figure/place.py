"""The layout of a graph: its parts, forks and frames become one `Laid`, for either direction of flow (`laid.py`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from archc.targets.figure import ushape
from archc.targets.figure.figure import Box, FigureFrame, Graph, Part, Slab
from archc.targets.figure.fonts import measure
from archc.targets.figure.grid import tangle
from archc.targets.figure.laid import (
    ASIDE,
    BAND,
    CARD,
    FAN,
    GAP,
    LANE,
    NOTE,
    NOTE_LINE,
    PAD,
    Direction,
    Laid,
    LaidSlab,
    Point,
    Way,
    badge_width,
    box_size,
    moved,
)
from archc.targets.figure.split import Element, Fork, MainWay, Tangle, split

MUCH = 0.9
"""The first of two branches stays on the line if it has at least this fraction of the length of the second."""


class Placer:
    """Lays out graphs in one direction. Boxes are numbered in the order in which they are laid out, and so are slabs.

    `cells`: the look of each slab.
    """

    def __init__(self, direction: Direction, cells: Mapping[Slab, LaidSlab] | None = None) -> None:
        self.direction = direction
        self.cells = cells or {}
        self.boxes: list[Box | Slab] = []

    @property
    def down(self) -> bool:
        """Whether the flow goes down the page."""
        return self.direction == "down"

    # -- boxes and frames ---------------------------------------------------------------------------------------------

    def part(self, part: Part) -> Laid:
        """A box, a slab, or a frame with its inside."""
        if isinstance(part, Slab):
            return self.slab(part)
        return self.leaf(part) if isinstance(part, Box) else self.framed(part, self.graph(part.graph))

    def slab(self, slab: Slab) -> Laid:
        """A slab with its text: below it where the flow goes right, else on its right."""
        cell, number = self.cells[slab], len(self.boxes)
        self.boxes.append(slab)
        text = cell.text_height
        size, across = (cell.height, cell.width) if self.down else (cell.width, cell.height)
        beside = cell.text_width if self.down else text
        length = self._length(cell)
        half, start = max(cell.room, across) / 2, (length - size) / 2
        aside = ASIDE if self.down else ASIDE - 5.0  # a text hangs from its first baseline, not from its top
        laid = Laid(length, half, half + aside + beside, [Way([(0, 0), (start, 0)], number)])
        laid.exits = [Way([(start + size, 0), (length, 0)], number)]
        laid.cell = (number, cell)
        return laid

    def _length(self, cell: LaidSlab) -> float:
        """The length of a slab along the flow, including its text."""
        return max(cell.height, cell.text_height) if self.down else max(cell.width, cell.text_width)

    def leaf(self, box: Box) -> Laid:
        """A box, with the shape of its output beside the line that leaves it."""
        number = len(self.boxes)
        self.boxes.append(box)
        width, height = box_size(box)
        size, across = (height, width) if self.down else (width, height)
        cards = CARD * min(box.repeat - 1, 2)
        laid = Laid(size + cards, across / 2, across / 2 + cards, [Way([(0, 0)], number)])
        laid.box = (number, box, size, across)
        laid.exits = [Way([(size, 0)], number)]
        if box.shape:
            room = measure(box.shape, NOTE) + 5
            laid.caption = (box.shape, laid.length)
            if self.down:
                laid.length += NOTE_LINE
                laid.right = max(laid.right, room)
            else:
                laid.length += room
                laid.left = max(laid.left, NOTE_LINE + 1)
        if laid.length > size:
            laid.exits[0].points.append((laid.length, 0))
        return laid

    def framed(self, frame: FigureFrame, inner: Laid) -> Laid:
        """A frame around something."""
        name = measure(frame.label, NOTE) + (badge_width(frame.repeat) if frame.repeat > 1 else 0) + 2 * PAD
        band = BAND if frame.label or frame.repeat > 1 else 0.0
        laid = Laid()
        start = (band if self.down else 0.0) + PAD
        laid.put(inner, start, 0.0)
        laid.length += PAD
        laid.left += PAD + (0 if self.down else band)
        laid.right += PAD
        if self.down:
            laid.left = max(laid.left, name + 2)
        else:
            laid.length = max(laid.length, name)
        laid.entries = [Way([(0, 0), *moved(w.points, start, 0)], w.box) for w in inner.entries]
        laid.exits = [Way([*moved(w.points, start, 0), (laid.length, 0)], w.box) for w in inner.exits]
        laid.passing = [[(0, 0), *moved(points, start, 0), (laid.length, 0)] for points in inner.passing]
        laid.frame = (frame, laid.length, laid.left, laid.right)
        return laid

    # -- graphs -------------------------------------------------------------------------------------------------------

    def graph(self, graph: Graph) -> Laid:
        """A graph: its main path as a row, with its dead ends beside it."""
        structure = split(graph)
        return self.row(*self.elements(graph, structure))

    def elements(self, graph: Graph, structure: MainWay) -> tuple[list[Laid], dict[int, list[Laid]]]:
        """The elements of a graph's main path, and the dead ends attached to each, by the number of the element."""
        main = self.gathered(graph, structure)
        laid = [self.element(e, graph) for e in main]
        hanging: dict[int, list[Laid]] = {}
        for i, element in enumerate(main):
            end = element.merge if isinstance(element, Fork) else element
            if isinstance(end, int):
                for side in structure.sides.get(end, ()):
                    hanging.setdefault(i, []).append(self.aside(side, graph))
        return laid, hanging

    def gathered(self, graph: Graph, structure: MainWay) -> list[Element | ushape.Bent]:
        """The main path, with each U together with the parts on its highest level."""

        def long(part: int) -> float:
            slab = graph.parts[part]
            return self._length(self.cells[slab]) if isinstance(slab, Slab) else 0.0

        return ushape.gathered(structure, long)

    def aside(self, elements: Sequence[Element], graph: Graph, line: Sequence[Element] = ()) -> Laid:
        """Elements beside the main path, whose slabs are aligned with those in `line` instead."""
        slabs = [part for e in line if isinstance(e, int) and isinstance(part := graph.parts[e], Slab)]
        return self._in_line(slabs, lambda: self.inner(elements, graph))

    def _in_line(self, slabs: Sequence[Slab], lay: Callable[[], Laid]) -> Laid:
        """The result of `lay`, with room for the largest of `slabs` around each slab."""
        usual = self.cells
        room = max((usual[slab].across for slab in slabs), default=0.0)
        self.cells = {slab: replace(cell, room=room) for slab, cell in usual.items()}
        laid = lay()
        self.cells = usual
        return laid

    def _stream(self, part: Part, parts: Sequence[Part]) -> Laid:
        """A part of a tangle; slabs of one resolution are aligned, with equal room."""
        if not isinstance(part, Slab):
            return self.part(part)
        line = [other for other in parts if isinstance(other, Slab) and other.dims[1:] == part.dims[1:]]
        return self._in_line(line, lambda: self.part(part))

    def element(self, element: Element | ushape.Bent, graph: Graph) -> Laid:
        """A part, fork or tangle."""
        if isinstance(element, ushape.Bent):
            u = ushape.levels(element.fork)
            u[0].left += element.before
            u[0].right += element.after
            return ushape.laid_out(u, lambda side, line: self.aside(side, graph, line))
        if isinstance(element, Fork):
            u = ushape.levels(element)
            return (
                ushape.laid_out(u, lambda side, line: self.aside(side, graph, line)) if u else self.fork(element, graph)
            )
        if isinstance(element, Tangle):
            parts = [graph.parts[p] for p in element.parts]
            return tangle(element, [self._stream(part, parts) for part in parts])
        return self.part(graph.parts[element])

    def inner(self, elements: Sequence[Element], graph: Graph) -> Laid:
        """Elements one after the other."""
        return self.row([self.element(e, graph) for e in elements], {})

    def row(self, units: Sequence[Laid], hanging: dict[int, list[Laid]]) -> Laid:
        """Things one after the other."""
        laid, places = Laid(passing=[[]]), list[float]()
        s = 0.0
        for unit in units:
            laid.put(unit, s, 0.0)
            places.append(s)
            self._append(laid, unit, s)
            s += unit.length + GAP
        self._hang(laid, units, places, hanging)
        return laid

    def _append(self, laid: Laid, unit: Laid, s: float) -> None:
        """Continue the lines that leave a row into the next thing, at `s`, and past it."""
        entries = [Way(moved(w.points, s, 0), w.box) for w in unit.entries]
        passing = [moved(points, s, 0) for points in unit.passing]
        laid.wires += [([*a.points, *b.points], a.box, b.box) for a in laid.exits for b in entries]
        laid.entries += [Way([*points, *w.points], w.box) for points in laid.passing for w in entries]
        laid.exits = [Way([*w.points, *points], w.box) for w in laid.exits for points in passing]
        laid.exits += [Way(moved(w.points, s, 0), w.box) for w in unit.exits]
        laid.passing = [[*one, *other] for one in laid.passing for other in passing]

    def _hang(self, laid: Laid, units: Sequence[Laid], places: list[float], hanging: dict[int, list[Laid]]) -> None:
        """Put dead ends to the right of the row, clear of it and of each other."""
        taken = [(s, s + unit.length, unit.right) for s, unit in zip(places, units, strict=True)]
        for i, sides in sorted(hanging.items(), reverse=True):  # later ones are nearer, so that no line crosses them
            for side in sides:
                turn = places[i] + units[i].length + GAP * 0.45
                start = turn + GAP * 0.7
                t = ASIDE + side.left
                t += max(
                    (right for a, b, right in taken if a < start + side.length + GAP and b > turn - 1), default=0.0
                )
                end = laid.length
                laid.put(side, start, t)
                taken.append((turn, start + side.length, t + side.right))
                for out in units[i].exits:
                    for into in side.entries:
                        points = [*moved(out.points, places[i], 0), (turn, 0), (turn, t), *moved(into.points, start, t)]
                        laid.wires.append((points, out.box, into.box))
                if laid.length > end:
                    laid.exits = [Way([*w.points, (laid.length, 0)], w.box) for w in laid.exits]
                    laid.passing = [[*points, (laid.length, 0)] for points in laid.passing]

    # -- forks --------------------------------------------------------------------------------------------------------

    def fork(self, fork: Fork, graph: Graph) -> Laid:
        """Branches side by side, the arc of an empty branch outside them, and the merge."""
        branches = [self.inner(branch, graph) for branch in fork.branches]
        merge = self.part(graph.parts[fork.merge]) if fork.merge is not None else None
        part = graph.parts[fork.merge] if fork.merge is not None else None
        keyword = part.merge if isinstance(part, Box) else None
        gate = keyword == "mul" and fork.direct and len(branches) == 1
        places = _across(branches, keyword in ("add", "mul", None), gate)
        laid = Laid()
        longest = max(b.length for b in branches)
        signs = merge.room_for_signs if merge is not None else 0.0
        end = FAN + longest + signs + FAN
        tops = []
        for branch, t in zip(branches, places, strict=True):
            s = FAN + (longest - branch.length if len(branches) > 1 and t != 0 else longest - branch.length) / 2
            laid.put(branch, s, t)
            tops.append(s)
            laid.entries += [Way([*_turn(FAN / 2, t), *moved(w.points, s, t)], w.box) for w in branch.entries]
        beside = merge.box[3] / 2 if merge is not None and merge.box else 0.0
        lane = 0.0 if gate else max(laid.right, beside) + LANE + signs
        if merge is not None:
            laid.put(merge, end, 0.0)
        laid.length = max(laid.length, end)
        half, side = (merge.box[2] / 2, merge.box[3] / 2) if merge is not None and merge.box else (0.0, 0.0)
        aside = [t for t in places if t != 0]
        for branch, s, t in zip(branches, tops, places, strict=True):
            sideways = (
                merge is not None and merge.box and (gate or (aside == [t] and not fork.direct and len(places) == 2))
            )
            for out in branch.exits:
                points = moved(out.points, s, t)
                if merge is None:
                    laid.exits.append(Way([*points, *_turn(end - FAN / 2, t, back=True), (end, 0)], out.box))
                    continue
                for into in merge.entries:
                    if sideways and 0 < side < t:
                        corner = [(end + half, t), (end + half, side)]
                    else:
                        corner = [*_turn(end - FAN / 2, t, back=True), *moved(into.points, end, 0)]
                    laid.wires.append(([*points, *corner], out.box, into.box))
        if fork.direct:
            self._arc(laid, merge, lane, end, (half, side))
        if merge is not None:
            laid.exits = [Way(moved(w.points, end, 0), w.box) for w in merge.exits]
        return laid

    def _arc(self, laid: Laid, merge: Laid | None, lane: float, end: float, half: tuple[float, float]) -> None:
        """The empty branch: a line along `lane` that enters the merge from the side."""
        start = [(0.0, 0.0), (FAN / 2, 0.0), (FAN / 2, lane)] if lane else [(0.0, 0.0)]
        laid.right = max(laid.right, lane + 1)
        if merge is None:
            laid.passing = [[*start, (end - FAN / 2, lane), (end - FAN / 2, 0.0), (end, 0.0)]]
            return
        for into in merge.entries:
            if not lane:
                points = [*start, (end, 0.0), *moved(into.points, end, 0)]
            elif merge.box:
                points = [*start, (end + half[0], lane), (end + half[0], half[1])]
            else:
                points = [*start, (end - FAN / 2, lane), (end - FAN / 2, 0.0), *moved(into.points, end, 0)]
            laid.entries.append(Way(points, into.box))


def _turn(s: float, t: float, back: bool = False) -> list[Point]:
    """The corners from the line of the flow to `t` beside it, turning at `s`; with `back`, the reverse."""
    if t == 0:
        return []
    return [(s, t), (s, 0.0)] if back else [(0.0, 0.0), (s, 0.0), (s, t)]


def _across(branches: Sequence[Laid], main: bool, gate: bool) -> list[float]:
    """The position of each branch: two with `main` are on the line and right of it, others around the line."""
    if gate:
        return [ASIDE + branches[0].left]
    if len(branches) == 1:
        return [0.0]
    if main and len(branches) == 2:
        longest = int(branches[0].length < MUCH * branches[1].length)
        other = 1 - longest
        places = [0.0, 0.0]
        places[other] = branches[longest].right + ASIDE + branches[other].left
        return places
    places, t = [], 0.0
    for branch in branches:
        places.append(t + branch.left)
        t += branch.left + branch.right + ASIDE
    middle = (t - ASIDE) / 2
    nearest = min(places, key=lambda p: abs(p - middle))
    if len(branches) % 2 and abs(nearest - middle) < 30:
        middle = nearest
    return [p - middle for p in places]
