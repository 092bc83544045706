"""How text looks on a terminal: which column each character takes, and nothing that a terminal would obey."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import accumulate

TAB = 4
"""Columns that a tab is shown with."""
WIDEST = 160
"""Characters of a longer line that are shown, around what is marked."""
_BEFORE = 40
_DANGEROUS = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""Unicode categories that a terminal may obey, or that show nothing: controls, bidi marks, line separators."""


def visible(character: str) -> str:
    """A character as it may be shown: blanks for a tab, an escape for what a terminal would obey or not show."""
    if character == "\t":
        return " " * TAB
    if character.isprintable() or unicodedata.category(character) not in _DANGEROUS:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:04x}}}"


def escaped(text: str) -> str:
    """Text from a spec as it may be shown on one line."""
    return text if text.isprintable() else "".join(map(visible, text))


def width(text: str) -> int:
    """The columns that text takes: two for a wide character (Korean, for one), none for a combining mark."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


@dataclass(frozen=True)
class ShownLine:
    """A line of a source as shown: its text, and the column at which each shown character starts."""

    text: str
    first: int
    """The index of the first character shown; more than 0 where a long line is cut."""
    columns: tuple[int, ...]
    """Columns of the characters from `first` on, and of the end."""

    def column(self, index: int) -> int:
        """The column (from 0) of the line's character number `index`, or the nearest shown one."""
        return self.columns[min(max(index - self.first, 0), len(self.columns) - 1)]


def shown(line: str, around: int) -> ShownLine:
    """A source line as shown; of a very long one the part around character number `around`."""
    first, before, after = 0, "", ""
    if len(line) > WIDEST:
        first = min(max(0, around - _BEFORE), len(line) - WIDEST)
        before, after = "…" if first else "", "…" if first + WIDEST < len(line) else ""
        line = line[first : first + WIDEST]
    parts = [visible(c) for c in line]
    columns = tuple(accumulate(map(width, parts), initial=len(before)))
    return ShownLine((before + "".join(parts) + after).rstrip(), first, columns)
