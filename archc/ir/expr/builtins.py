"""The functions and operators of the language on values, in which a list is a tuple."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def _enumerate(values: Sequence[Any]) -> tuple[tuple[int, Any], ...]:
    return tuple(enumerate(values))


def _zip(*values: Sequence[Any]) -> tuple[tuple[Any, ...], ...]:
    return tuple(zip(*values, strict=False))


BUILTINS: Mapping[str, Callable[..., Any]] = {
    "min": min, "max": max, "abs": abs, "round": round, "floor": math.floor, "ceil": math.ceil, "int": int,
    "len": len, "sum": sum, "range": range, "enumerate": _enumerate, "zip": _zip,
}  # fmt: skip
"""The functions of the language (docs/language.md, Expressions). `range` is lazy, so that its length can be checked."""

OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
"""The operators on two numbers."""
