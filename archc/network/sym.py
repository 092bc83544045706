"""Numbers and flags that remember how they were computed.

The emitter runs an op's own rules on these, so that `planes * 4` goes in at one end and
`nn.BatchNorm2d(planes * 4)` comes out at the other, without a second set of rules.
"""

from __future__ import annotations

import ast
import json
from typing import SupportsIndex


class Sym(int):
    """An int with the Python expression that it came from: `Sym(256, "planes * 4")`.

    Everything that reads it sees the int; `+ - * // %` with another int give a `Sym` whose expression is
    composed of both. Comparisons use the number. With a float the result is a plain float.
    """

    text: str

    def __new__(cls, value: int, text: str) -> Sym:
        """The number `value`, written `text`."""
        self = super().__new__(cls, value)
        self.text = text
        return self

    def __add__(self, other: int) -> Sym:
        return _binary(int(self) + int(other), "+", self, other) if isinstance(other, int) else NotImplemented

    def __radd__(self, other: int) -> Sym:
        return _binary(int(other) + int(self), "+", other, self) if isinstance(other, int) else NotImplemented

    def __sub__(self, other: int) -> Sym:
        return _binary(int(self) - int(other), "-", self, other) if isinstance(other, int) else NotImplemented

    def __rsub__(self, other: int) -> Sym:
        return _binary(int(other) - int(self), "-", other, self) if isinstance(other, int) else NotImplemented

    def __mul__(self, other: SupportsIndex) -> Sym:
        return _binary(int(self) * int(other), "*", self, other) if isinstance(other, int) else NotImplemented

    def __rmul__(self, other: SupportsIndex) -> Sym:
        return _binary(int(other) * int(self), "*", other, self) if isinstance(other, int) else NotImplemented

    def __floordiv__(self, other: int) -> Sym:
        return _binary(int(self) // int(other), "//", self, other) if isinstance(other, int) else NotImplemented

    def __rfloordiv__(self, other: int) -> Sym:
        return _binary(int(other) // int(self), "//", other, self) if isinstance(other, int) else NotImplemented

    def __mod__(self, other: int) -> Sym:
        return _binary(int(self) % int(other), "%", self, other) if isinstance(other, int) else NotImplemented

    def __rmod__(self, other: int) -> Sym:
        return _binary(int(other) % int(self), "%", other, self) if isinstance(other, int) else NotImplemented

    def __neg__(self) -> Sym:
        return Sym(-int(self), f"-{bracketed(self.text)}")


class SymFloat(float):
    """A float with the Python expression that it came from: `SymFloat(0.5, "dropout")`. Arithmetic forgets it."""

    text: str

    def __new__(cls, value: float, text: str) -> SymFloat:
        """The number `value`, written `text`."""
        self = super().__new__(cls, value)
        self.text = text
        return self


class SymBool:
    """A flag with the Python expression that it came from: `SymBool(True, "bias")`. It tests as the flag does."""

    __slots__ = ("text", "value")

    def __init__(self, value: bool, text: str) -> None:
        self.value = value
        self.text = text

    def __bool__(self) -> bool:
        return self.value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, bool | SymBool) and bool(other) == self.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return repr(self.value)


Symbolic = Sym | SymFloat | SymBool
"""What carries an expression."""


def is_symbolic(value: object) -> bool:
    """Whether a value, or anything in a tuple, carries an expression: other instances may have another value."""
    return isinstance(value, Symbolic) or (isinstance(value, tuple) and any(is_symbolic(v) for v in value))


def same(left: object, right: object) -> bool:
    """Whether two values are equal and stay so wherever their expressions are: `k` and `k`, but not `k` and 3."""
    if is_symbolic(left) or is_symbolic(right):
        return text_of(left) == text_of(right)
    return left == right


def real(value: float) -> float:
    """The number as a float, for torch code that must not get an int."""
    if isinstance(value, Sym):
        return SymFloat(float(value), f"float({value.text})")
    return value if isinstance(value, SymFloat) else float(value)


def text_of(value: object) -> str:
    """The Python expression of a value: its history if it has one, else its literal. Tuples are looked into."""
    if isinstance(value, Symbolic):
        return value.text
    if isinstance(value, tuple):
        inside = ", ".join(text_of(v) for v in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, list):
        return f"[{', '.join(text_of(v) for v in value)}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _binary(value: int, operator: str, left: int, right: int) -> Sym:
    if (shortcut := _identity(operator, left, right)) is not None:
        return shortcut
    return Sym(value, f"{bracketed(text_of(left))} {operator} {bracketed(text_of(right))}")


def _identity(operator: str, left: int, right: int) -> Sym | None:
    """`x + 0`, `x * 1` and their like are `x`, so that no line of emitted code says them."""
    if isinstance(left, Sym) and not isinstance(right, Sym):
        if (operator in "+-" and right == 0) or (operator in ("*", "//") and right == 1):
            return left
    elif isinstance(right, Sym) and not isinstance(left, Sym) and (operator, left) in (("+", 0), ("*", 1)):
        return right
    return None


def bracketed(text: str) -> str:
    """`text`, in parentheses unless it is a name, a number, a call or the like. `simplify` removes what is too much."""
    if text.isidentifier() or text.isdecimal():
        return text
    node = ast.parse(text, mode="eval").body
    return text if isinstance(node, ast.Name | ast.Constant | ast.Call | ast.Attribute | ast.Subscript) else f"({text})"
