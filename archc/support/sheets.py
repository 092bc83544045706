"""Escaping of text for the cells of spreadsheets and of tables in Markdown."""

from __future__ import annotations

import re
from typing import TypeVar

T = TypeVar("T")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: T) -> T | str:
    """A value as a spreadsheet cell that is not evaluated: text that looks like a formula is prefixed with `'`.

    Source: OWASP, "CSV Injection".
    """
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


_MARKUP = re.compile(r"[|<]|(?<=\])\(")


def in_markdown(text: str) -> str:
    """Escape a text for a cell or heading of Markdown, so that it neither ends it nor contains HTML or links."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return _MARKUP.sub(lambda found: f"\\{found[0]}", plain)


def from_markdown(cell: str) -> str:
    """The text of a cell written by `in_markdown`: its inverse."""
    return re.sub(r"\\([|<(])", r"\1", cell)
