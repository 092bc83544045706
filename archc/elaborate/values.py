"""Compile-time values, the meanings of names, and the environments that hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from archc.diagnostics.source import Span
from archc.ir.data import Callee, Data
from archc.ir.expr import Expr
from archc.ir.network import Ref
from archc.ir.op import Op
from archc.ir.types import TensorType
from archc.resolve.advice import described
from archc.support.record import Record, Struct, replace
from archc.syntax import tree

DEPTH = 60
"""The maximum nesting of `fn` calls, and of lists."""


class DefinitionRef(Record):
    """A `fn`, macro, block, model or variant with the environment of the file that defines it."""

    tree: tree.Declared
    home: Env
    prelude: bool = False
    """Whether it comes from the shipped sketch rules, whose choices are reported."""

    @property
    def name(self) -> str:
        """Its name in the spec."""
        return self.tree.name.name


class OpRef(Record):
    """An op that is passed as a value."""

    name: str


Value: TypeAlias = "int | float | bool | str | None | DefinitionRef | OpRef | tuple[Value, ...]"


class Binding(Record):
    """The meaning of a name or argument: its value, and its expression in the vocabulary of the enclosing definition.

    `written` and `env` are the syntax and its environment, from which the origin of a number is traced.
    """

    value: Value
    expr: Expr
    span: Span
    written: tree.Expression | None = None
    env: Env | None = None


class Tensors(Record):
    """A name for tensors, which is `called` in expressions (`in_.channels`). `is_list`: they are named by `*xs`."""

    refs: tuple[Ref, ...]
    called: str
    is_list: bool = False

    def of_any_number(self, type_of: Callable[[Tensors], TensorType | None]) -> bool:
        """Whether a tensor of unknown type is among them, which counts as any number of tensors."""
        types = (type_of(Tensors((ref,), self.called)) for ref in self.refs)
        return any(type_ is not None and not type_.is_known for type_ in types)


def named_tensors(names: Sequence[tree.Name], rest: bool, refs: tuple[Ref, ...]) -> dict[str, Tensors]:
    """The meaning of each of `names`; with `rest`, the last one names all remaining tensors."""
    single = names[:-1] if rest else names
    found = {name.name: Tensors((ref,), name.name) for name, ref in zip(single, refs, strict=False)}
    if rest:
        found[names[-1].name] = Tensors(refs[len(single) :], names[-1].name, is_list=True)
    return found


def called_each(tensors: Tensors) -> tuple[str, ...]:
    """The name of each tensor in expressions."""
    if not tensors.is_list:
        return (tensors.called,)
    return tuple(f"{tensors.called}[{i}]" for i in range(len(tensors.refs)))


class SharedModule(Struct):
    """A shared module: its term, with the meanings of names where it is declared.

    `nodes` and `scopes`: the ranges that its first use made; None before it, or if that has an error.
    """

    term: tree.Use | tree.Group | tree.Repeat | tree.Merge
    env: Env
    merges: int
    nodes: range | None = None
    scopes: range = range(0)
    failed: bool = False


class Poisoned(Record):
    """A name whose value could not be computed; the error has been reported."""


class Unresolved(Poisoned):
    """An unknown name, which resolve has reported."""


Entry: TypeAlias = Binding | Tensors | DefinitionRef | SharedModule | Poisoned


class Env:
    """The values of the variables of a file, body, macro call or loop turn, inside those of `parent`.

    It also has the `default`s declared there. Lookups proceed outwards. The parent of a body's environment is that of
    its file, so that nothing leaks from caller to callee.
    """

    __slots__ = ("_defaults", "_layers", "names", "parent")

    def __init__(self, parent: Env | None = None) -> None:
        self.parent = parent
        self.names: dict[str, Entry] = {}
        self._layers: list[tree.Use] = []
        self._defaults: dict[str, dict[str, tuple[tree.Argument, Env]]] = {}

    def copy(self) -> Env:
        """A copy of the current environment, without later definitions."""
        made = Env(self.parent)
        made.names, made._layers = dict(self.names), list(self._layers)
        made._defaults = {kind: dict(given) for kind, given in self._defaults.items()}
        return made

    def find(self, name: str) -> Entry | None:
        """The meaning of `name` here, None if it has none."""
        env: Env | None = self
        while env is not None:
            if (entry := env.names.get(name)) is not None:
                return entry
            env = env.parent
        return None

    def own(self, name: str) -> Entry | None:
        """The meaning of `name` in this environment alone."""
        return self.names.get(name)

    def add_default(self, kind: type[Op], layer: tree.Use) -> None:
        """Declare a `default` for a layer, without unknown arguments, which have been reported."""
        arguments = self._defaults.setdefault(kind.kind(), {})
        kept = tuple(a for a in layer.arguments or () if a.name in kind.model_fields)
        self._layers.append(replace(layer, arguments=kept))
        for argument in kept:
            if argument.name is not None:
                arguments[argument.name] = (argument, self)

    def defaults(self, kind: str) -> dict[str, tuple[tree.Argument, Env]]:
        """The defaults that apply to an op, each with its environment; the innermost takes precedence."""
        found: dict[str, tuple[tree.Argument, Env]] = {}
        env: Env | None = self
        while env is not None:
            if kind in env._defaults:
                found = env._defaults[kind] | found
            env = env.parent
        return found

    def declared(self) -> tuple[tree.Use, ...]:
        """The `default`s declared in this environment."""
        return tuple(self._layers)

    def all_names(self) -> Iterator[str]:
        """Every visible name."""
        for env in self._outwards():
            yield from env.names

    def tensor_names(self) -> Iterator[str]:
        """The visible names of tensors, except `in`."""
        for env in self._outwards():
            yield from (n for n, entry in env.names.items() if isinstance(entry, Tensors) and n != "in")

    def names_of(self, refs: Sequence[Ref]) -> tuple[str, ...]:
        """The visible names of single tensors; none unless each of them has one."""
        found = {entry.refs: n for n in self.tensor_names() if isinstance(entry := self.find(n), Tensors)}
        names = tuple(found.get((ref,), "") for ref in refs)
        return names if all(names) else ()

    def _outwards(self) -> Iterator[Env]:
        env: Env | None = self
        while env is not None:
            yield env
            env = env.parent


def is_number(value: object) -> bool:
    """Whether a value is a number, or a list of numbers."""
    if isinstance(value, tuple):
        return bool(value) and all(map(is_number, value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def data_of(value: Value) -> Data:
    """The value in the form that the network keeps."""
    if isinstance(value, DefinitionRef | OpRef):
        return Callee(name=value.name)
    if isinstance(value, tuple):
        return tuple(data_of(v) for v in value)
    return value


def items_in(value: tuple[Value, ...], most: int) -> int:
    """The number of items in a list and its inner lists; more than `most` if they are nested too deeply.

    Lists share items in memory, so that a few doublings produce more than could ever be visited: counting stops beyond
    the limit.
    """
    count, depth, level = 0, 0, [value]
    while level:
        depth += 1
        count += sum(map(len, level))
        if count > most or depth > DEPTH:
            return most + 1
        level = [item for items in level for item in items if isinstance(item, tuple)]
    return count


def typed(value: Value) -> object:
    """The value as a key that distinguishes types: 1, 1.0 and `true` are three keys."""
    if isinstance(value, tuple):
        return tuple(map(typed, value))
    return type(value), repr(value) if isinstance(value, float) else value


def describe(value: object) -> str:
    """The kind of a value, for a message."""
    match value:
        case tuple():
            return "a list"
        case DefinitionRef() | OpRef():
            return f"`{value.name}`"
        case Tensors(is_list=True):
            return "a list of tensors"
        case Tensors():
            return "a tensor"
        case SharedModule():
            return "a shared module"
        case _:
            return described(value)
