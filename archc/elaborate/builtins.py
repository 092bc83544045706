"""The functions and operators of the language on values, and how large these may be."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import cast

from archc.elaborate.values import Value

Builtin = Callable[..., "Value | range"]
DEPTH = 60
"""The maximum nesting of `fn` calls, and of lists."""


def items_in(value: tuple[Value, ...], most: int) -> int:
    """The number of items in a list and its inner lists; more than `most` if they are nested too deeply.

    Lists share items in memory, so that a few doublings produce more than could ever be visited: counting stops beyond
    the limit.
    """
    count, depth, level = 0, 0, [value]
    while level:
        depth += 1
        count += sum(map(len, level))
        if count > most or depth > DEPTH:
            return most + 1
        level = [item for items in level for item in items if isinstance(item, tuple)]
    return count


def _pairs(values: Value) -> Value:
    return tuple(enumerate(cast("tuple[Value, ...]", values)))


def _zip(*values: tuple[Value, ...]) -> Value:
    return tuple(zip(*values, strict=False))


BUILTINS: Mapping[str, Builtin] = {
    "min": min, "max": max, "abs": abs, "round": round, "floor": math.floor, "ceil": math.ceil, "int": int,
    "len": len, "sum": sum, "range": range, "enumerate": _pairs, "zip": _zip,
}  # fmt: skip
"""The functions of the language (docs/language.md, Expressions)."""

OPERATORS: Mapping[str, Callable[[int | float, int | float], Value]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
"""The functions of the operators."""
