"""Texts as cells of a table that a spreadsheet opens."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: T) -> T | str:
    """A value as a cell that no spreadsheet computes: a text that begins like a formula gets a `'` before it.

    Source: OWASP, "CSV Injection".
    """
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
