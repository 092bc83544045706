"""Definitions with every name bound: both sides of each guard, loops as loops.

A `Network` holds the expansion for one set of arguments; a `BoundDefinition` describes all of them. Macros are
expanded. Tensors are numbered: inputs first, then in the order in which they are named.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from archc.diagnostics.source import Span
from archc.ir.data import OneOf
from archc.ir.expr import Expr
from archc.ir.value import Value

CALCULATIONS = frozenset({"Arithmetic", "Neg"})
"""The ops of arithmetic with one tensor. Like merges, they are not children that are named by their position."""


class BoundArgument(Value):
    """An argument; `name` is empty for one by position."""

    name: str
    value: Expr


class Defaults(Value):
    """The `default`s in force for a kind of layer."""

    kind: str
    arguments: tuple[BoundArgument, ...]


class BoundLayer(Value):
    """A layer, with the arguments that are given and those that a `default` sets.

    `implicit`: it has no position and needs no name, like the flattening before an `FC`.
    """

    is_a: Literal["op"] = "op"
    kind: str
    arguments: tuple[BoundArgument, ...]
    label: Expr | None = None
    implicit: bool = False


class BlockCall(Value):
    """A call of a block; parameters that are not among `arguments` take their defaults."""

    is_a: Literal["block"] = "block"
    block: str
    arguments: tuple[BoundArgument, ...]
    label: Expr | None = None


class BoundParameterCall(Value):
    """A call of the layer or block that a parameter stands for. `defaults`: those of any layer that it may be."""

    is_a: Literal["passed"] = "passed"
    callee: Expr
    arguments: tuple[BoundArgument, ...]
    defaults: tuple[Defaults, ...]
    label: Expr | None = None


class BoundTensor(Value):
    """The tensor that a chain starts from: of a list, the one at `index`, or all of them if `index` is None."""

    is_a: Literal["tensor"] = "tensor"
    tensor: int
    index: Expr | None = None


class BoundAbsent(Value):
    """The `none` of an absent branch: the last `otherwise` of the guard that is the branch of a merge."""

    is_a: Literal["absent"] = "absent"


class BoundGroup(Value):
    """`( … )` or a macro: `called` is the macro's name, or "group"; `incoming` numbers what a macro reads."""

    is_a: Literal["bracket"] = "bracket"
    chain: tuple[Term, ...]
    called: str = "group"
    label: Expr | None = None
    incoming: int | None = None


class BoundRepeat(Value):
    """`[ … ] x count as variable`; `every`: the output of each turn is a result."""

    is_a: Literal["repeat"] = "repeat"
    chain: tuple[Term, ...]
    count: Expr
    variable: str | None = None
    label: Expr | None = None
    every: bool = False


class BoundFor(Value):
    """`for target in over { … }`; `every`: the output of each turn is a result."""

    is_a: Literal["for"] = "for"
    target: Pattern
    over: Expr
    chain: tuple[Term, ...]
    every: bool = False


class BoundMerge(Value):
    """`add { … | … }` and other merges; `kind` is the op that merges, "tuple" for `(…, …)`, which passes everything on.

    A `for` that is a whole branch stands for one branch per turn. `incoming` is the number of the incoming tensor.
    """

    is_a: Literal["merge"] = "merge"
    kind: str
    branches: tuple[tuple[Term, ...], ...]
    incoming: int
    label: Expr | None = None


class BoundGuard(Value):
    """`term if (condition) else term`."""

    is_a: Literal["guard"] = "guard"
    condition: Expr
    then: Term
    otherwise: Term | None


class BoundVisit(Value):
    """A use of the shared module `module`, which is `term`; the first one that runs makes it."""

    is_a: Literal["visit"] = "visit"
    module: str
    term: Term


class Pattern(Value):
    """The names of a loop: one name, or a tuple of patterns."""

    name: str = ""
    items: tuple[Pattern, ...] = ()

    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return (self.name,) if self.name else tuple(n for i in self.items for n in i.names())

    def fit(self, item: Any, row: dict[str, Any]) -> bool:
        """Bind the names to the parts of an item, in `row`; False if their forms differ."""
        if self.name:
            row[self.name] = item
            return True
        if not isinstance(item, tuple) or len(item) != len(self.items):
            return False
        return all(inner.fit(value, row) for inner, value in zip(self.items, item, strict=True))


Term: TypeAlias = Annotated[
    BoundLayer
    | BlockCall
    | BoundParameterCall
    | BoundTensor
    | BoundAbsent
    | BoundGroup
    | BoundRepeat
    | BoundFor
    | BoundMerge
    | BoundGuard
    | BoundVisit,
    OneOf("is_a"),
]
Chain: TypeAlias = tuple[Term, ...]


class BoundLet(Value):
    """`let name = value`."""

    is_a: Literal["let"] = "let"
    name: str
    value: Expr


class BoundShared(Value):
    """`shared module: term`, where it is declared; see `BoundVisit`."""

    is_a: Literal["shared"] = "shared"
    module: str
    term: Term


class BoundAssignment(Value):
    """`a, b = chain`; with `rest`, the last number is that of a list of all remaining tensors."""

    is_a: Literal["bind"] = "bind"
    tensors: tuple[int, ...]
    chain: tuple[Term, ...]
    rest: bool = False


class Join(Value):
    """A tensor that both sides of an `if` name: after it, `tensor` is `then` or `otherwise` (None for no tensor)."""

    tensor: int
    then: int | None
    otherwise: int | None


class BoundIf(Value):
    """`if condition { … } else { … }`."""

    is_a: Literal["if"] = "if"
    condition: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]
    joins: tuple[Join, ...] = ()


class BoundReturn(Value):
    """The body's result; `training` for `return training …`."""

    is_a: Literal["return"] = "return"
    chains: tuple[tuple[Term, ...], ...]
    training: bool = False


Statement: TypeAlias = Annotated[BoundLet | BoundShared | BoundAssignment | BoundIf | BoundReturn, OneOf("is_a")]


class BoundParameter(Value):
    """A parameter of a definition: its name and its default, None if it is required."""

    name: str
    default: Expr | None


class BoundDefinition(Value):
    """A block or model.

    `name` is that of its class, `called` that in the spec: two files may have blocks of the same name. `body`: its
    statements, None if one of its names is unresolved. `tensors`: the names of its tensors by number, "" for an unnamed
    one. `over`: the names of the inputs, if there are several; with `rest`, the last is that of a list. `instance`: it
    was made from one instance, whose inputs have known sizes.
    """

    name: str
    kind: Literal["model", "block"]
    called: str
    doc: str
    parameters: tuple[BoundParameter, ...]
    over: tuple[str, ...]
    span: Span
    body: tuple[Statement, ...] | None = None
    tensors: tuple[str, ...] = ()
    rest: bool = False
    instance: bool = False
