"""Emitted code as data instead of text: classes, statements, modules that are built and tensors that are computed.

Variables are unique strings such as `channels~3`; the printer allocates their Python names. `reads` and `writes`
(`walk.py`) give the variables that statements read and write.
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
    """A module of torch, or of a class that an op defines: `target(*args, **kwargs)`.

    An argument that equals its entry in `defaults` is not written. With a `use`, it is a learned tensor initialised by
    `target`, and `forward` contains that template instead of a call (see `torch_call.TorchModule`).
    """

    op: type[Op]
    target: str
    args: tuple[Expr, ...]
    kwargs: Arguments = ()
    defaults: Arguments = ()
    sources: tuple[str, ...] = ()
    can_overwrite: bool = False
    inplace: bool = False
    use: str = ""
    precedence: str = "call"


class New(Record):
    """A module of an emitted class, with an expression for each of its parameters by name."""

    made: Class
    arguments: Arguments


class PassedModule(Record):
    """A layer whose class is a parameter: `act(inplace=True)`. `kinds` are the layers that are passed in this file."""

    callee: Expr
    kinds: tuple[str, ...]
    can_overwrite: bool = False
    inplace: bool = False


class Sequential(Record):
    """An `nn.Sequential` and the statements that append to it; `named` if its children do not count from 0.

    `bounded`: like a class, it never overwrites its input; it stands for a group whose text has merges.
    """

    body: tuple[Statement, ...]
    named: bool
    bounded: bool = False


class Choose(Record):
    """One of two modules."""

    condition: Expr
    then: Build
    otherwise: Build


class Container(Record):
    """An `nn.ModuleList` or `nn.ModuleDict`, and the statements that append to it."""

    kind: Literal["list", "dict"]
    body: tuple[Statement, ...] = ()


Build: TypeAlias = "ModuleBuild | New | PassedModule | Sequential | Choose | Container"


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
    """A call of a child: `self.name(inputs)`; `made` is its class if it is an emitted one."""

    name: Expr
    inputs: tuple[str, ...]
    build: Build | None = None


class Copy(Record):
    """The same tensor under another name."""

    inputs: tuple[str, ...]


Value: TypeAlias = "Operation | CallModule | Copy"


# -- statements -------------------------------------------------------------------------------------------------------


class Assign(Record):
    """`name = value`: a number."""

    name: str
    value: Expr


class Register(Record):
    """`self.name = build`; if `condition` may be false, `nn.Identity()` is registered instead."""

    name: Expr
    build: Build
    condition: Expr = TRUE


class OpenContainer(Record):
    """Make an empty container; `once`: unless it exists already."""

    path: str
    once: bool = False


class Append(Record):
    """Append a module to the enclosing `nn.Sequential`; `position` counts the preceding children that have one."""

    name: Expr | None
    build: Build
    implicit: bool = False


class Compute(Record):
    """`targets = value`, for tensors; `shape` is the type of the first.

    `training_only`: only training reads them. `nested`: written inside the statement that reads it.
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
    """`for target in over: …`; corresponding loops of `__init__` and `forward` have the same `key`."""

    target: Pattern
    over: Expr
    body: tuple[Statement, ...]
    key: int


class PyReturn(Record):
    """`return values`; in training mode `training`, if given."""

    values: tuple[str, ...]
    training: tuple[str, ...] = ()
    """The tensors returned in training mode instead."""
    fields: tuple[str, ...] = ()


Statement: TypeAlias = "Assign | OpenContainer | Register | Append | Compute | PyIf | PyFor | PyReturn"


# -- classes ----------------------------------------------------------------------------------------------------------


class ClassParameter(Record):
    """A parameter of a class.

    `spec` is its name in the spec. It is "" for a size of a tensor, given by `input` and `axis`.
    """

    name: str
    type: str
    spec: str = ""
    default: Expr | None = None
    input: int = 0
    axis: int = 0


class Class(Struct):
    """An emitted class.

    `fields`: the numbers of `__init__` that `forward` reads, the field `n` as `self.n`. `inputs`: the variables of
    `forward`. `outputs`: the sizes of each output in terms of the parameters. `safe`: nothing else reads or shares its
    output, so that the next layer may overwrite it.
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
    containers: dict[str, Literal["list", "dict"]] = field(default_factory=dict)
    """The containers by path, each an `nn.ModuleList` or an `nn.ModuleDict`; "" for the class itself."""
    positive: frozenset[str] = frozenset()
    """The parameters that must be at least 1, and are in every call."""
    outer: frozenset[str] = frozenset()
    """Names with another meaning in its methods, which no variable has."""
    numbers: tuple[Statement, ...] = ()
    """All assignments of `__init__`, including those of sizes that only comments mention."""
    head: Operation | None = None

    @property
    def bases(self) -> str:
        """The text of the base class."""
        return _CONTAINERS[self.containers[""]] if "" in self.containers else self.base


class PrintedClass(Record):
    """The meaning of the printed methods of a class, and its fields at the end of `__init__`, for validation."""

    init: tuple[Statement, ...]
    forward: tuple[Statement, ...]
    fields: Arguments
    head: Operation | None


_CONTAINERS = {"list": "nn.ModuleList", "dict": "nn.ModuleDict"}
