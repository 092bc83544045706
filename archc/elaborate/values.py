"""Compile-time values, what names stand for, and where they are looked up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from archc.diagnostics.source import Span
from archc.ir.data import Callee, Data
from archc.ir.expr import Expr
from archc.ir.network import Ref
from archc.ir.op import Op
from archc.resolve.advice import described
from archc.support.record import Record, replace
from archc.syntax import tree


class DefinitionRef(Record):
    """A `fn`, macro, block, model or variant with the environment of the file that defines it."""

    tree: tree.Declared
    home: Env
    prelude: bool = False
    """Whether it comes from the shipped sketch rules: what it chooses by itself is then reported."""

    @property
    def name(self) -> str:
        """Its name in the spec."""
        return self.tree.name.name


class OpRef(Record):
    """A layer kind that is passed as a value."""

    name: str


Value: TypeAlias = "int | float | bool | str | None | DefinitionRef | OpRef | tuple[Value, ...]"


class Binding(Record):
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


Entry: TypeAlias = Binding | Tensors | DefinitionRef | Poisoned


class Env:
    """The values of the variables of one file, body, macro call or loop turn, inside those of `parent`.

    Also the `default`s declared there. Lookups go outwards; a body's environment has its file's as parent, so nothing
    leaks from caller to callee.
    """

    __slots__ = ("_defaults", "_layers", "names", "parent")

    def __init__(self, parent: Env | None = None) -> None:
        self.parent = parent
        self.names: dict[str, Entry] = {}
        self._layers: list[tree.Use] = []
        self._defaults: dict[str, dict[str, tuple[tree.Argument, Env]]] = {}

    def find(self, name: str) -> Entry | None:
        """What `name` stands for here, None if nothing."""
        env: Env | None = self
        while env is not None:
            if (entry := env.names.get(name)) is not None:
                return entry
            env = env.parent
        return None

    def own(self, name: str) -> Entry | None:
        """What `name` stands for in this body itself."""
        return self.names.get(name)

    def add_default(self, kind: type[Op], layer: tree.Use) -> None:
        """Declare a `default` for a layer. Arguments that it does not have, which have been reported, are left out."""
        arguments = self._defaults.setdefault(kind.kind(), {})
        kept = tuple(a for a in layer.arguments or () if a.name in kind.model_fields)
        self._layers.append(replace(layer, arguments=kept))
        for argument in kept:
            if argument.name is not None:
                arguments[argument.name] = (argument, self)

    def defaults(self, kind: str) -> dict[str, tuple[tree.Argument, Env]]:
        """The defaults in force for a layer kind, the innermost winning, each with the place of its names."""
        found: dict[str, tuple[tree.Argument, Env]] = {}
        for env in reversed(list(self._outwards())):
            found.update(env._defaults.get(kind, {}))
        return found

    def declared(self) -> tuple[tree.Use, ...]:
        """The `default`s declared here itself."""
        return tuple(self._layers)

    def all_names(self) -> Iterator[str]:
        """Every name that can be seen from here."""
        for env in self._outwards():
            yield from env.names

    def tensor_names(self) -> Iterator[str]:
        """The names of tensors that can be seen from here, `in` aside."""
        for env in self._outwards():
            yield from (n for n, entry in env.names.items() if isinstance(entry, Tensors) and n != "in")

    def _outwards(self) -> Iterator[Env]:
        env: Env | None = self
        while env is not None:
            yield env
            env = env.parent


def data_of(value: Value) -> Data:
    """The value as the network keeps it."""
    if isinstance(value, DefinitionRef | OpRef):
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
        case DefinitionRef() | OpRef():
            return f"`{value.name}`"
        case Tensors():
            return "a tensor"
        case _:
            return described(value)
