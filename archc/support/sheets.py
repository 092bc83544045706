"""Escaping of text for spreadsheets."""

from __future__ import annotations

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
