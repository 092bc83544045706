"""Integers that remember how they were computed.

The emitter runs an op's own rules on these, so that `planes * 4` goes in at one end and
`nn.BatchNorm2d(planes * 4)` comes out at the other, without a second set of rules.
"""

from __future__ import annotations

import ast
from typing import SupportsIndex


class Sym(int):
    """An int with the Python expression that it came from: `Sym(256, "planes * 4")`.

    Everything that reads it sees the int; `+ - * // %` with another int give a `Sym` whose expression is
    composed of both. Comparisons use the number.
    """

    text: str

    def __new__(cls, value: int, text: str) -> Sym:
        self = super().__new__(cls, value)
        self.text = text
        return self

    def __add__(self, other: int) -> Sym:
        return _binary(int(self) + int(other), "+", self, other)

    def __radd__(self, other: int) -> Sym:
        return _binary(int(other) + int(self), "+", other, self)

    def __sub__(self, other: int) -> Sym:
        return _binary(int(self) - int(other), "-", self, other)

    def __rsub__(self, other: int) -> Sym:
        return _binary(int(other) - int(self), "-", other, self)

    def __mul__(self, other: SupportsIndex) -> Sym:
        return _binary(int(self) * int(other), "*", self, int(other) if not isinstance(other, int) else other)

    def __rmul__(self, other: SupportsIndex) -> Sym:
        return _binary(int(other) * int(self), "*", int(other) if not isinstance(other, int) else other, self)

    def __floordiv__(self, other: int) -> Sym:
        return _binary(int(self) // int(other), "//", self, other)

    def __rfloordiv__(self, other: int) -> Sym:
        return _binary(int(other) // int(self), "//", other, self)

    def __mod__(self, other: int) -> Sym:
        return _binary(int(self) % int(other), "%", self, other)

    def __rmod__(self, other: int) -> Sym:
        return _binary(int(other) % int(self), "%", other, self)

    def __neg__(self) -> Sym:
        return Sym(-int(self), f"-{_bracketed(self.text)}")


def text_of(value: object) -> str:
    """The Python expression of a value: its history if it has one, else its literal. Tuples are looked into."""
    if isinstance(value, Sym):
        return value.text
    if isinstance(value, tuple):
        inside = ", ".join(text_of(v) for v in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return repr(value)


def _binary(value: int, operator: str, left: int, right: int) -> Sym:
    if (shortcut := _identity(operator, left, right)) is not None:
        return shortcut
    return Sym(value, f"{_bracketed(text_of(left))} {operator} {_bracketed(text_of(right))}")


def _identity(operator: str, left: int, right: int) -> Sym | None:
    """`x + 0`, `x * 1` and their like are `x`, so that no line of emitted code says them."""
    if isinstance(left, Sym) and not isinstance(right, Sym):
        if (operator in "+-" and right == 0) or (operator in ("*", "//") and right == 1):
            return left
    elif isinstance(right, Sym) and not isinstance(left, Sym) and (operator, left) in (("+", 0), ("*", 1)):
        return right
    return None


def _bracketed(text: str) -> str:
    """`text`, in parentheses unless it is a name, a number, a call or the like. `simplify` removes what is too much."""
    node = ast.parse(text, mode="eval").body
    return text if isinstance(node, ast.Name | ast.Constant | ast.Call | ast.Attribute | ast.Subscript) else f"({text})"
