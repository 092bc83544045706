"""From a figure to a page: the net in columns, its insets beside it, a title above and a legend below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from archc.support.record import Record, Struct, field
from archc.targets.figure.columns import Token, Unit, built, is_lone, length, spread, tightened, tokens
from archc.targets.figure.figure import Box, Figure, Inset, Slab
from archc.targets.figure.fonts import ASCENT, measure
from archc.targets.figure.laid import (
    BARS,
    CARD,
    NOTE,
    NOTE_LINE,
    PAD,
    TITLE,
    TITLE_LINE,
    Direction,
    Laid,
    LaidSlab,
    Point,
    badge_width,
    box_lines,
    straightened,
)
from archc.targets.figure.legend import heading_of, legend_of, remarks_of
from archc.targets.figure.page import (
    HEADING,
    MARGIN,
    Page,
    Panel,
    PlacedBox,
    PlacedFrame,
    PlacedSlab,
    Wire,
    Words,
)
from archc.targets.figure.place import Placer
from archc.targets.figure.rows import is_row, lay_out_row
from archc.targets.figure.signs import signs
from archc.targets.figure.slabs import cells, place_slab

A4 = (539.0, 785.0)
"""The printable area of an A4 page with margins of 10 mm, in points."""
SLIDE = (960.0, 540.0)
"""A slide of 16:9, which a figure of stages should fill."""
GUTTER = 30.0
"""Between columns."""
BETWEEN = 22.0
"""Between the net and its insets."""
SPACE, TABLE = 10.0, 4.0
"""Between the columns of the table of an inset, and above it."""
MOST_COLUMNS = 60
NARROWEST = 230.0
"""The least width of a page; a narrower net is centred above its legend."""


class Sheet(Struct):
    """Everything placed so far."""

    down: bool
    frames: list[PlacedFrame] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    boxes: dict[int, PlacedBox] = field(default_factory=dict)
    slabs: dict[int, PlacedSlab] = field(default_factory=dict)
    captions: list[Words] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)

    def at(self, origin: Point, s: float, t: float) -> Point:
        """The position on the page (right, down) of a position along and across the flow."""
        return (origin[0] + t, origin[1] + s) if self.down else (origin[0] + s, origin[1] + t)

    def rectangle(self, origin: Point, s: float, t: float, size: float, across: float) -> tuple[float, ...]:
        """The left, top, width and height on the page of something given along and across the flow."""
        x, y = self.at(origin, s, t)
        return (x, y, across, size) if self.down else (x, y, size, across)

    def draw(self, laid: Laid, origin: Point) -> None:
        """Place everything in something laid out, whose (0, 0) is at `origin`."""
        waiting = [(laid, 0.0, 0.0)]
        while waiting:
            here, s, t = waiting.pop()
            if here.frame is not None:
                self._frame(here, origin, s, t)
            if here.box is not None:
                self._box(here, origin, s, t)
            if here.cell is not None:
                number, cell = here.cell
                x, y = self.at(origin, s + here.length / 2, t)
                self.slabs[number] = place_slab(cell, x, y, "down" if self.down else "right")
            for points, start, end in here.wires:
                self.wire([self.at(origin, s + a, t + b) for a, b in points], start, end)
            waiting.extend((child, s + a, t + b) for child, a, b in reversed(here.children))

    def wire(self, points: Sequence[Point], start: int, end: int) -> None:
        """Place a line, without redundant corners."""
        self.wires.append(Wire(tuple(straightened(points)), start, end))

    def signed(self) -> tuple[Words, ...]:
        """The texts beside lines: shapes, and signs at the ends of operands' lines."""
        things: dict[int, Box | Slab] = {number: placed.box for number, placed in self.boxes.items()}
        things |= {number: placed.slab for number, placed in self.slabs.items()}
        worded: list[PlacedSlab | PlacedFrame] = [*self.slabs.values(), *self.frames]
        taken = [words.rectangle for one in worded for words in one.words]
        taken += [box.rectangle for box in self.boxes.values()] + [slab.rectangle for slab in self.slabs.values()]
        taken += [words.rectangle for words in self.captions]
        return (*self.captions, *signs(self.wires, things, taken))

    def _frame(self, here: Laid, origin: Point, s: float, t: float) -> None:
        assert here.frame is not None
        frame, size, left, right = here.frame
        x, y, width, height = self.rectangle(origin, s, t - left, size, left + right)
        words = [Words(frame.label, x + PAD, y + 10, NOTE, "frame")] if frame.label else []
        if frame.repeat > 1:
            after = measure(frame.label, NOTE) + PAD if frame.label else 0.0
            words.append(Words(f"×{frame.repeat}", x + PAD + after, y + 10.5, TITLE, "badge", bold=True))
        self.frames.append(PlacedFrame(frame, x, y, width, height, tuple(words)))

    def _box(self, here: Laid, origin: Point, s: float, t: float) -> None:
        assert here.box is not None
        number, box, size, across = here.box
        x, y, width, height = self.rectangle(origin, s, t - across / 2, size, across)
        self.boxes[number] = PlacedBox(
            box, x, y, width, height, tuple(_words(box, x, y, width, height)), CARD * min(box.repeat - 1, 2)
        )
        if here.caption is not None:
            text, after = here.caption
            cx, cy = self.at(origin, s + after, t)
            place = (cx + 4, cy + NOTE_LINE - 1) if self.down else (cx + 3, cy - 3)
            self.captions.append(Words(text, *place, NOTE, "shape"))


def _words(box: Box, x: float, y: float, width: float, height: float) -> list[Words]:
    """The lines of a box, centred, and its count on the right."""
    lines = box_lines(box)
    room = badge_width(box.repeat) if box.repeat > 1 else 0.0
    middle = x + (width - room) / 2
    total = sum(TITLE_LINE if title else NOTE_LINE for _, _, title in lines)
    top = y + (height - total) / 2
    found = []
    for text, size, title in lines:
        line = TITLE_LINE if title else NOTE_LINE
        baseline = top + line / 2 + size * (ASCENT - 0.02) / 2
        found.append(Words(text, middle, baseline, size, "title" if title else "note", "middle", bold=title))
        top += line
    if room:
        baseline = y + height / 2 + TITLE * ASCENT / 2
        edge = PAD + (BARS if box.kind == "block" else 0)
        found.append(Words(f"×{box.repeat}", x + width - edge, baseline, TITLE, "badge", "end", bold=True))
    return found


# -- arranging --------------------------------------------------------------------------------------------------------


class _Block(Record):
    """Something laid out as a rectangle: its size along and across, and the position across where its line enters."""

    laid: Laid
    along: float
    across: float

    @classmethod
    def of(cls, laid: Laid) -> _Block:
        return cls(laid, laid.length, laid.left + laid.right)


def lay_out(figure: Figure, direction: Direction | None = None) -> Page:
    """Place a figure. The direction of the flow is the level's usual one unless it is given.

    The number of columns is the one that lets the figure be printed largest on A4, upright or on its side.
    """
    usual: Direction = "right" if figure.level == "stage" else "down"
    if is_row(figure) and direction != "down":
        return lay_out_row(figure)
    return Arranger(figure, direction or usual).page()


class Arranger:
    """Arranges the columns of a figure and its insets so that they print as large as possible."""

    def __init__(
        self,
        figure: Figure,
        direction: Direction,
        columns: int = MOST_COLUMNS,
        looks: Mapping[Slab, LaidSlab] | None = None,
    ) -> None:
        """`columns`: how many there may be; `looks`: how slabs look, if not as in this figure alone."""
        self.figure = figure
        self.most = columns
        self.placer = Placer(direction, looks or cells(figure, direction))
        self.down = direction == "down"
        self.tokens = tokens(self.placer, figure.graph)
        self.insets = [self._inset(inset) for inset in figure.insets]

    def page(self, least: float = NARROWEST) -> Page:
        """The best arrangement, drawn, on a page that is at least this wide."""
        columns, stacks = self._best()
        blocks = [_Block.of(laid) for laid in built(self.placer, columns)]
        sheet = Sheet(self.down)
        heading = heading_of(self.figure)
        top = MARGIN + (HEADING + 10 if heading else 0)
        along, across = (top, MARGIN) if self.down else (MARGIN, top)
        spare = (least - 2 * MARGIN - sum(b.across for b in blocks)) / 2
        if self.down and not stacks and len(blocks) == 1 and spare > 0:
            across += spare
        end, across = self._net(sheet, blocks, along, across)
        far, across = self._beside(sheet, stacks, along, across)
        width, height = (across, max(end, far)) if self.down else (max(end, far), across)
        width = max(width + MARGIN, *(w.width + 2 * MARGIN for w in heading), least)
        width = max(width, *(w.width + 2 * MARGIN for w in remarks_of(self.figure, 0.0)[0]), 0.0)
        legend, scale, height = legend_of(self.figure, width, height + 8)
        remarks, height = remarks_of(self.figure, height)
        return Page(
            self.figure,
            width,
            height + MARGIN,
            heading,
            tuple(sheet.panels),
            tuple(sheet.frames),
            tuple(sheet.wires),
            tuple(sheet.boxes[i] for i in range(len(sheet.boxes))),
            tuple(sheet.slabs[i] for i in range(len(sheet.slabs))),
            captions=sheet.signed(),
            legend=legend,
            scale=scale,
            remarks=remarks,
        )

    def _best(self) -> tuple[list[list[Token]], list[list[tuple[Inset, Laid]]]]:
        """The columns of the net and the stacks of the insets that print largest."""
        best: tuple[float, list[list[Token]], list[list[tuple[Inset, Laid]]]] = (0.0, [], [])
        square = (sum(map(length, self.tokens)) / max(self._width(self.tokens), 1.0)) ** 0.5
        for count in range(min(self.most, max(1, int(square / 3))), self.most + 1):
            columns = tightened(spread(self.tokens, count))
            tried = [self._scored(columns, stacks) for stacks in range(bool(self.insets), len(self.insets) + 1)]
            top = max(tried, key=lambda one: one[0])
            if top[0] > best[0] * 1.001:
                best = (top[0], columns, top[1])
            if len(columns) <= count // 2 or top[0] < best[0] * 0.8:
                break
        return best[1], best[2]

    def _scored(self, columns: list[list[Token]], count: int) -> tuple[float, list[list[tuple[Inset, Laid]]]]:
        """The quality of the insets beside these columns in `count` stacks, and the stacks."""
        along = max(sum(map(length, column)) for column in columns) + 24
        across = sum(map(self._width, columns)) + GUTTER * (len(columns) - 1)
        stacks = _piled(self.insets, count)
        along = max(along, *(sum(laid.length + 14 for _, laid in stack) for stack in stacks), 0.0)
        across += sum(max(laid.left + laid.right for _, laid in stack) + BETWEEN for stack in stacks)
        lone = sum(map(is_lone, columns))
        return self._score(along, across) * 0.97 ** (len(columns) + count + 3 * lone), stacks

    def _width(self, column: Sequence[Token]) -> float:
        """The approximate width of a column."""
        units = [u for u in column if isinstance(u, Unit)]
        left = max((u.laid.left for u in units), default=0.0)
        right = max((u.laid.right + sum(s.left + s.right + 14 for s in u.sides) for u in units), default=0.0)
        return left + right + 3 * PAD

    def _score(self, along: float, across: float) -> float:
        """The scale at which a net of this size prints on A4, at most 1."""
        width, height = (across, along) if self.down else (along, across)
        width, height = width + 2 * MARGIN, height + 2 * MARGIN + 50
        if self.figure.level == "stage":
            return min(SLIDE[0] / width, SLIDE[1] / height, 1.0)
        upright = min(A4[0] / width, A4[1] / height)
        return min(max(upright, min(A4[1] / width, A4[0] / height)), 1.0)

    def _net(self, sheet: Sheet, blocks: Sequence[_Block], along: float, across: float) -> tuple[float, float]:
        """Draw the columns; return the ends of the space that they take along and across."""
        end = max(b.along for b in blocks) + along
        before: tuple[_Block, float, float] | None = None
        for block in blocks:
            line = across + block.laid.left
            start = along + (12 if len(blocks) > 1 else 0)
            sheet.draw(block.laid, (line, start) if self.down else (start, line))
            if before is not None:
                one, its, edge = before
                self.lead(sheet, (one.laid, start, its), (block.laid, start, line), (edge + across) / 2, along + 2)
            before = (block, line, across + block.across)
            across += block.across + GUTTER
        return end + (24 if len(blocks) > 1 else 0), across - GUTTER

    def lead(
        self, sheet: Sheet, one: tuple[Laid, float, float], other: tuple[Laid, float, float], lane: float, top: float
    ) -> None:
        """Draw the lines from the end of one column to the start of the next, each given with its start and line."""
        (before, begin, its), (after, start, line) = one, other
        for out in before.exits:
            for into in after.entries:
                turn = begin + before.length + 9
                points = [(begin + s, its + t) for s, t in out.points]
                points += [(turn, its), (turn, lane), (top, lane), (top, line)]
                points += [(start + s, line + t) for s, t in into.points]
                sheet.wire([(t, s) if self.down else (s, t) for s, t in points], out.box, into.box)

    # -- insets -------------------------------------------------------------------------------------------------------

    def _inset(self, inset: Inset) -> tuple[Inset, Laid]:
        """The inside of a block, with a line into it and out of it unless it has marks for its inputs and outputs."""
        inner = self.placer.graph(inset.graph)
        laid = Laid()
        band = 26.0 if self.down else 12.0
        marked = any(box.source is not None for box in inset.graph.boxes())
        laid.put(inner, band + 14, 0.0)
        table = _table(inset)
        low = NOTE_LINE * len(table) + (TABLE if table else 0)
        laid.length += 20 + (low if self.down else 0)
        laid.left += PAD + (0 if self.down else 22)
        laid.right += PAD + (0 if self.down else low)
        name = measure(inset.title, TITLE, "bold") + 2 * PAD
        note = max(measure(inset.note, NOTE), sum(_columns(table))) + 2 * PAD
        if self.down:
            spare = max(name, note) - laid.left - laid.right
            laid.left, laid.right = laid.left + max(spare, 0) / 2, laid.right + max(spare, 0) / 2
        else:
            laid.length = max(laid.length, name, note)
        for w in inner.entries if not marked else ():
            laid.wires.append(([(band, 0.0), *((s + band + 14, t) for s, t in w.points)], -1, w.box))
        for w in inner.exits if not marked else ():
            laid.wires.append(
                ([*((s + band + 14, t) for s, t in w.points), (band + 14 + inner.length + 13, 0)], w.box, -1)
            )
        return inset, laid

    def panel(self, sheet: Sheet, inset: Inset, laid: Laid, along: float, across: float) -> None:
        """An inset on its paper, with its heading and the values of its names."""
        line = across + laid.left
        sheet.draw(laid, (line, along) if self.down else (along, line))
        x, y, width, height = (across, along, laid.left + laid.right, laid.length)
        if not self.down:
            x, y, width, height = y, x, height, width
        words = [Words(inset.title, x + PAD, y + 13, TITLE, "heading", bold=True)]
        words += [Words(inset.note, x + PAD, y + 23, NOTE, "note")] if inset.note else []
        words += _values(inset, x + PAD, y + height - PAD)
        sheet.panels.append(Panel(inset, x, y, width, height, tuple(words)))

    def _beside(
        self, sheet: Sheet, stacks: Sequence[Sequence[tuple[Inset, Laid]]], along: float, across: float
    ) -> tuple[float, float]:
        end = along
        for stack in stacks:
            across += BETWEEN
            room = max(laid.left + laid.right for _, laid in stack)
            s = along
            for inset, laid in stack:
                self.panel(sheet, inset, laid, s, across)
                s += laid.length + 14
            end = max(end, s - 14)
            across += room
        return end, across


def _table(inset: Inset) -> list[tuple[str, ...]]:
    """The lines of cells below an inset, the names first."""
    if inset.values is None:
        return []
    return [("", *inset.values.names), *((row.name, *row.cells) for row in inset.values.rows)]


def _columns(table: Sequence[tuple[str, ...]]) -> list[float]:
    """The width of each column, with the room on its left."""
    return [
        max(measure(t, NOTE, "bold") for t in cells) + SPACE * (i > 0)
        for i, cells in enumerate(zip(*table, strict=True))
    ]


def _values(inset: Inset, left: float, bottom: float) -> Iterator[Words]:
    """The table below an inset: numbers are on the right of their columns."""
    table = _table(inset)
    ends = list(accumulate(_columns(table)))
    for i, (name, *numbers) in enumerate(table):
        y = bottom - NOTE_LINE * (len(table) - 1 - i)
        if name:
            yield Words(name, left, y, NOTE, "note")
        for text, end in zip(numbers, ends[1:], strict=True):
            yield Words(text, left + end, y, NOTE, "note", "end", bold=not i)


def _piled(insets: Sequence[tuple[Inset, Laid]], count: int) -> list[list[tuple[Inset, Laid]]]:
    """Insets in stacks, in order, none much longer than the others."""
    if not count:
        return []
    total = sum(laid.length for _, laid in insets)
    piles: list[list[tuple[Inset, Laid]]] = [[]]
    used = 0.0
    for inset, laid in insets:
        if piles[-1] and used + laid.length / 2 > total / count * len(piles) and len(piles) < count:
            piles.append([])
        piles[-1].append((inset, laid))
        used += laid.length
    return piles
