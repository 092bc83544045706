"""Printing expressions as Python."""

from __future__ import annotations

import json
from collections.abc import Callable

from archc.ir.data import Callee, Data
from archc.ir.expr.tree import (
    Apply,
    BinaryExpr,
    ConditionalExpr,
    Const,
    Expr,
    IndexExpr,
    Items,
    Size,
    Text,
    UnaryExpr,
    Var,
)

_LEVEL = {
    "or": 1, "and": 2, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "in": 4, "is": 4, "is not": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6, "**": 8,
}  # fmt: skip
_NOT, _UNARY, ATOM = 3, 7, 9


def literal(value: Data, layer: Callable[[str], str] = str) -> str:
    """A value in Python's notation; `layer` gives the text of a layer or block."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if value.isprintable() else repr(value)
    if isinstance(value, Callee):
        return layer(value.name)
    if isinstance(value, tuple):
        inside = ", ".join(literal(v, layer) for v in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return repr(value)


def python(e: Expr, name: Callable[[Expr], str] | None = None) -> str:
    """The Python text of an expression; `name` gives the text of names and sizes."""
    return printed(e, name or _spoken)[0]


def _spoken(e: Expr) -> str:
    return (
        e.name
        if isinstance(e, Var)
        else f"in_.{('channels', 'height', 'width')[e.axis]}"
        if isinstance(e, Size)
        else ""
    )


def printed(e: Expr, name: Callable[[Expr], str], layer: Callable[[str], str] = str) -> tuple[str, int]:
    """The Python text of an expression, and its precedence; `layer` gives the text of a layer or block."""

    def text(part: Expr) -> str:
        return printed(part, name, layer)[0]

    def operand(part: Expr, least: int) -> str:
        inside, level = printed(part, name, layer)
        return inside if level >= least else f"({inside})"

    match e:
        case Const():
            said = literal(e.value, layer)
            return said, _UNARY if said.startswith("-") else ATOM
        case Var() | Size():
            said = name(e)
            return said, ATOM
        case BinaryExpr():
            level = _LEVEL[e.operator]
            tight = e.operator == "**"
            left = operand(e.left, level + 1 if tight or level == 4 else level)
            right = operand(e.right, level if tight else level + 1)
            simple = tight and _is_simple(left) and _is_simple(right.removeprefix("-"))
            return f"{left}{e.operator}{right}" if simple else f"{left} {e.operator} {right}", level
        case UnaryExpr():
            level = _NOT if e.operator == "not" else _UNARY
            return f"{'not ' if e.operator == 'not' else e.operator}{operand(e.operand, level)}", level
        case ConditionalExpr():
            then, condition = operand(e.then, 1), operand(e.condition, 1)
            return f"{then} if {condition} else {text(e.otherwise)}", 0
        case Items():
            inside = ", ".join(map(text, e.items))
            return f"({inside},)" if len(e.items) == 1 else f"({inside})", ATOM
        case IndexExpr():
            return f"{operand(e.of, ATOM)}[{text(e.index)}]", ATOM
        case Apply():
            labels = e.names or ("",) * len(e.arguments)
            given = ", ".join(
                (f"{label}=" if label else "") + text(a) for label, a in zip(labels, e.arguments, strict=True)
            )
            strict = ", strict=False" if e.function == "zip" else ""  # as in the language
            return f"{e.function}({given}{strict})", ATOM
        case Text():
            if any(
                '"' in text(p) for p in e.parts if not isinstance(p, Const)
            ):  # before Python 3.12, quotes do not nest
                whole = "".join("{}" if not isinstance(p, Const) else _in_text(p, name) for p in e.parts)
                return f'"{whole}".format({", ".join(text(p) for p in e.parts if not isinstance(p, Const))})', ATOM
            return f'f"{"".join(_in_text(p, name) for p in e.parts)}"', ATOM


def _is_simple(text: str) -> bool:
    """Whether an operand of `**` is a name, an attribute or a number, and so written without spaces."""
    return text.replace("_", "").replace(".", "").isalnum()


def _in_text(part: Expr, name: Callable[[Expr], str]) -> str:
    if isinstance(part, Const):
        return "".join(
            2 * c if c in "{}" else '\\"' if c == '"' else c if c.isprintable() and c != "\\" else repr(c)[1:-1]
            for c in str(part.value)
        )
    return f"{{{printed(part, name)[0]}}}"
