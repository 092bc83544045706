"""The source lines of a diagnostic, with its places underlined.

A span over several lines has a bar at its left, from the first line to the last, as rustc draws it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from archc.diagnostics.render.display import ShownLine, shown, wrapped
from archc.diagnostics.render.style import Style
from archc.diagnostics.source import Source, Span
from archc.support.columns import width
from archc.support.record import Record

_ENDS = 2
"""Lines that are shown at each end of a span over many."""
_BARS = 3
"""The maximum number of parallel bars; further multi-line spans are underlined on their first line only."""
_NARROW = 24
"""Columns that words below an underline get at least right of what hangs beside them; else they begin at the left."""


class Mark(Record):
    """A place to underline, and what stands beside the underline. The primary one is what the problem is at."""

    span: Span
    text: str
    primary: bool


class _Piece(Record):
    """Text at its columns, from `start` up to `end`, not included, in the colour of a mark."""

    start: int
    end: int
    text: str
    mark: Mark | None = None


class _Underline(Record):
    """A mark on its line: display columns from `start` up to `end`, not included."""

    start: int
    end: int
    mark: Mark

    def drawn(self) -> _Piece:
        """The underline itself."""
        return _Piece(self.start, self.end, ("^" if self.mark.primary else "-") * (self.end - self.start), self.mark)

    def stem(self) -> _Piece:
        """A piece of the line down from the underline to its words."""
        return _Piece(self.start, self.start + 1, "|", self.mark)


class _Bar(Record):
    """A mark over several lines, by their numbers; `column` is that of its bar.

    `end` is the offset behind its last character that is no blank.
    """

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    first: int
    last: int
    end: int
    column: int
    mark: Mark


def snippet(
    source: Source, marks: Sequence[Mark], gutter: int, style: Style, columns: int | None = None
) -> Iterator[str]:
    """The marked lines in order. A gap of one line is filled with that line, a larger one with `…`.

    The numbers of lines take `gutter` columns, and no line more than `columns`, if that is not None.
    """
    yield from _Snippet(source, tuple(marks), gutter, style, columns).lines()


def last_line(source: Source, span: Span) -> int:
    """The number of the last line of a span; blanks at its end do not count."""
    return source.position(max(_end(source, span) - 1, span.start))[0]


def _end(source: Source, span: Span) -> int:
    return span.start + len(source.snippet(span).rstrip())


class _Snippet(Record):
    source: Source
    marks: tuple[Mark, ...]
    gutter: int
    style: Style
    columns: int | None

    def lines(self) -> Iterator[str]:
        """All lines, in order."""
        yield self._row([])
        going: dict[int, Mark] = {}
        last: int | None = None
        for number, marks in self._marked.items():
            if last is not None and number == last + 2:
                between = shown(self.source.line(last + 1), 0, 0, self._room)
                yield self._row([*_standing(going), _Piece(self._margin, self._margin, between.text)], str(last + 1))
            elif last is not None and number > last + 2:
                yield self._row(_standing(going), rule="…")
            yield from self._line(number, marks, going)
            last = number

    # -- what is where

    @cached_property
    def _bars(self) -> tuple[_Bar, ...]:
        """The marks over several lines, those that begin first at the left."""
        ranges = [(self._first(m), last_line(self.source, m.span), m) for m in self.marks]
        bars: list[_Bar] = []
        for first, last, mark in sorted(ranges, key=lambda r: (r[0], -r[1])):
            taken = {bar.column for bar in bars if bar.last >= first}
            free = [column for column in range(_BARS) if column not in taken]
            if first < last and free:
                bars.append(_Bar(first, last, _end(self.source, mark.span), free[0], mark))
        return tuple(bars)

    @cached_property
    def _marked(self) -> Mapping[int, Sequence[Mark]]:
        """The lines to show, by number, with what is underlined on each."""
        found: dict[int, list[Mark]] = {}
        barred = {id(bar.mark) for bar in self._bars}
        for mark in self.marks:
            if id(mark) not in barred:
                found.setdefault(self._first(mark), []).append(mark)
        for bar in self._bars:
            for number in range(bar.first, bar.last + 1):
                if number < bar.first + _ENDS or number > bar.last - _ENDS:
                    found.setdefault(number, [])
        return {number: sorted(found[number], key=lambda m: m.span.start) for number in sorted(found)}

    @cached_property
    def _margin(self) -> int:
        """The columns between the rule and the source, for the bars and a blank."""
        return max((bar.column + 2 for bar in self._bars), default=0)

    @cached_property
    def _all(self) -> int | None:
        """The columns right of the rule."""
        return None if self.columns is None else self.columns - self.gutter - 3

    @cached_property
    def _room(self) -> int | None:
        """The columns that the source has."""
        return None if self._all is None else self._all - self._margin

    def _first(self, mark: Mark) -> int:
        return self.source.position(mark.span.start)[0]

    # -- drawing

    def _line(self, number: int, marks: Sequence[Mark], going: dict[int, Mark]) -> Iterator[str]:
        """One line of the source and what is below it; bars that begin and end here join `going` and leave it."""
        begin, text = self.source.line_starts[number - 1], self.source.line(number)
        begun = [bar for bar in self._bars if bar.first == number]
        ended = [bar for bar in self._bars if bar.last == number]
        places = [(m.span.start - begin, m.span.end - begin, m.primary) for m in marks]
        places += [(at - begin, at - begin, bar.mark.primary) for bar in begun for at in [bar.mark.span.start]]
        places += [(bar.end - 1 - begin, bar.end - begin, bar.mark.primary) for bar in ended]
        line = _shown(text, places, self._room)

        def column(offset: int) -> int:
            return self._margin + line.column(min(offset - begin, len(text)))

        upright = [bar for bar in begun if not text[: bar.mark.span.start - begin].strip() and not line.first]
        corners = [_Piece(bar.column, bar.column + 1, "/", bar.mark) for bar in upright]
        words = _Piece(self._margin, self._margin, line.text)
        yield self._row([*_standing(going), *corners, words], str(number))
        going |= {bar.column: bar.mark for bar in upright}
        for bar in begun:
            if bar not in upright:
                at = column(bar.mark.span.start)
                hook = _Underline(at, at + 1, bar.mark).drawn()
                yield self._row([*_standing(going), *self._stroke(bar, at, going), hook])
                going[bar.column] = bar.mark
        for row in _rows([_Underline(at := column(m.span.start), max(column(m.span.end), at + 1), m) for m in marks]):
            yield from (self._row([*_standing(going), *pieces]) for pieces in _drawn(row, self._margin, self._all))
        for bar in reversed(ended):
            at = column(bar.end - 1)
            corner = [*_standing(going), *self._stroke(bar, at, going)]
            del going[bar.column]
            for pieces in _drawn([_Underline(at, at + 1, bar.mark)], self._margin, self._all):
                yield self._row([*corner, *pieces])
                corner = _standing(going)

    def _stroke(self, bar: _Bar, to: int, going: Mapping[int, Mark]) -> list[_Piece]:
        """The line from a bar to a column, which passes below the others that go on."""
        inside = [_Piece(c, c + 1, "_", bar.mark) for c in range(bar.column + 1, self._margin) if c not in going]
        return [*inside, _Piece(self._margin, to, "_" * (to - self._margin), bar.mark)]

    def _row(self, pieces: Sequence[_Piece], number: str = "", rule: str = "|") -> str:
        """A line: its number, the rule, and texts at their columns."""
        line, column = self.style.frame(f"{number:>{self.gutter}} {rule}") + " ", 0
        for piece in sorted(pieces, key=lambda p: p.start):
            line += " " * (piece.start - column) + self._painted(piece)
            column = piece.end
        return line

    def _painted(self, piece: _Piece) -> str:
        if piece.mark is None:
            return piece.text
        return self.style.severity(piece.text) if piece.mark.primary else self.style.frame(piece.text)


def _shown(text: str, places: Sequence[tuple[int, int, bool]], columns: int | None) -> ShownLine:
    """A line with places in it, each with its start, its end and whether it is primary: all of them or the primary."""
    first = min((start for start, _, _ in places), default=0)
    last = min(max((end for _, end, _ in places), default=0), len(text))
    line = shown(text, first, last, columns)
    if line.holds(first, last) or not any(primary for *_, primary in places):
        return line
    start, end, _ = next(place for place in places if place[2])
    return shown(text, start, min(end, len(text)), columns)


def _standing(going: Mapping[int, Mark]) -> list[_Piece]:
    """The bars that go on."""
    return [_Piece(column, column + 1, "|", mark) for column, mark in going.items()]


def _rows(underlines: Sequence[_Underline]) -> Iterator[list[_Underline]]:
    """Underlines that can share a row: those that do not touch each other."""
    row: list[_Underline] = []
    for underline in underlines:
        if row and underline.start <= row[-1].end:
            yield row
            row = []
        row.append(underline)
    if row:
        yield row


def _drawn(row: Sequence[_Underline], left: int, columns: int | None) -> Iterator[list[_Piece]]:
    """The underlines, the last one's words behind it, then the words of the others below, from right to left.

    Words lie between the columns `left` and `columns`: what has no room behind its underline stands below, and what
    has none there begins further left.
    """
    underlines, last = [u.drawn() for u in row], row[-1]
    behind = columns is None or last.end + 1 + width(last.mark.text) <= columns
    if behind:
        underlines.append(_Piece(last.end + 1, last.end + 1, last.mark.text, last.mark))
    yield underlines
    others = [u for u in (row[:-1] if behind else row) if u.mark.text]
    for index in range(len(others) - 1, -1, -1):
        start, mark = others[index].start, others[index].mark
        if columns is not None:
            beside = others[index - 1].start + 2 if index else left
            least = beside if columns - beside >= _NARROW else left
            start = max(least, min(start, columns - width(mark.text)))
        stems = [u.stem() for u in others[:index] if u.start + 1 < start]
        for words in wrapped(mark.text, None if columns is None else columns - start):
            yield [*stems, _Piece(start, start, words, mark)]
