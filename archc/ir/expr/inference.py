"""The types of expressions, as far as they can be inferred from their form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archc.ir.data import Callee, Data
from archc.ir.expr.builtins import BUILTINS
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
    Text,
    Type,
    UnaryExpr,
    Var,
    passed,
    whole,
)


def type_of(e: Expr) -> Type:
    """The type of an expression; "any" if it may have several, except that whole numbers are numbers, too.

    A "tuple" consists of whole numbers, or of tuples: the type of what is in another is not known from its index.
    """
    return _one(_types(e, {}, {}, frozenset()))


def result_type(call: Apply, functions: Functions) -> Type:
    """The type of the result of a `fn` with these arguments."""
    return _one(_result(call, {}, functions, frozenset()))


def _one(types: set[Type]) -> Type:
    return next(iter(types)) if len(types) == 1 else "float" if types == {"int", "float"} else "any"


def _types(e: Expr, given: Mapping[str, Type], functions: Functions, running: frozenset[str]) -> set[Type]:
    """The types that an expression may have. `given`: those of variables; `running`: the functions that are called."""

    def inner(part: Expr) -> set[Type]:
        return _types(part, given, functions, running)

    match e:
        case Const():
            return {_type_of_value(e.value)}
        case Var():
            return {given.get(e.name, e.type)}
        case Items():
            kinds = {_one(inner(item)) for item in e.items}
            return {"tuple" if kinds <= {"int"} or kinds <= {"tuple"} else "any"}
        case Text():
            return {"str"}
        case _ if whole(e, lambda part: isinstance(part, Var) and given.get(part.name) == "int"):
            return {"int"}
        case BinaryExpr(operator="and" | "or"):
            return {_one(inner(e.left) | inner(e.right))}
        case BinaryExpr():
            if e.operator in COMPARISONS:
                return {"bool"}
            lists = "tuple" in inner(e.left) | inner(e.right) or _lists(e.left) or _lists(e.right)
            return {"tuple" if lists else "float"}
        case UnaryExpr():
            return {"bool"} if e.operator == "not" else inner(e.operand)
        case ConditionalExpr():
            return inner(e.then) | inner(e.otherwise)
        case IndexExpr():
            known = {t for item in _indexed(e) for t in inner(item)}
            return known or {"any" if inner(e.of) == {"any"} else "int"}
        case Apply(function="max" | "min"):
            return {t for a in e.arguments for t in inner(a)}
        case Apply():
            if e.function in functions:
                return _result(e, given, functions, running)
            return {e.type} if e.type != "any" or e.function not in BUILTINS else {"float"}
        case _:
            return {"any"}


def _result(call: Apply, given: Mapping[str, Type], functions: Functions, running: frozenset[str]) -> set[Type]:
    """The types of a call; a recursive call has those of the other results."""
    called = functions[call.function]
    if called.name in running:
        return set()
    values = passed(called, call)
    types: dict[str, Type] = {}
    for name, default in called.parameters:
        if name in values:
            types[name] = _one(_types(values[name], given, functions, running))
        elif default is not None:
            types[name] = _one(_types(default, types, functions, running))
    return _types(called.body, types, functions, running | {called.name})


def _indexed(e: IndexExpr) -> Sequence[Expr]:
    """The items that an index may select, if they are known."""
    at = e.index.value if isinstance(e.index, Const) else None
    return [
        item
        for items in _lists(e.of)
        for item in ([items[at]] if isinstance(at, int) and -len(items) <= at < len(items) else items)
    ]


def _lists(e: Expr) -> Sequence[Sequence[Expr]]:
    """The lists that an expression may be, if they are known."""
    match e:
        case Items():
            return [e.items]
        case Const() if isinstance(e.value, tuple):
            return [[Const(value=value) for value in e.value]]
        case ConditionalExpr():
            sides = _lists(e.then), _lists(e.otherwise)
            return [*sides[0], *sides[1]] if all(sides) else ()
        case IndexExpr():
            found = [_lists(item) for item in _indexed(e)]
            return [one for lists in found for one in lists] if all(found) else ()
        case _:
            return ()


def _type_of_value(value: Data) -> Type:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str):
        return "str"
    if isinstance(value, tuple):
        kinds = set(map(_type_of_value, value))
        return "tuple" if kinds <= {"int"} or kinds <= {"tuple"} else "any"
    return "kind" if isinstance(value, Callee) else "any"
