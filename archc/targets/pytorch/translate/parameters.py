"""The types of the parameters of emitted classes, inferred from the values that are passed."""

from __future__ import annotations

from collections.abc import Sequence

from archc.ir.data import Callee, Data
from archc.ir.expr import (
    Const,
    Expr,
    Var,
    items_of,
    type_of,
)


def value_type(value: Data) -> str:
    """The type of a value."""
    match value:
        case None:
            return "none"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "str"
        case Callee():
            return "kind"
        case tuple():
            return "pair" if len(value) == 2 and all(type(v) is int for v in value) else "list"


def expr_type(e: Expr) -> str:
    """The type of an expression."""
    if isinstance(e, Const):
        return value_type(e.value)
    found = type_of(e)
    if found == "tuple":
        listed = items_of(e)
        pair = listed is not None and len(listed) == 2 and all(type_of(i) == "int" for i in listed)
        return "pair" if pair or isinstance(e, Var) else "list"
    return found


def tuple_of(e: Expr) -> list[Data]:
    """A known list, as the only value."""
    return [e.value] if isinstance(e, Const) and isinstance(e.value, tuple) else []


def list_type(values: Sequence[Data]) -> str | None:
    """`tuple[int, ...]`, or a tuple type of the length that all values share."""
    rows = [v for v in values if isinstance(v, tuple)]
    if not rows:
        return None
    inner = [_item_type([r[i] for r in rows if i < len(r)]) for i in range(max(map(len, rows)))]
    if any(i is None for i in inner):
        return None
    if len({len(r) for r in rows}) == 1 and rows[0]:
        return f"tuple[{', '.join(str(i) for i in inner)}]"
    kinds = {str(i) for i in inner}
    return f"tuple[{kinds.pop()}, ...]" if len(kinds) == 1 else "tuple[int, ...]" if not kinds else None


def _item_type(values: Sequence[Data]) -> str | None:
    kinds = {value_type(v) for v in values}
    if kinds <= {"int"}:
        return "int"
    if kinds <= {"bool"}:
        return "bool"
    if kinds <= {"int", "float"}:
        return "float"
    return list_type(values) if kinds <= {"pair", "list"} else None
