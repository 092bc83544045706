"""Evaluating expressions."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

from archc.ir.expr.builtins import BUILTINS, OPERATORS
from archc.ir.expr.tree import (
    Apply,
    BinaryExpr,
    ConditionalExpr,
    Const,
    Expr,
    Functions,
    IndexExpr,
    Items,
    Size,
    Text,
    UnaryExpr,
    Var,
    passed,
)


class CannotEvaluate(Exception):
    """An expression has no value: a name is unknown, an index is out of range, or a number is divided by 0."""


_FUNCTIONS = {**BUILTINS, "float": float}  # emitted code converts numbers
_OPERATORS = {**OPERATORS, "==": operator.eq, "!=": operator.ne, "is": operator.eq, "is not": operator.ne}
_DEPTH = 200


def evaluate(e: Expr, names: Mapping[str, Any], functions: Functions, depth: int = 0) -> Any:
    """The value of an expression. Raises `CannotEvaluate`.

    `names` holds the values of the variables; a list is a tuple.
    """
    match e:
        case Const():
            return e.value
        case Var():
            if e.name not in names:
                raise CannotEvaluate(e.name)
            return names[e.name]
        case Items():
            return tuple(evaluate(i, names, functions, depth) for i in e.items)
        case ConditionalExpr():
            chosen = e.then if evaluate(e.condition, names, functions, depth) else e.otherwise
            return evaluate(chosen, names, functions, depth)
        case BinaryExpr(operator="and" | "or"):
            left = evaluate(e.left, names, functions, depth)
            return left if bool(left) == (e.operator == "or") else evaluate(e.right, names, functions, depth)
        case Text():
            return "".join(str(evaluate(p, names, functions, depth)) for p in e.parts)
        case Size():
            raise CannotEvaluate("a size")
        case _:
            return _computed(e, names, functions, depth)


def _computed(
    e: UnaryExpr | BinaryExpr | IndexExpr | Apply, names: Mapping[str, Any], functions: Functions, depth: int
) -> Any:
    try:
        match e:
            case UnaryExpr():
                value = evaluate(e.operand, names, functions, depth)
                return -value if e.operator == "-" else not value
            case BinaryExpr():
                left, right = (evaluate(s, names, functions, depth) for s in (e.left, e.right))
                if e.operator == "in":
                    return left in right
                if e.operator == "**" and type(left) is type(right) is int and abs(left) > 1 and right > 4096:
                    raise CannotEvaluate("a power")
                return _OPERATORS[e.operator](left, right)
            case IndexExpr():
                return evaluate(e.of, names, functions, depth)[evaluate(e.index, names, functions, depth)]
            case Apply():
                return _applied(e, names, functions, depth)
    except (ArithmeticError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CannotEvaluate(str(error)) from None


def _applied(e: Apply, names: Mapping[str, Any], functions: Functions, depth: int) -> Any:
    if e.function not in functions:
        if e.function not in _FUNCTIONS:  # a partial network has no functions
            raise CannotEvaluate(e.function)
        value = _FUNCTIONS[e.function](*(evaluate(a, names, functions, depth) for a in e.arguments))
        return tuple(value) if isinstance(value, range) else value
    if depth > _DEPTH:
        raise CannotEvaluate("calls are nested too deep")
    called = functions[e.function]
    given = {name: evaluate(a, names, functions, depth) for name, a in passed(called, e).items()}
    for name, default in called.parameters:
        if name not in given:
            if default is None:
                raise CannotEvaluate(name)
            given[name] = evaluate(default, given, functions, depth + 1)
    return evaluate(called.body, given, functions, depth + 1)
