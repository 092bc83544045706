"""Emitted code as data: classes, statements, what is built and what is computed. Nothing here is text of Python.

Variables are strings that nothing else has (`channels~3`): the printer allots what Python calls them. A statement says
what it reads and writes through `reads` and `writes`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeAlias

from archc.diagnostics.source import Span
from archc.ir.definition import Pattern
from archc.ir.expr import TRUE, Expr, Var, leaves
from archc.ir.op import Op
from archc.support.record import Record, Struct, field, replace

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


# -- walking ----------------------------------------------------------------------------------------------------------


def inside(statement: Statement) -> tuple[tuple[Statement, ...], ...]:
    """The lists of statements in a statement."""
    match statement:
        case PyIf():
            return statement.then, statement.otherwise
        case PyFor():
            return (statement.body,)
        case Register() | Append() if isinstance(statement.build, Sequential):
            return (statement.build.body,)
        case _:
            return ()


def walk(statements: Sequence[Statement]) -> Iterator[Statement]:
    """All statements, those inside others too, in order."""
    for statement in statements:
        yield statement
        for body in inside(statement):
            yield from walk(body)


def builds(build: Build) -> Iterator[Build]:
    """A build and those that it chooses from."""
    yield build
    if isinstance(build, Choose):
        yield from builds(build.then)
        yield from builds(build.otherwise)


def build_exprs(build: Build) -> Iterator[Expr]:
    """The expressions of a build, not those of a sequence's statements."""
    match build:
        case ModuleBuild():
            yield from build.args
            yield from (e for _, e in build.kwargs)
        case New():
            yield from (e for _, e in build.arguments)
        case PassedModule():
            yield build.callee
        case Choose():
            yield build.condition
            yield from build_exprs(build.then)
            yield from build_exprs(build.otherwise)
        case _:
            return


def exprs(statement: Statement) -> Iterator[Expr]:
    """The expressions of a statement itself, not of those inside it."""
    match statement:
        case Assign():
            yield statement.value
        case Register():
            yield statement.name
            yield statement.condition
            yield from build_exprs(statement.build)
        case Append():
            if statement.name is not None:
                yield statement.name
            yield from build_exprs(statement.build)
        case Compute():
            match statement.value:
                case Operation(values=values):
                    yield from (e for _, e in values)
                case CallModule(name=name):
                    yield name
        case PyIf():
            yield statement.condition
        case PyFor():
            yield statement.over
        case _:
            return


def reads(statements: Sequence[Statement]) -> frozenset[str]:
    """The variables of numbers that statements read."""
    return frozenset(
        leaf.name for s in walk(statements) for e in exprs(s) for leaf in leaves(e) if isinstance(leaf, Var)
    )


def tensors_read(statement: Statement) -> tuple[str, ...]:
    """The tensors that a statement itself reads."""
    match statement:
        case Compute():
            return statement.value.inputs
        case PyReturn():
            return (*statement.values, *statement.training)
        case _:
            return ()


def writes(statements: Sequence[Statement]) -> Iterator[str]:
    """The variables that statements write, of tensors and of numbers."""
    for s in walk(statements):
        match s:
            case Assign():
                yield s.name
            case Compute():
                yield from s.targets
            case PyFor():
                yield from s.target.names()
            case _:
                pass


def tensors_written(statement: Statement) -> tuple[str, ...]:
    """The tensors that a statement itself writes."""
    return statement.targets if isinstance(statement, Compute) else ()


def unnamed(statements: Sequence[Statement]) -> list[Statement]:
    """The statements of a sequence whose children count from 0."""
    found: list[Statement] = []
    for s in statements:
        match s:
            case Append():
                found.append(Append(None, s.build, s.implicit))
            case PyIf():
                found.append(PyIf(s.condition, tuple(unnamed(s.then)), tuple(unnamed(s.otherwise))))
            case PyFor():
                found.append(PyFor(s.target, s.over, tuple(unnamed(s.body)), s.key))
            case _:
                found.append(s)
    return found


def with_build(build: Build, change: Changer) -> Build:
    """A build with other expressions, its sequences' statements included."""
    match build:
        case ModuleBuild():
            return replace(
                build,
                args=tuple(map(change, build.args)),
                kwargs=tuple((n, change(e)) for n, e in build.kwargs),
                defaults=tuple((n, change(e)) for n, e in build.defaults),
            )
        case New():
            return replace(build, arguments=tuple((n, change(e)) for n, e in build.arguments))
        case PassedModule():
            return replace(build, callee=change(build.callee))
        case Choose():
            then, otherwise = with_build(build.then, change), with_build(build.otherwise, change)
            return Choose(change(build.condition), then, otherwise)
        case Sequential():
            return replace(build, body=with_exprs(build.body, change))


def with_run(s: Compute, change: Callable[[Expr, str], Expr]) -> Compute:
    """A statement of `forward` with other expressions where it runs, each changed with its name.

    What is said of shapes, and of how a module was built, stays.
    """
    match s.value:
        case Operation(values=values):
            return replace(s, value=replace(s.value, values=tuple((n, change(e, n)) for n, e in values)))
        case CallModule(name=name):
            return replace(s, value=replace(s.value, name=change(name, "name")))
        case Copy():
            return s


def with_exprs(statements: Sequence[Statement], change: Changer) -> tuple[Statement, ...]:
    """Statements with other expressions, those inside others too."""
    return tuple(_with_exprs(s, change) for s in statements)


def _with_exprs(s: Statement, change: Changer) -> Statement:
    match s:
        case Assign():
            return Assign(s.name, change(s.value))
        case Register():
            return Register(change(s.name), with_build(s.build, change), change(s.condition))
        case Append():
            return replace(s, name=s.name and change(s.name), build=with_build(s.build, change))
        case Compute(value=Operation() as value):
            changed = replace(value, values=tuple((n, change(e)) for n, e in value.values))
            return replace(s, value=changed, shape=tuple(map(change, s.shape)))
        case Compute(value=CallModule() as value):
            build = value.build and with_build(value.build, change)
            called = replace(value, name=change(value.name), build=build)
            return replace(s, value=called, shape=tuple(map(change, s.shape)))
        case Compute():
            return replace(s, shape=tuple(map(change, s.shape)))
        case PyIf():
            return PyIf(change(s.condition), with_exprs(s.then, change), with_exprs(s.otherwise, change))
        case PyFor():
            return replace(s, over=change(s.over), body=with_exprs(s.body, change))
        case PyReturn():
            return s


Changer = Callable[[Expr], Expr]
