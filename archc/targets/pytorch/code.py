"""Emitted code as data: classes, statements, what is built and what is computed. Nothing here is text of Python.

Variables are strings that nothing else has (`channels~3`): the printer allots what Python calls them. A statement says
what it reads and writes through `reads` and `writes`.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from archc.diagnostics.source import Span
from archc.ir.definition import Pattern
from archc.ir.expr import TRUE, Expr
from archc.ir.op import Op
from archc.support.record import Record, Struct, field

Arguments = tuple[tuple[str, Expr], ...]


# -- what is built ----------------------------------------------------------------------------------------------------


class ModuleBuild(Record):
    """A module of torch's, or of a class that an op brings along: `target(*args, **kwargs)`.

    An argument that is the same as in `defaults` is not written.
    """

    op: type[Op]
    target: str
    args: tuple[Expr, ...]
    kwargs: Arguments = ()
    defaults: Arguments = ()
    sources: tuple[str, ...] = ()
    can_overwrite: bool = False
    inplace: bool = False


class New(Record):
    """A module of an emitted class, with an expression for each of its parameters by name."""

    made: Class
    arguments: Arguments


class PassedModule(Record):
    """A layer whose class is a parameter: `act(inplace=True)`; `kinds` are those that are passed in this file."""

    callee: Expr
    kinds: tuple[str, ...]
    can_overwrite: bool = False
    inplace: bool = False


class Sequential(Record):
    """An `nn.Sequential` and the statements that append to it; `named` if its children do not count from 0."""

    body: tuple[Statement, ...]
    named: bool


class Choose(Record):
    """One of two modules."""

    condition: Expr
    then: Build
    otherwise: Build


Build: TypeAlias = "ModuleBuild | New | PassedModule | Sequential | Choose"


# -- what is computed -------------------------------------------------------------------------------------------------


class Operation(Record):
    """A function of tensors: `template` as in `torch_call.Expression`."""

    op: type[Op]
    template: str
    values: Arguments
    inputs: tuple[str, ...]
    precedence: str = "call"
    sources: tuple[str, ...] = ()
    can_overwrite: bool = False
    inplace: bool = False


class CallModule(Record):
    """A call of a child: `self.name(inputs)`; `made` is its class where that is an emitted one."""

    name: Expr
    inputs: tuple[str, ...]
    build: Build | None = None


class Copy(Record):
    """The tensor itself, under another name."""

    inputs: tuple[str, ...]


Value: TypeAlias = "Operation | CallModule | Copy"


# -- statements -------------------------------------------------------------------------------------------------------


class Assign(Record):
    """`name = value`: a number."""

    name: str
    value: Expr


class Register(Record):
    """`self.name = build`; with a `condition` that is not true everywhere, `nn.Identity()` stands in."""

    name: Expr
    build: Build
    condition: Expr = TRUE


class Append(Record):
    """Append a module to the `nn.Sequential` around; `position` counts those before that have one."""

    name: Expr | None
    build: Build
    implicit: bool = False


class Compute(Record):
    """`targets = value`: tensors; `shape` is the type of the first.

    `training_only`: nothing reads them otherwise. `nested`: written inside the statement that reads it.
    """

    targets: tuple[str, ...]
    value: Value
    shape: tuple[Expr, ...] = ()
    training_only: bool = False
    nested: bool = False


class PyIf(Record):
    """`if condition: … else: …`."""

    condition: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()


class PyFor(Record):
    """`for target in over: …`; loops of `__init__` and of `forward` that belong together have one `key`."""

    target: Pattern
    over: Expr
    body: tuple[Statement, ...]
    key: int


class PyReturn(Record):
    """`return values`; with `training` only in training mode."""

    values: tuple[str, ...]
    training: tuple[str, ...] = ()
    """In training: the tensors that are returned instead."""
    fields: tuple[str, ...] = ()


Statement: TypeAlias = "Assign | Register | Append | Compute | PyIf | PyFor | PyReturn"


# -- classes ----------------------------------------------------------------------------------------------------------


class ClassParameter(Record):
    """A parameter of a class. `spec`: its name in the spec, "" for a size that a tensor brings: `input` and `axis`."""

    name: str
    type: str
    spec: str = ""
    default: Expr | None = None
    input: int = 0
    axis: int = 0


class Class(Struct):
    """An emitted class.

    `fields`: the numbers of `__init__` that `forward` reads, a field `n` as `self.n`. `inputs`: the variables of
    `forward`. `outputs`: for each output its sizes, over the parameters. `safe`: nothing else needs or shares its
    output, so that what follows may overwrite it.
    """

    name: str
    kind: Literal["model", "block", "group"]
    definition: str
    doc: str
    span: Span
    arguments: list[ClassParameter] = field(default_factory=list)
    base: str = "nn.Module"
    init: tuple[Statement, ...] = ()
    forward: tuple[Statement, ...] = ()
    fields: Arguments = ()
    named: bool = False
    inputs: tuple[str, ...] = ()
    hints: dict[str, str] = field(default_factory=dict)
    ranks: tuple[int, ...] = ()
    dims: tuple[tuple[Expr, ...], ...] = ()
    outputs: tuple[tuple[Expr, ...], ...] = ()
    training: tuple[str, ...] = ()
    safe: bool = False
    types: dict[str, str] = field(default_factory=dict)
    positive: frozenset[str] = frozenset()
    """The parameters that must be at least 1, as they are wherever the class is built."""
    numbers: tuple[Statement, ...] = ()
    """All assignments of `__init__`, also those of sizes that are only told."""
    head: Operation | None = None
