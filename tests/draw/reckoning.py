"""The value that a reader computes for an expression in a box, from the table below it."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping

_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {"int": int, "round": round, "min": min, "max": max, "ceil": math.ceil}


def value_of(token: str, known: Mapping[str, float]) -> float | None:
    """The value of a token, if it is arithmetic over known names."""
    try:
        return _reckoned(ast.parse(token.replace("·", "*").replace("^", "**"), mode="eval").body, known)
    except (KeyError, SyntaxError, TypeError, ValueError, ArithmeticError):
        return None


def _reckoned(node: ast.expr, known: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.Name(id=name):
            return known[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_reckoned(operand, known)
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_reckoned(left, known), _reckoned(right, known))
        case ast.IfExp(test=ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]), body=body, orelse=orelse):
            return _reckoned(body if _reckoned(left, known) == _reckoned(right, known) else orelse, known)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return _FUNCTIONS[name](*(_reckoned(a, known) for a in args))
        case _:
            raise ValueError(ast.unparse(node))
