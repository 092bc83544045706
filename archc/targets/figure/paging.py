"""A figure for paper of a given width: its text is no smaller than requested, on as many shelves and pages as needed.

The network is broken into columns as usual. Columns and then insets are side by side on shelves as wide as the paper,
and shelves one below the other (transposed if the flow goes right). A line to another shelf or page ends at a letter,
and continues there from the same letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from string import ascii_uppercase

from archc.support.record import Record, replace
from archc.targets.figure.columns import Token, built, spread, tightened
from archc.targets.figure.figure import Figure, FigureError, Inset
from archc.targets.figure.laid import NOTE, Direction, Laid, Way
from archc.targets.figure.lay import BETWEEN, GUTTER, Arranger, Sheet
from archc.targets.figure.legend import heading_of, height_of, legend_of, remarks_of
from archc.targets.figure.page import MARGIN, Page, Paper, Words
from archc.targets.figure.rows import is_row, lay_out_row

UNITS = {"pt": 1.0, "bp": 1.0, "in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4}
NAMED = {"column": (3.25 * 72, 9 * 72.0), "page": (6.5 * 72, 9 * 72.0), "slide": (13.333 * 72, 7.5 * 72)}
"""The width and height in points of a column and a page of a paper, and of a 16:9 slide."""
MARGIN_LEFT, FOR_MARKS = 2.0, 6.0
"""The margin around a printed figure, without and with marks at corners."""
LETTER = 18.0
"""The length of a line that ends at a letter."""
MOST_COLUMNS = 24
COUNT = " ({}\N{NO-BREAK SPACE}of\N{NO-BREAK SPACE}{})"
"""The page count in a title."""


class Room(Record):
    """The room on paper for a figure: its width and height, and the minimum size of text, in points."""

    width: float
    height: float
    font: float = 7.0

    @classmethod
    def of(cls, width: str, font: str = "7pt") -> Room:
        """Parse a width (`3.25in`, `89mm`, `column`, `page`, `slide`) and a font size (`7pt`).

        Raises:
            FigureError: the text is not a length.
        """
        least = length(font)
        if width in NAMED:
            return cls(*NAMED[width], least)
        return cls(length(width), NAMED["page"][1], least)


def length(text: str) -> float:
    """Parse a length such as `89mm`; return it in points.

    Raises:
        FigureError: the text is not a length.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(pt|bp|in|cm|mm)", text)
    if not found or not 1 <= (points := float(found[1]) * UNITS[found[2]]) <= 14400:
        names = ", ".join(NAMED)
        raise FigureError(f"{text!r} is not a length: write 3.25in, 89mm, 8cm or 234pt; a width may also be {names}")
    return points


class _Item(Record):
    """A column of the net or an inset, and the room that it takes along and across the flow."""

    laid: Laid
    inset: Inset | None
    along: float
    across: float


_Pages = list[list[list[_Item]]]
"""Pages of shelves of items."""


def lay_out_pages(figure: Figure, direction: Direction | None, room: Room) -> tuple[list[Page], list[str]]:
    """The pages of a figure, and warnings where the text had to be made smaller.

    If the figure fits on one page, its text is as large as possible, or, where the flow goes right, as large as the
    fewest rows allow. If it does not fit, the flow takes the other direction where that makes the text larger.
    """
    least, cut = room.font / NOTE, _cut(figure)
    if is_row(figure) and direction != "down":
        page = lay_out_row(figure, room.width / least + 2 * cut)
        scale = min(room.width / (page.width - 2 * cut), 1.0)
        if scale >= least or not any(slab.classic for slab in figure.slabs):
            told = [] if scale >= least else [_small(figure, scale, room)]
            return [replace(page, paper=Paper(scale, cut))], told
    usual: Direction = "right" if figure.level == "stage" else "down"
    pages, scale = _printed(figure, direction or usual, room)
    if scale < least and direction is None:
        other, large = _printed(figure, "right" if usual == "down" else "down", room)
        pages, scale = (other, large) if large > scale else (pages, scale)
    return pages, [] if scale >= least else [_small(figure, scale, room)]


def fitted(page: Page, room: Room) -> tuple[Page, list[str]]:
    """A page that fits paper, made smaller if necessary, and a warning if its text is then smaller than requested."""
    cut = _cut(page.figure)
    sides = (page.width - 2 * cut, page.height - 2 * cut)
    scale = min(room.width / sides[0], room.height / sides[1], 1.0)
    needed = " by ".join(f"{side * room.font / NOTE / 72:.2f}in" for side in sides)
    told = f"its smallest text is {scale * NOTE:.1f} pt: for {room.font:g} pt it needs {needed}"
    return replace(page, paper=Paper(scale, cut)), [told] if scale < room.font / NOTE else []


def _printed(figure: Figure, direction: Direction, room: Room) -> tuple[list[Page], float]:
    """The pages of a figure in one direction, and their scale."""
    press, least = _Press(figure, direction, room), room.font / NOTE
    fitting: list[tuple[int, _Pages, float]] = []
    for scale in dict.fromkeys((max(1.0, least), max((1 + least) / 2, least), least)):
        pages, need = press.arranged(scale)
        if len(pages) == 1 and need <= 1:
            rows = 0 if press.down else max(map(len, pages[0]))
            fitting.append((rows, pages, scale))
    if fitting:
        _, pages, scale = min(fitting, key=lambda one: one[0])
        return press.printed(pages, scale), scale
    while need > 1:
        scale /= need * 1.005
        pages, need = press.arranged(scale)
    return press.printed(pages, scale), scale


def _cut(figure: Figure) -> float:
    """The width cut from each margin for print."""
    return MARGIN - (FOR_MARKS if figure.badges() else MARGIN_LEFT)


def _small(figure: Figure, scale: float, room: Room) -> str:
    """The warning that a figure's text is smaller than requested."""
    needed = room.width * room.font / NOTE / scale / 72
    told = f"its smallest text is {scale * NOTE:.1f} pt: for {room.font:g} pt it needs a width of {needed:.2f}in"
    return f"{told}; --only shows a part" + (", --level stage less" if figure.level != "stage" else "")


class _Press(Arranger):
    """Arranges a figure on paper."""

    def __init__(self, figure: Figure, direction: Direction, room: Room) -> None:
        super().__init__(figure, direction)
        self.room = room
        self.cut = _cut(figure)

    def arranged(self, scale: float) -> tuple[_Pages, float]:
        """The best pages at a scale, and the largest ratio of an item's size to the paper's (over 1: too large)."""
        width, height = (
            self.room.width / scale - 2 * (MARGIN - self.cut),
            self.room.height / scale - self._around(scale),
        )
        along, across = (height, width) if self.down else (width, height)
        best: tuple[tuple[float, ...], _Pages, float] | None = None
        known: list[list[Token]] = []
        for count in range(1, MOST_COLUMNS + 1):
            columns = tightened(spread(self.tokens, count))
            if columns == known:
                continue
            known = columns
            items = [self._item(laid, None) for laid in built(self.placer, columns)]
            items += [self._item(laid, inset) for inset, laid in self.insets]
            need = max(max(item.along / along, item.across / across) for item in items)
            pages = self._shelved(items, along, across)
            size = sum(self._length(shelves) if self.down else self._height(shelves) for shelves in pages)
            score = (max(need, 1.0), len(pages), size * (1 + 0.02 * count))
            if best is None or score < best[0]:
                best = (score, pages, need)
        assert best is not None
        return best[1], best[2]

    def _around(self, scale: float) -> float:
        """The height of the title, the legend and the remarks, including their distance from the net."""
        width = self.room.width / scale + 2 * self.cut
        legend = legend_of(self.figure, width, 8.0)[2]
        title = self.figure.title and self.figure.title + COUNT.format(1, 2)
        heading = heading_of(replace(self.figure, title=title), width)
        return remarks_of(self.figure, legend, width)[1] + height_of(heading) + 2 * (MARGIN - self.cut)

    def _item(self, laid: Laid, inset: Inset | None) -> _Item:
        extra = 0.0 if inset is not None else 2 * LETTER
        return _Item(laid, inset, laid.length + extra, laid.left + laid.right)

    def _shelved(self, items: Sequence[_Item], along: float, across: float) -> _Pages:
        pages: _Pages = [[[]]]
        for item in items:
            shelf = pages[-1][-1]
            if shelf and self._across([*shelf, item]) > across:
                pages[-1].append([])
            pages[-1][-1].append(item)
            if self._length(pages[-1]) > along and len(pages[-1]) > 1:
                pages.append([pages[-1].pop()])
        return pages

    def _across(self, shelf: Sequence[_Item]) -> float:
        gaps = sum(BETWEEN if item.inset is not None else GUTTER for item in shelf[1:])
        return sum(item.across for item in shelf) + gaps

    def _length(self, shelves: Sequence[Sequence[_Item]]) -> float:
        return sum(max(item.along for item in shelf) for shelf in shelves) + BETWEEN * (len(shelves) - 1)

    def _height(self, shelves: Sequence[Sequence[_Item]]) -> float:
        """The height of a page where the flow goes right."""
        return max(self._across(shelf) for shelf in shelves)

    # -- drawing ------------------------------------------------------------------------------------------------------

    def printed(self, pages: _Pages, scale: float) -> list[Page]:
        """The pages, drawn."""
        columns = [item for shelves in pages for shelf in shelves for item in shelf if item.inset is None]
        broken = self._breaks(pages)
        width = self.room.width / scale + 2 * self.cut
        found = []
        for number, shelves in enumerate(pages):
            last = number == len(pages) - 1
            part = COUNT.format(number + 1, len(pages)) if len(pages) > 1 else ""
            figure = replace(
                self.figure,
                title=self.figure.title + part if self.figure.title else "",
                legend=self.figure.legend and last,
            )
            found.append(self._page(figure, shelves, columns, broken, width, last))
        return [replace(page, paper=Paper(scale, self.cut)) for page in found]

    def _breaks(self, pages: _Pages) -> set[int]:
        """The numbers of the columns whose line continues on another shelf or page."""
        found, number = set[int](), -1
        for shelves in pages:
            for shelf in shelves:
                inside = sum(item.inset is None for item in shelf)
                number += inside
                if inside:
                    found.add(number)
        found.discard(number)
        return found

    def _page(
        self, figure: Figure, shelves: Sequence[Sequence[_Item]], columns: Sequence[_Item], broken: set[int],
        width: float, last: bool,
    ) -> Page:  # fmt: skip
        sheet, letters = Sheet(self.down), list[Words]()
        heading = heading_of(figure, width)
        top = MARGIN + height_of(heading)
        along, start = (top, MARGIN) if self.down else (MARGIN, top)
        end = along
        far = start
        for shelf in shelves:
            across = start
            for i, item in enumerate(shelf):
                across += (BETWEEN if item.inset is not None else GUTTER) if i else 0.0
                if item.inset is not None:
                    self.panel(sheet, item.inset, item.laid, along, across)
                else:
                    number = next(n for n, column in enumerate(columns) if column is item)
                    letters += self._column(
                        sheet, item, (along, across), number, columns, broken, shelf[i - 1] if i else None
                    )
                across += item.across
            far = max(far, across)
            along += max(item.along for item in shelf) + BETWEEN
            end = along - BETWEEN
        height = end if self.down else far
        legend, scale, height = legend_of(figure, width, height + 8)
        remarks, height = remarks_of(figure, height, width) if last else ((), height)
        here = {old: new for new, old in enumerate(sorted(sheet.boxes or sheet.slabs))}
        wires = tuple(replace(w, start=here.get(w.start, -1), end=here.get(w.end, -1)) for w in sheet.wires)
        return Page(
            figure, width, height + MARGIN, heading, tuple(sheet.panels), tuple(sheet.frames), wires,
            tuple(sheet.boxes[i] for i in sorted(sheet.boxes)), tuple(sheet.slabs[i] for i in sorted(sheet.slabs)),
            captions=(*sheet.signed(), *letters), legend=legend, scale=scale, remarks=remarks,
        )  # fmt: skip

    def _column(
        self, sheet: Sheet, item: _Item, place: tuple[float, float], number: int, columns: Sequence[_Item],
        broken: set[int], before: _Item | None,
    ) -> Iterator[Words]:  # fmt: skip
        """Draw a column and the line that enters it, from the previous column or a letter; yield its letters."""
        along, across = place
        start, line = along + LETTER, across + item.laid.left
        sheet.draw(item.laid, (line, start) if self.down else (start, line))
        if number and number - 1 in broken:
            yield from self._letter(sheet, item.laid.entries, (start, line), number - 1, broken, into=True)
        elif number and before is not None:
            one = before.laid
            its = across - GUTTER - before.across + one.left
            self.lead(sheet, (one, start, its), (item.laid, start, line), across - GUTTER / 2, along + 4)
        if number in broken:
            yield from self._letter(sheet, item.laid.exits, (start, line), number, broken, into=False)

    def _letter(
        self, sheet: Sheet, ways: Sequence[Way], place: tuple[float, float], number: int, broken: set[int], into: bool
    ) -> Iterator[Words]:
        start, line = place
        letter = ascii_uppercase[sorted(broken).index(number) % 26]
        for i, way in enumerate(ways):
            points = [(start + s, line + t) for s, t in way.points]
            outer = (start - LETTER + 10, line) if into else (points[-1][0] + LETTER - 10, points[-1][1])
            points = [outer, *points] if into else [*points, outer]
            flat = [(t, s) if self.down else (s, t) for s, t in points]
            sheet.wire(flat, -1 if into else way.box, way.box if into else -1)
            x, y = (outer[1], outer[0]) if self.down else outer
            at = (x + 6, y + (6 if into else 0)) if self.down else (x, y - 4)
            if not i:
                yield Words(letter, *at, NOTE, "note", "start", bold=True)
