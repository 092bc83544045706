"""Columns that text takes where each character has the same width, as on a terminal or in an editor.

These widths are those of Unicode's East Asian Width (UAX #11): a Korean syllable takes two columns. Linters measure
lines in the same way.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator
from itertools import accumulate, takewhile

_SECOND = "\ue000"
"""Stands for the second column of a wide character: a character for private use, which nothing else has."""


def width(text: str) -> int:
    """The width of text: two columns for a wide character (such as Korean), none for a combining mark."""
    if text.isascii():
        return len(text)
    return sum(map(columns_of, text))


def columns_of(character: str) -> int:
    """The width of one character."""
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    if "\u1160" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7ff":
        return 0  # vowels and finals of Korean letters written one by one, which join the initial before them
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fitting(text: str, columns: int) -> int:
    """The number of characters at the beginning of text that fit in a number of columns."""
    return (
        len(text)
        if width(text) <= columns
        else sum(1 for _ in takewhile(lambda end: end <= columns, accumulate(map(columns_of, text))))
    )


def lines_of(text: str, columns: int, *, indent: str = "", hyphens: bool = True) -> list[str]:
    """Text broken into lines at blanks, and at `hyphens`; all lines but the first begin with `indent`.

    A word that is longer than a line is broken where the line ends.
    """
    pieces = [piece for word in text.split() for piece in _pieces(word, columns - len(indent))]
    spread = "".join(c + _SECOND if columns_of(c) == 2 else c for c in " ".join(pieces))
    lines = textwrap.wrap(spread, columns, subsequent_indent=indent, break_on_hyphens=hyphens)
    return [line.replace(_SECOND, "") for line in lines]


def _pieces(word: str, columns: int) -> Iterator[str]:
    """The parts of a word, each at most as long as a line."""
    while word:
        end = max(1, fitting(word, columns))
        yield word[:end]
        word = word[end:]
