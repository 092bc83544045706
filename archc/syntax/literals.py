"""Numbers, shapes and strings: from their tokens to nodes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from archc.diagnostics.core import Reporter
from archc.diagnostics.problems.syntax import BadNumber, BadString
from archc.diagnostics.source import Span
from archc.syntax import tree
from archc.syntax.tokens import Token

MAX_DIGITS = 100
"""The maximum number of digits: far above every count, far below the limit of `int()`."""

ReadExpression: TypeAlias = Callable[[int, int], "tree.Expression | None"]
"""Parses the expression between two offsets of the source; None after an error, which it reports."""

_SPECIAL = re.compile(r"""\\u\{(?P<code>[0-9A-Fa-f]{1,6})\}|\\(?P<escape>[\s\S])|(?P<brace>\{\{|\}\}|\{|\})""")
_UNITS = "KMGT"
_UNIT = re.compile(r"[KMGT](?:iB?|B)?$")
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}


def read_literal(token: Token, reporter: Reporter, expression: ReadExpression) -> tree.Expression | None:
    """The node of a `NUMBER`, `SHAPE` or `STRING`; None if it is invalid, which is reported."""
    if token.type == "STRING":
        return read_string(token, reporter, expression)
    if len(token.text) > MAX_DIGITS:
        reporter.add(BadNumber(text=token.text[:12] + "\u2026"), token.span)
        return None
    if token.type == "SHAPE":
        return tree.Shape(token.span, tuple(map(int, token.text.split("x"))))
    value = _number(token.text)
    if value == float("inf"):
        reporter.add(BadNumber(text=token.text), token.span)
        return None
    return tree.Literal_(token.span, value)


def _number(text: str) -> int | float:
    """The value of a number. With a unit, the result is an integer if it is integral."""
    digits, factor = text, 1
    unit = _UNIT.search(text)
    if unit:
        digits = text[: unit.start()]
        factor = (2**10 if "i" in unit[0] else 10**3) ** (_UNITS.index(unit[0][0]) + 1)
    if digits.replace("_", "").isdecimal():
        return int(digits) * factor
    value = float(digits) * factor
    return int(value) if unit and value.is_integer() else value


def quotes(token: Token) -> int:
    """How many quotation marks stand on each side of a string."""
    return 3 if token.text.startswith('"""') else 1


def read_string(
    token: Token, reporter: Reporter, expression: ReadExpression | None
) -> tree.Literal_ | tree.Template | None:
    """The node of a string: a `Literal_`, or a `Template` where it has an expression in braces.

    Without `expression` braces mean nothing, as in a docstring.
    """
    marks = quotes(token)
    text = token.text[marks:-marks]
    parts: list[str | tree.Expression] = [""]
    at = 0
    while (match := _SPECIAL.search(text, at)) is not None:
        _append(parts, text[at : match.start()])
        at = match.end()
        if not expression and match["brace"]:
            _append(parts, match[0])
            continue
        if match["brace"] == "{" and expression:
            end = text.find("}", at)
            offset = token.span.start + marks
            if end < 0:
                _bad(reporter, token, offset + match.start(), match[0], "close it with `}`, or write `{{`")
                return None
            value = expression(offset + at, offset + end)
            if value is None:
                return None
            parts.append(value)
            at = end + 1
            continue
        meant = _meaning(match)
        if meant is None:
            advice = "a brace itself is `}}`" if match["brace"] else "a backslash itself is `\\\\`"
            if match[0][0] == "\\" and (".arch" in text or "/" in text):
                path = text.replace("\\", "/")
                advice = f'folders are separated by `/`: `"{path}"`'
            _bad(reporter, token, token.span.start + marks + match.start(), match[0], advice)
            return None
        _append(parts, meant)
    _append(parts, text[at:])
    if len(parts) == 1:
        return tree.Literal_(token.span, str(parts[0]))
    return tree.Template(token.span, tuple(part for part in parts if part != ""))


def _meaning(match: re.Match[str]) -> str | None:
    """The text that an escape or a doubled brace stands for."""
    if match["code"]:
        code = int(match["code"], 16)
        return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else None
    if match["brace"]:
        return match["brace"][0] if len(match["brace"]) == 2 else None
    return _ESCAPES.get(match["escape"])


def _append(parts: list[str | tree.Expression], text: str) -> None:
    """Add `text` to the text at the end of `parts`."""
    last = parts[-1]
    if isinstance(last, str):
        parts[-1] = last + text
    else:
        parts.append(text)


def _bad(reporter: Reporter, token: Token, start: int, what: str, advice: str) -> None:
    span = Span(token.span.file, start, start + len(what))
    reporter.add(BadString(what=what, advice=advice), span)
