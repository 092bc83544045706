"""Traversal of emitted code as data: nested statements, reads and writes, and copies with changed expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from archc.ir.expr import Expr, Var, leaves
from archc.support.record import replace
from archc.targets.pytorch.code import (
    Append,
    Assign,
    Build,
    CallModule,
    Choose,
    Compute,
    Container,
    Copy,
    ModuleBuild,
    New,
    OpenContainer,
    Operation,
    PassedModule,
    PyFor,
    PyIf,
    PyReturn,
    Register,
    Sequential,
    Statement,
)

Changer = Callable[[Expr], Expr]


def inside(statement: Statement) -> tuple[tuple[Statement, ...], ...]:
    """The blocks of statements in a statement."""
    match statement:
        case PyIf():
            return statement.then, statement.otherwise
        case PyFor():
            return (statement.body,)
        case Register() | Append() if isinstance(statement.build, Sequential | Container):
            return (statement.build.body,)
        case _:
            return ()


def walk(statements: Sequence[Statement]) -> Iterator[Statement]:
    """All statements in order, nested ones included."""
    for statement in statements:
        yield statement
        for body in inside(statement):
            yield from walk(body)


def builds(build: Build) -> Iterator[Build]:
    """A build and its alternatives."""
    yield build
    if isinstance(build, Choose):
        yield from builds(build.then)
        yield from builds(build.otherwise)


def news(statements: Sequence[Statement]) -> list[New]:
    """The modules of emitted classes that statements build."""
    return [
        b for s in walk(statements) if isinstance(s, Register | Append) for b in builds(s.build) if isinstance(b, New)
    ]


def build_exprs(build: Build) -> Iterator[Expr]:
    """The expressions of a build, excluding the statements of a sequence."""
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
    """The expressions of a statement, excluding nested statements."""
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
    """The number variables that statements read."""
    return frozenset(
        leaf.name for s in walk(statements) for e in exprs(s) for leaf in leaves(e) if isinstance(leaf, Var)
    )


def tensors_read(statement: Statement) -> tuple[str, ...]:
    """The tensors that a statement reads, excluding nested statements."""
    match statement:
        case Compute():
            return statement.value.inputs
        case PyReturn():
            return (*statement.values, *statement.training)
        case _:
            return ()


def writes(statements: Sequence[Statement]) -> Iterator[str]:
    """The variables that statements write, tensors and numbers."""
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
    """The tensors that a statement writes, excluding nested statements."""
    return statement.targets if isinstance(statement, Compute) else ()


def unnamed(statements: Sequence[Statement]) -> list[Statement]:
    """The statements of a sequence, with children numbered from 0."""
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
    """A build with changed expressions, including the statements of its sequences."""
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
        case Sequential() | Container():
            return replace(build, body=with_exprs(build.body, change))


def with_run(s: Compute, change: Callable[[Expr, str], Expr]) -> Compute:
    """A statement of `forward` with changed expressions, each passed with its name.

    Shapes and builds, which describe the statement, stay as they are.
    """
    match s.value:
        case Operation(values=values):
            return replace(s, value=replace(s.value, values=tuple((n, change(e, n)) for n, e in values)))
        case CallModule(name=name):
            return replace(s, value=replace(s.value, name=change(name, "name")))
        case Copy():
            return s


def with_exprs(statements: Sequence[Statement], change: Changer) -> tuple[Statement, ...]:
    """Statements with changed expressions, nested ones included."""
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
        case PyReturn() | OpenContainer():
            return s
