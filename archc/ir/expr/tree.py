"""The nodes of expression trees: constants, names, sizes, and operations on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Literal, TypeAlias

from archc.ir.data import Callee, Data, OneOf
from archc.ir.value import Value

Type = Literal["int", "float", "bool", "str", "tuple", "kind", "any"]


class _Tree(Value):
    """A node of an expression. Nodes are shared, so each computes its hash once."""

    def __hash__(self) -> int:
        found: int | None = self.__dict__.get("_hash")
        if found is None:
            found = self.__dict__["_hash"] = hash((type(self), *self._values()))
        return found

    def __eq__(self, other: object) -> bool:
        return self is other or (
            type(other) is type(self) and hash(self) == hash(other) and self._values() == other._values()
        )


class Const(_Tree):
    """A constant. 1, 1.0 and true are three different ones."""

    is_a: Literal["const"] = "const"
    value: Data

    def __hash__(self) -> int:
        return hash(self.value)

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Const)
            and type(other.value) is type(self.value)
            and (self.value is other.value or repr(self.value) == repr(other.value))
        )


class Var(_Tree):
    """A name: a parameter, a `let`, a loop variable, or a variable of a translation. `type` is "any" if unknown."""

    is_a: Literal["var"] = "var"
    name: str
    type: Type = "any"


class Size(_Tree):
    """A size of a tensor: `axis` 0 is the channels, 1 the height, 2 the width. `tensor` numbers it in its body.

    For a list of tensors, the axis `LENGTH` gives their number, and any other axis the list of their sizes.
    """

    is_a: Literal["size"] = "size"
    tensor: int
    axis: int


LENGTH = -1
"""Stands for the number of tensors of a list, in place of an axis."""


class Items(_Tree):
    """A list literal."""

    is_a: Literal["items"] = "items"
    items: tuple[Expr, ...]


class UnaryExpr(_Tree):
    """`-x`, `not x`."""

    is_a: Literal["unary"] = "unary"
    operator: Literal["-", "not"]
    operand: Expr


class BinaryExpr(_Tree):
    """`a + b`, `a < b`, `a and b`; `is` and `is not` compare with `None` and layers."""

    is_a: Literal["binary"] = "binary"
    operator: str
    left: Expr
    right: Expr


class ConditionalExpr(_Tree):
    """`then if condition else otherwise`."""

    is_a: Literal["conditional"] = "conditional"
    then: Expr
    condition: Expr
    otherwise: Expr


class IndexExpr(_Tree):
    """`of[index]`."""

    is_a: Literal["index"] = "index"
    of: Expr
    index: Expr


class Apply(_Tree):
    """A call of a built-in function or of a `fn`; `names` holds the name of each argument, "" for one by position.

    `type`: that of the result, if the function determines it.
    """

    is_a: Literal["apply"] = "apply"
    function: str
    arguments: tuple[Expr, ...]
    names: tuple[str, ...] = ()
    type: Type = "any"


class Text(_Tree):
    """A string made of parts: `f"layer{i + 1}"`."""

    is_a: Literal["text"] = "text"
    parts: tuple[Expr, ...]


Expr: TypeAlias = Annotated[
    Const | Var | Size | Items | UnaryExpr | BinaryExpr | ConditionalExpr | IndexExpr | Apply | Text, OneOf("is_a")
]

NONE, TRUE, FALSE = Const(value=None), Const(value=True), Const(value=False)


class Lambda(Value):
    """A `fn`: its parameters with their defaults, and its body."""

    name: str
    parameters: tuple[tuple[str, Expr | None], ...]
    body: Expr


Functions = Mapping[str, Lambda]


def passed(called: Lambda, call: Apply) -> dict[str, Expr]:
    """The arguments of a call, by parameter, without defaults."""
    labels = call.names or ("",) * len(call.arguments)
    pairs = zip(called.parameters, labels, call.arguments, strict=False)
    return {label or name: argument for (name, _), label, argument in pairs}


def const(value: Data) -> Const:
    """A constant."""
    return Const(value=value)


def lift(value: object) -> Expr:
    """Convert a value, or a tuple of values and expressions, to an expression."""
    if isinstance(value, Value) and not isinstance(value, Callee):
        return value  # type: ignore[return-value]  # all other values that come by are expressions
    if isinstance(value, tuple | list):
        parts = tuple(map(lift, value))
        if all(isinstance(p, Const) for p in parts):
            return const(tuple(p.value for p in parts if isinstance(p, Const)))
        return Items(items=parts)
    return const(value)  # type: ignore[arg-type]


def _nothing(_: Expr) -> bool:
    return False


def whole(e: Expr, also: Callable[[Expr], bool] = _nothing) -> bool:
    """Whether an expression is certainly a whole number; `also` judges variables and calls of unknown type."""
    match e:
        case Const():
            return type(e.value) is int
        case Var():
            return e.type == "int" or also(e)
        case Size():
            return True
        case UnaryExpr(operator="-"):
            return whole(e.operand, also)
        case BinaryExpr():
            return e.operator in ("+", "-", "*", "//", "%", "**") and whole(e.left, also) and whole(e.right, also)
        case ConditionalExpr():
            return whole(e.then, also) and whole(e.otherwise, also)
        case Apply():
            if e.type == "int" or e.function in ("int", "len", "floor", "ceil", "round"):
                return True
            return also(e) or (e.function in ("max", "min", "abs") and all(whole(a, also) for a in e.arguments))
        case _:
            return False


COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "is", "is not", "in"})


def truth_valued(e: Expr) -> bool:
    """Whether an expression is certainly a boolean."""
    match e:
        case Const():
            return isinstance(e.value, bool)
        case Var():
            return e.type == "bool"
        case UnaryExpr():
            return e.operator == "not"
        case BinaryExpr():
            return e.operator in COMPARISONS or (
                e.operator in ("and", "or") and truth_valued(e.left) and truth_valued(e.right)
            )
        case _:
            return False


def parts(e: Expr) -> tuple[Expr, ...]:
    """The direct subexpressions."""
    match e:
        case Items():
            return e.items
        case UnaryExpr():
            return (e.operand,)
        case BinaryExpr():
            return e.left, e.right
        case ConditionalExpr():
            return e.then, e.condition, e.otherwise
        case IndexExpr():
            return e.of, e.index
        case Apply():
            return e.arguments
        case Text():
            return e.parts
        case _:
            return ()


def leaves(e: Expr) -> Iterator[Expr]:
    """All subexpressions, itself included, from left to right; a shared one occurs once."""
    seen: set[int] = set()
    stack = [e]
    while stack:
        here = stack.pop()
        if id(here) not in seen:
            seen.add(id(here))
            yield here
            stack.extend(reversed(parts(here)))


def variables(e: Expr) -> frozenset[str]:
    """The names that an expression reads."""
    return frozenset(x.name for x in leaves(e) if isinstance(x, Var))


def weight(e: Expr) -> int:
    """The number of names and constants in an expression; each node computes it once."""
    found: int | None = e.__dict__.get("_weight")
    if found is None:
        found = e.__dict__["_weight"] = sum(map(weight, inner)) if (inner := parts(e)) else 1
    return found
