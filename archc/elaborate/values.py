"""Compile-time values and the things that names stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from archc.network.data import Callee, Data
from archc.network.expr import Expr
from archc.network.network import Ref
from archc.record import Record
from archc.resolve.advice import described
from archc.source import Span
from archc.syntax import tree

if TYPE_CHECKING:
    from archc.elaborate.environment import Env


class Defined(Record):
    """A `fn`, macro, block, model or variant with the environment of the file that defines it."""

    tree: tree.Declared
    home: Env
    prelude: bool = False
    """Whether it comes from the shipped sketch rules: what it chooses by itself is then reported."""

    @property
    def name(self) -> str:
        """Its name in the spec."""
        return self.tree.name.name


class Kind(Record):
    """A layer kind that is passed as a value."""

    name: str


Value: TypeAlias = "int | float | bool | str | None | Defined | Kind | tuple[Value, ...]"


class Bound(Record):
    """What a name or argument stands for.

    That is its value, its expression in the vocabulary of the enclosing definition, and where it was written: `written`
    and `env` are the syntax and its place, for tracing where a number was born.
    """

    value: Value
    expr: Expr
    span: Span
    written: tree.Expression | None = None
    env: Env | None = None


class Tensors(Record):
    """A name for tensors; expressions speak of `called` (`in_.channels`)."""

    refs: tuple[Ref, ...]
    called: str


class Poisoned(Record):
    """A name whose meaning could not be worked out; that has been told."""


class Unresolved(Poisoned):
    """A name that stands for nothing, which resolve has reported."""


Entry: TypeAlias = Bound | Tensors | Defined | Poisoned


def data_of(value: Value) -> Data:
    """The value as the network keeps it."""
    if isinstance(value, Defined | Kind):
        return Callee(name=value.name)
    if isinstance(value, tuple):
        return tuple(data_of(v) for v in value)
    return value


def typed(value: Value) -> object:
    """The value as a key that equals only values of the same types: 1, 1.0 and `true` are three."""
    if isinstance(value, tuple):
        return tuple(map(typed, value))
    return type(value), repr(value) if isinstance(value, float) else value


def describe(value: object) -> str:
    """What kind of thing a value is, for a message."""
    match value:
        case tuple():
            return "a list"
        case Defined() | Kind():
            return f"`{value.name}`"
        case Tensors():
            return "a tensor"
        case _:
            return described(value)
