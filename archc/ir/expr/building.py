"""Building simplified expressions: known parts are evaluated, and neutral ones removed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal

from archc.ir.expr.evaluation import CannotEvaluate, evaluate
from archc.ir.expr.inference import result_type
from archc.ir.expr.sums import divided, linear
from archc.ir.expr.tree import (
    COMPARISONS,
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
    Type,
    UnaryExpr,
    Var,
    const,
    leaves,
    lift,
    truth_valued,
    whole,
)
from archc.ir.expr.wholeness import certainly_whole

_NESTED = 4
"""The conditionals in an expression up to which it is compared with another under a condition."""
_OPPOSITE = {"==": "!=", "!=": "==", "is": "is not", "is not": "is"}


def unary(sign: Literal["-", "not"], operand: Expr) -> Expr:
    """`-x` or `not x`, simplified."""
    if isinstance(operand, Const):
        return _folded(UnaryExpr(operator=sign, operand=operand))
    if sign == "not":
        match operand:
            case UnaryExpr(operator="not", operand=inner) if truth_valued(inner):
                return inner
            case BinaryExpr(operator=op) if op in _OPPOSITE:
                return BinaryExpr(operator=_OPPOSITE[op], left=operand.left, right=operand.right)
    elif whole(operand):
        return binary("-", const(0), operand)
    return UnaryExpr(operator=sign, operand=operand)


def binary(sign: str, left: Expr, right: Expr) -> Expr:
    """Two expressions joined by an operator, simplified."""
    plain = BinaryExpr(operator=sign, left=left, right=right)
    if isinstance(left, Const) and isinstance(right, Const):
        return _folded(plain)
    if sign in ("and", "or"):
        return _joined(plain)
    if sign in COMPARISONS and isinstance(left, ConditionalExpr) and isinstance(right, Const):
        sides = [binary(sign, side, right) for side in (left.then, left.otherwise)]
        if all(isinstance(side, Const) for side in sides) and truth_valued(left.condition):
            return conditional(sides[0], left.condition, sides[1])
    if sign in ("==", "!=", "is", "is not", "<=", ">=") and left == right and _calm(left):
        return const(sign in ("==", "is", "<=", ">="))
    if sign in ("+", "-", "*") and whole(left) and whole(right):
        return linear(plain)
    if (
        sign in ("//", "%")
        and isinstance(right, Const)
        and type(right.value) is int
        and right.value > 0
        and whole(left)
    ):
        return divided(sign, left, right.value)
    if sign in ("//", "%") and left == right and whole(left):
        return const(1 if sign == "//" else 0)
    return plain


def _calm(e: Expr) -> bool:
    """Whether equal expressions of this form have equal values. Floating-point ones may be NaN."""
    return not isinstance(e, Var) or e.type != "float"


def _folded(e: Expr) -> Expr:
    try:
        value = evaluate(e, {}, {})
    except CannotEvaluate:
        return e
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        return e
    return const(value)


def _joined(e: BinaryExpr) -> Expr:
    """`and` and `or` without operands that are known."""
    keeps = e.operator == "and"  # the neutral operand
    if isinstance(e.left, Const):
        return e.right if bool(e.left.value) == keeps else e.left
    if isinstance(e.right, Const) and truth_valued(e.left):
        if bool(e.right.value) == keeps and isinstance(e.right.value, bool):
            return e.left
        if isinstance(e.right.value, bool):
            return e.right
    return e.left if e.left == e.right else e


def conditional(then: Expr, condition: Expr, otherwise: Expr) -> Expr:
    """`then if condition else otherwise`, simplified under what the condition implies."""
    if isinstance(condition, Const):
        return then if condition.value else otherwise
    if then == otherwise:
        return then
    if isinstance(condition, UnaryExpr) and condition.operator == "not":
        return conditional(otherwise, condition.operand, then)
    if isinstance(otherwise, ConditionalExpr) and otherwise.then == then and truth_valued(condition):
        return conditional(then, binary("or", condition, otherwise.condition), otherwise.otherwise)
    if truth_valued(condition) and isinstance(then, Const) and isinstance(otherwise, Const):
        if then.value is True and otherwise.value is False:
            return condition
        if then.value is False and otherwise.value is True:
            return unary("not", condition)
    for one, other in _equal_if(condition, False):
        if _same_where(then, otherwise, one, other):
            return then
    for one, other in _equal_if(condition, True):
        if _same_where(then, otherwise, one, other):
            return otherwise
    return ConditionalExpr(then=then, condition=condition, otherwise=otherwise)


def _equal_if(condition: Expr, value: bool) -> Iterator[tuple[Expr, Expr]]:
    """Pairs of expressions that are equal where a condition is true, or false."""
    match condition:
        case BinaryExpr(operator="or") if not value:
            yield from _equal_if(condition.left, False)
            yield from _equal_if(condition.right, False)
        case BinaryExpr(operator="and") if value:
            yield from _equal_if(condition.left, True)
            yield from _equal_if(condition.right, True)
        case BinaryExpr(operator="==") if value:
            yield condition.left, condition.right
        case BinaryExpr(operator="!=") if not value:
            yield condition.left, condition.right


def _same_where(then: Expr, otherwise: Expr, one: Expr, other: Expr) -> bool:
    """Whether two expressions are the same, given that two others are equal; False for deeply nested conditionals.

    These are simplified again, each with all inside it, when something in them is replaced.
    """
    nested = (part for e in (then, otherwise) for part in leaves(e) if isinstance(part, ConditionalExpr))
    if next(islice(nested, _NESTED, None), None) is not None:
        return False
    return any(_exchanged(then, a, b) == _exchanged(otherwise, a, b) for a, b in ((one, other), (other, one)))


def _exchanged(e: Expr, one: Expr, other: Expr) -> Expr:
    """Replace every occurrence of an expression by another.

    Variables are only replaced by expressions that do not contain them, so that repeated replacement terminates.
    """
    if e == one:
        return other
    if not isinstance(one, Var | Size) or any(part == one for part in leaves(other)):
        return e
    return mapped(e, lambda leaf: other if leaf == one else None, {})


def index(of: Expr, at: Expr) -> Expr:
    """`of[at]`, simplified."""
    if isinstance(of, Apply) and at == const(-1):
        match of:
            case Apply(function="range", arguments=(count,)) if whole(count):
                return binary("-", count, const(1))
            case Apply(function="enumerate", arguments=(inner,)):
                length = apply("len", (inner,), (), {})
                return lift((binary("-", length, const(1)), index(inner, at)))
    if isinstance(at, Const) and type(at.value) is int:
        if isinstance(of, Items) and -len(of.items) <= at.value < len(of.items):
            return of.items[at.value]
        if isinstance(of, Const):
            made = _folded(IndexExpr(of=of, index=at))
            if isinstance(made, Const):
                return made
    return IndexExpr(of=of, index=at)


def apply(
    function: str, arguments: tuple[Expr, ...], names: tuple[str, ...], functions: Functions, type: Type = "any"
) -> Expr:
    """A call, evaluated if its arguments are known."""
    made = Apply(function=function, arguments=arguments, names=names if any(names) else (), type=type)
    if all(isinstance(a, Const) for a in arguments):
        try:
            return const(evaluate(made, {}, functions))
        except CannotEvaluate:
            return made
    if function in functions:
        if type == "any":
            is_whole = certainly_whole(made, frozenset(), functions)
            kind = "int" if is_whole else result_type(made, functions)
            return Apply(function=made.function, arguments=arguments, names=made.names, type=kind)
        return made
    if function == "len" and len(arguments) == 1:
        match arguments[0]:
            case Items(items=items):
                return const(len(items))
            case Apply(function="range", arguments=(count,)) if whole(count):
                return count
            case Apply(function="enumerate", arguments=(inner,)):
                return apply("len", (inner,), (), functions)
    if function == "int" and len(arguments) == 1 and whole(arguments[0]):
        return arguments[0]
    if function in ("max", "min") and len(arguments) > 1:
        distinct = tuple(dict.fromkeys(arguments))
        return distinct[0] if len(distinct) == 1 else Apply(function=function, arguments=distinct)
    if function in ("enumerate", "zip") and all(items_of(a) is not None for a in arguments):
        rows = [items_of(a) or () for a in arguments]
        if function == "enumerate":
            return lift(tuple((const(i), x) for i, x in enumerate(rows[0])))
        return lift(tuple(zip(*rows, strict=False)))
    return made


def items_of(e: Expr) -> tuple[Expr, ...] | None:
    """The items of a list, if its length is known."""
    if isinstance(e, Items):
        return e.items
    if isinstance(e, Const) and isinstance(e.value, tuple):
        return tuple(map(const, e.value))
    return None


def text(parts: Sequence[Expr]) -> Expr:
    """A string made of parts; known neighbours are joined."""
    made: list[Expr] = []
    for part in parts:
        if isinstance(part, Const) and made and isinstance(made[-1], Const):
            made[-1] = const(f"{made[-1].value}{part.value}")
        elif isinstance(part, Const):
            made.append(const(str(part.value)))
        else:
            made.append(part)
    if not made:
        return const("")
    return made[0] if len(made) == 1 and isinstance(made[0], Const) else Text(parts=tuple(made))


def mapped(
    e: Expr, leaf: Callable[[Expr], Expr | None], functions: Functions, known: dict[int, Any] | None = None
) -> Expr:
    """Replace the leaves of a tree (`leaf` gives None to keep one) and simplify it."""
    known = {} if known is None else known
    if id(e) in known:
        found: Expr = known[id(e)][1]
        return found
    made = _mapped(e, leaf, functions, known)
    known[id(e)] = e, made
    return made


def substituted(e: Expr, known: Mapping[str, Expr], functions: Functions, memo: dict[int, Any] | None = None) -> Expr:
    """Replace known variables in a tree by their values."""
    return mapped(e, lambda leaf: known.get(leaf.name) if isinstance(leaf, Var) else None, functions, memo)


def _mapped(e: Expr, leaf: Callable[[Expr], Expr | None], functions: Functions, known: dict[int, Any]) -> Expr:
    def go(part: Expr) -> Expr:
        return mapped(part, leaf, functions, known)

    match e:
        case Const() | Var() | Size():
            found = leaf(e)
            return e if found is None else found
        case Items():
            return lift(tuple(map(go, e.items)))
        case UnaryExpr():
            return unary(e.operator, go(e.operand))
        case BinaryExpr():
            return binary(e.operator, go(e.left), go(e.right))
        case ConditionalExpr():
            condition = go(e.condition)
            if isinstance(condition, Const):
                return go(e.then if condition.value else e.otherwise)
            return conditional(go(e.then), condition, go(e.otherwise))
        case IndexExpr():
            return index(go(e.of), go(e.index))
        case Apply():
            return apply(e.function, tuple(map(go, e.arguments)), e.names, functions, e.type)
        case Text():
            return text(tuple(map(go, e.parts)))
