"""Displaying text on a terminal: lines that fit, and the escaping of control sequences."""

from __future__ import annotations

import re
import unicodedata
from itertools import accumulate

from archc.support.columns import width
from archc.support.record import Record

TAB = 4
"""The width of a tab."""
WIDEST = 160
"""Columns of a longer line that are shown where there is no end of the line, around what is marked."""
_BEFORE = 40
_DANGEROUS = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""Unicode categories that a terminal may interpret or not show: controls, bidi marks, line separators."""


def visible(character: str) -> str:
    """A character in displayable form: spaces for a tab, an escape for a control or invisible character."""
    if character == "\t":
        return " " * TAB
    if character.isprintable() or unicodedata.category(character) not in _DANGEROUS:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:04x}}}"


def escaped(text: str) -> str:
    """Text from a spec in displayable form, on one line."""
    return text if text.isprintable() else "".join(map(visible, text))


def escaped_lines(text: str) -> str:
    """Text in displayable form, with its line ends kept."""
    return "\n".join(map(escaped, text.split("\n")))


def wrapped(text: str, columns: int | None) -> list[str]:
    """Text wrapped to a number of columns, or on one line for None.

    It is broken at blanks, within `code` only if that takes more than a line, and within a word likewise.
    """
    if columns is None or width(text) <= columns:
        return [text]
    lines = [""]
    for piece in re.findall(r"\s*(?:[^\s`]*`[^`]*`[^\s`]*|\S+)", text):
        for word in [piece] if width(piece) <= columns else re.findall(r"\s*\S+", piece):
            if lines[-1] and width(lines[-1] + word) > columns:
                lines.append("")
                word = word.lstrip()
            for character in word:
                if width(lines[-1]) + width(character) > columns:
                    lines.append("")
                lines[-1] += character
    return lines


class ShownLine(Record):
    """A line of a source as shown: its text, and the column at which each shown character starts."""

    text: str
    first: int
    """The index of the first character shown; more than 0 where a long line is cut."""
    columns: tuple[int, ...]
    """Columns of the characters from `first` on, and of the end."""

    def column(self, index: int) -> int:
        """The column (from 0) of the line's character number `index`, or of the sign that stands for it."""
        return self.columns[min(index - self.first, len(self.columns) - 1)] if index >= self.first else 0

    def holds(self, start: int, end: int) -> bool:
        """Whether the characters from `start` up to `end` are all shown."""
        return self.first <= start and end <= self.first + len(self.columns) - 1


def shown(line: str, start: int, end: int, columns: int | None = None) -> ShownLine:
    """A source line as shown in this many columns; of a longer one, the part around characters `start` to `end`."""
    most = WIDEST if columns is None else columns
    skipped = max(0, start - 4 * most)  # of a line of megabytes, only what may be shown is looked at
    rest = len(line) - skipped
    line = line[skipped : start + 8 * most]
    parts = [visible(c) for c in line]
    at = list(accumulate(map(width, parts), initial=0))
    first, last = 0, len(parts)
    if skipped or rest > last or at[last] > most:
        first = _first(at, at[start - skipped], at[min(end - skipped, last)], most - 2) if at[last] > most - 2 else 0
        while last > first and at[last] - at[first] > most - 2:
            last -= 1
    before, after = "…" if skipped + first else "", "…" if last < rest else ""
    places = tuple(len(before) + column - at[first] for column in at[first : last + 1])
    return ShownLine((before + "".join(parts[first:last]) + after).rstrip(), skipped + first, places)


def _first(at: list[int], start: int, end: int, most: int) -> int:
    """The first character to show of a line whose characters are at these columns, for those from `start` to `end`."""
    before = min(_BEFORE, max(most // 8, (most - (end - start)) // 2))
    column = 0 if end <= most else min(start - before, at[-1] - most)
    first = next(index for index, place in enumerate(at) if place >= column)
    while first < len(at) - 1 and at[first + 1] == at[first]:  # a mark needs the character that it stands on
        first += 1
    return first
