"""The lines of a source that a diagnostic speaks of, with what it means underlined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from archc.render.display import ShownLine, shown
from archc.render.style import Style
from archc.source import Source, Span


@dataclass(frozen=True)
class Mark:
    """A place to underline, and what stands beside the underline. The primary one is what the problem is at."""

    span: Span
    text: str
    primary: bool


@dataclass(frozen=True)
class _Underline:
    """A mark on its line: display columns from `start` up to `end`, not included."""

    start: int
    end: int
    mark: Mark

    def drawn(self, style: Style) -> str:
        """The underline itself."""
        if self.mark.primary:
            return style.severity("^" * (self.end - self.start))
        return style.frame("-" * (self.end - self.start))

    def stem(self, style: Style) -> str:
        """A piece of the line down from the underline to its words."""
        return style.severity("|") if self.mark.primary else style.frame("|")

    def said(self, style: Style) -> str:
        """Its words."""
        return style.severity(self.mark.text) if self.mark.primary else style.frame(self.mark.text)


def snippet(source: Source, marks: Sequence[Mark], gutter: int, style: Style) -> Iterator[str]:
    """The marked lines in order. A gap of one line is filled with that line, a larger one with `…`."""
    empty = f"{' ' * gutter} {style.frame('|')}"
    yield empty
    ordered = sorted(marks, key=lambda m: m.span.start)
    last: int | None = None
    for number, group in groupby(ordered, key=lambda m: source.position(m.span.start)[0]):
        if last is not None and number == last + 2:
            between = shown(source.line(number - 1), 0).text
            yield f"{style.frame(f'{number - 1:>{gutter}} |')} {between}"
        elif last is not None and number > last + 2:
            yield f"{' ' * gutter} {style.frame('…')}"
        yield from _line(source, number, list(group), gutter, style)
        last = number


def _line(source: Source, number: int, marks: Sequence[Mark], gutter: int, style: Style) -> Iterator[str]:
    """One line of the source and the underlines below it."""
    text = source.line(number)
    begin = source.line_starts[number - 1]
    line = shown(text, marks[0].span.start - begin)
    yield f"{style.frame(f'{number:>{gutter}} |')} {line.text}"
    for row in _rows([_underline(m, line, begin, len(text)) for m in marks]):
        for drawn in _drawn(row, style):
            yield f"{' ' * gutter} {style.frame('|')} {drawn}"


def _underline(mark: Mark, line: ShownLine, begin: int, length: int) -> _Underline:
    """Where a mark lies on its line; one that goes on over the line's end is underlined up to there."""
    start = line.column(mark.span.start - begin)
    end = line.column(min(mark.span.end - begin, length))
    return _Underline(start, max(end, start + 1), mark)


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


def _drawn(row: Sequence[_Underline], style: Style) -> Iterator[str]:
    """The underlines, the last one's words behind it, then the words of the others below, from right to left."""
    yield _placed([(u.start, u.end, u.drawn(style)) for u in row]) + " " + row[-1].said(style)
    others = [u for u in row[:-1] if u.mark.text]
    for index in range(len(others) - 1, -1, -1):
        stems = [(u.start, u.start + 1, u.stem(style)) for u in others[:index]]
        words = others[index]
        yield _placed([*stems, (words.start, words.start, words.said(style))])


def _placed(parts: Sequence[tuple[int, int, str]]) -> str:
    """Texts at their columns: start, end and text of each, from left to right."""
    line, column = "", 0
    for start, end, text in parts:
        line += " " * (start - column) + text
        column = end
    return line
