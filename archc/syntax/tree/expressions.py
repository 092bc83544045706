"""The base of all nodes, and the nodes of expressions."""

from __future__ import annotations

from typing import Literal, TypeAlias, dataclass_transform

from archc.diagnostics.source import Span
from archc.support.record import Record


@dataclass_transform(frozen_default=True, eq_default=False)
class _Node(Record):
    """A record that is equal only to itself."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__


class Tree(_Node):
    """Base of all nodes. Nodes are compared by identity; `syntax.same` compares by content without spans."""

    span: Span


class Literal_(Tree):
    """A number, a string without interpolation, `true`, `false`, or `none`."""

    value: int | float | str | bool | None


class Shape(Tree):
    """`1x7`, `3x224x224`: a tuple of whole numbers, written without parentheses."""

    dims: tuple[int, ...]


class Template(Tree):
    """A string with interpolation, `"layer{i+1}"`: text and expressions in turn."""

    parts: tuple[str | Expression, ...]


class Name(Tree):
    """A name: a parameter, a `let`, a loop variable, a layer kind, a block, … `in` is the incoming tensor."""

    name: str


class Attribute(Tree):
    """`in.channels`, `x.height`."""

    of: Expression
    name: str
    name_span: Span


class Sequence(Tree):
    """`[a, b]` or `(a, b)`."""

    form: Literal["list", "tuple"]
    items: tuple[Expression, ...]


class Unary(Tree):
    """`-x`, `+x`, `not x`."""

    operator: Literal["-", "+", "not"]
    operand: Expression


class Binary(Tree):
    """`a + b`, `a < b`, `a and b`. A chain `a < b < c` is `Binary("and", a < b, b < c)`."""

    operator: Literal["+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">=", "in", "and", "or"]
    left: Expression
    right: Expression


class Conditional(Tree):
    """`a if c else b`."""

    then: Expression
    condition: Expression
    otherwise: Expression


class Index(Tree):
    """`xs[i]`."""

    of: Expression
    index: Expression


class CallExpression(Tree):
    """`divisible(v * 2, d=16)`: a built-in function or a `fn`."""

    function: str
    function_span: Span
    arguments: tuple[Argument, ...]


Expression: TypeAlias = (
    Literal_ | Shape | Template | Name | Attribute | Sequence | Unary | Binary | Conditional | Index | CallExpression
)


class Argument(Tree):
    """A positional (`name` is None) or named argument."""

    name: str | None
    value: Expression
