"""Specialise the classes of a file to the calls in it.

Arguments that are the same wherever a class is built become constants, sizes that are always equal become one,
conditions that are then decided disappear, and loops over known tables take their shortest form.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy

from archc.ir.expr import BinaryExpr, Const, Expr, Functions, Var, leaves, substituted, variables
from archc.support.record import replace
from archc.targets.pytorch.code import (
    Append,
    Arguments,
    Build,
    CallModule,
    Choose,
    Class,
    Compute,
    Copy,
    New,
    PyFor,
    PyIf,
    Register,
    Sequential,
    Statement,
)
from archc.targets.pytorch.passes.coalesce import coalesce
from archc.targets.pytorch.passes.columns import ColumnTable, columns
from archc.targets.pytorch.passes.copies import copies
from archc.targets.pytorch.passes.drop import drop
from archc.targets.pytorch.passes.numbers import Numbers
from archc.targets.pytorch.passes.training import training_only
from archc.targets.pytorch.passes.unroll import ConstantFolder, decided
from archc.targets.pytorch.walk import builds, exprs, inside, news, reads, walk, with_exprs, writes

Call = Mapping[str, Expr]


def specialise(classes: Sequence[Class], entries: Sequence[tuple[Class, Call]], functions: Functions) -> None:
    """Requires: all classes of a file, and the calls from outside. Ensures: each call makes the same graph."""
    _propagate(classes, entries, functions)
    changed = list(classes)
    while changed:
        for made in reversed(changed):  # builders come before the classes that they build
            _simplify(made, functions, _least(made, classes))
        drop_parameters(classes)
        merged = _merge_parameters(classes, entries, functions)
        ids = merged | _propagate(classes, entries, functions)
        changed = [made for made in classes if id(made) in ids]


def _least(made: Class, classes: Sequence[Class]) -> dict[str, int]:
    """The smallest number that is passed for each parameter, if all are known."""
    if not any(isinstance(s, PyFor) and not isinstance(s.over, Const) for s in walk(made.init)):
        return {}  # no pass needs it
    found: dict[str, list[int | None]] = {}
    for around in classes:
        for new, columns_around in _built(around.init, {}):
            if new.made is made:
                for name, e in new.arguments:
                    value = e.value if isinstance(e, Const) else None
                    known = columns_around.get(e.name) if isinstance(e, Var) else value if type(value) is int else None
                    found.setdefault(name, []).append(known)
    return {n: min(numbers) for n, es in found.items() if len(numbers := [e for e in es if e is not None]) == len(es)}


def _built(statements: Sequence[Statement], least: Mapping[str, int]) -> Iterator[tuple[New, Mapping[str, int]]]:
    """The builds, each with the smallest numbers in the columns of the loops around it."""
    for s in statements:
        inner = least
        if isinstance(s, Register | Append):
            yield from ((b, least) for b in builds(s.build) if isinstance(b, New))
        if isinstance(s, PyFor) and isinstance(s.over, Const) and isinstance(s.over.value, tuple):
            rows = ColumnTable.of(s, {}).rows
            names = [n for n in s.target.names() if rows and all(type(r[n]) is int for r in rows)]
            inner = {**least, **{n: min(int(str(r[n])) for r in rows) for n in names}}
        for body in inside(s):
            yield from _built(body, inner)


def _simplify(made: Class, functions: Functions, least: Mapping[str, int]) -> None:
    """A class with the known values of its numbers substituted."""
    linked = frozenset(s.key for s in walk(made.forward) if isinstance(s, PyFor))
    folder = ConstantFolder(functions, linked, least)
    made.init = tuple(folder.run(made.init, {}))
    made.positive |= folder.positive
    numbers = Numbers({}, functions)
    numbers.run(made.numbers)
    made.forward = tuple(_sized(s, numbers) for s in _without_turns(made))
    made.forward = tuple(folder.run(made.forward, {}))
    made.forward = without_calls(made.forward, folder.gone)
    columns(made, functions)
    copies(made)
    training_only(made)
    drop(made)
    coalesce(made)
    drop(made)


def _without_turns(made: Class) -> tuple[Statement, ...]:
    """The statements of `forward`, whose shapes do not depend on a number of `__init__` that changes in a loop."""
    carried = {*writes(made.numbers)} - {*writes(made.forward)}

    def changed(s: Statement, turns: bool) -> Statement:
        match s:
            case PyFor():
                return replace(s, body=tuple(changed(x, True) for x in s.body))
            case PyIf():
                then, otherwise = (tuple(changed(x, turns) for x in side) for side in (s.then, s.otherwise))
                return PyIf(s.condition, then, otherwise)
            case Compute() if turns and any(variables(e) & carried for e in s.shape):
                return replace(s, shape=())
            case _:
                return s

    return tuple(changed(s, False) for s in made.forward)


def _sized(s: Statement, numbers: Numbers) -> Statement:
    """A statement whose shape is expressed with the final values of the numbers of `__init__`."""
    return replace(s, shape=tuple(map(numbers.value, s.shape))) if isinstance(s, Compute) else s


# -- constants --------------------------------------------------------------------------------------------------------


def sites(classes: Sequence[Class]) -> list[tuple[Class, New]]:
    """The builds of emitted classes, each with the class that contains it."""
    return [(made, new) for made in classes for new in news(made.init)]


def _propagate(classes: Sequence[Class], entries: Sequence[tuple[Class, Call]], functions: Functions) -> set[int]:
    """Replace parameters that always have the same value by constants. Gives the classes that change, by identity."""
    found: set[int] = set()
    while changed := _known(classes, entries, functions):
        found |= changed
    return found


def _known(classes: Sequence[Class], entries: Sequence[tuple[Class, Call]], functions: Functions) -> set[int]:
    calls: dict[int, list[tuple[Class | None, Call]]] = {}
    for made, call in entries:
        calls.setdefault(id(made), []).append((None, call))
    for around, new in sites(classes):
        calls.setdefault(id(new.made), []).append((around, dict(new.arguments)))
    changed: set[int] = set()
    for made in classes:
        known: dict[str, Expr] = {}
        compared = _compared(made)
        for a in made.arguments:
            if made.kind == "model" and a.spec == "classes" and a.type == "int":
                continue
            if a.name in compared:
                continue
            own = [call for around, call in calls.get(id(made), []) if not (around is made and _hands_on(call, a.name))]
            if not all(a.name in call for call in own):
                continue  # the caller has no formula for the size
            values = [call[a.name] for call in own]
            if values and isinstance(values[0], Const) and all(v == values[0] for v in values):
                known[a.name] = values[0]
        if known:
            changed.add(id(made))
            _put(made, known, functions)
    return changed


def _compared(made: Class) -> set[str]:
    """The sizes that a class compares with another parameter: `in_channels != c` informs a reader."""
    sizes = {a.name for a in made.arguments if not a.spec}
    others = {a.name for a in made.arguments if a.spec}
    found: set[str] = set()
    for s in walk(made.init):
        for e in exprs(s):
            for part in leaves(e):
                if isinstance(part, BinaryExpr) and part.operator in ("==", "!="):
                    names = variables(part)
                    found |= names & sizes if names & others else set()
    return found


def _hands_on(call: Call, name: str) -> bool:
    """Whether a recursive class passes a parameter on unchanged."""
    e = call.get(name)
    return isinstance(e, Var) and e.name == name


def _put(made: Class, known: Mapping[str, Expr], functions: Functions) -> None:
    """A class with some parameters replaced by constants."""
    memo: dict[int, object] = {}

    def change(e: Expr) -> Expr:
        return substituted(e, known, functions, memo)

    made.init = with_exprs(made.init, change)
    gone = left_out(made.init)
    made.init = decided(made.init)
    made.forward = decided(without_calls(with_exprs(made.forward, change), gone))
    made.outputs = tuple(tuple(map(change, row)) for row in made.outputs)
    made.dims = tuple(tuple(map(change, row)) for row in made.dims)
    made.numbers = with_exprs(made.numbers, change)
    made.arguments = [a for a in made.arguments if a.name not in known]


def left_out(statements: Sequence[Statement]) -> set[Expr]:
    """The names of modules that never exist."""
    return {
        s.name
        for s in walk(statements)
        if isinstance(s, Register) and isinstance(s.condition, Const) and not s.condition.value
    }


def without_calls(statements: Sequence[Statement], gone: set[Expr]) -> tuple[Statement, ...]:
    """Remove calls of modules that never exist: their input is their output."""
    found: list[Statement] = []
    for s in statements:
        match s:
            case Compute(value=CallModule(name=name, inputs=inputs)) if name in gone:
                found.append(replace(s, value=Copy(inputs)))
            case PyIf():
                found.append(PyIf(s.condition, without_calls(s.then, gone), without_calls(s.otherwise, gone)))
            case PyFor():
                found.append(replace(s, body=without_calls(s.body, gone)))
            case _:
                found.append(s)
    return tuple(found)


# -- parameters -------------------------------------------------------------------------------------------------------


def _merge_parameters(
    classes: Sequence[Class], entries: Sequence[tuple[Class, Call]], functions: Functions
) -> set[int]:
    """Merge parameters that are equal in every call. Gives the classes that change."""
    outside = {id(made) for made, _ in entries}
    calls: dict[int, list[Call]] = {}
    for _, new in sites(classes):
        calls.setdefault(id(new.made), []).append(dict(new.arguments))
    changed: set[int] = set()
    for made in classes:
        if id(made) in outside or id(made) not in calls:
            continue
        for size in [a for a in made.arguments if not a.spec]:
            same = [
                a.name
                for a in made.arguments
                if a is not size
                and a.type == "int"
                and all(a.name in c and c.get(size.name) == c[a.name] for c in calls[id(made)])
            ]
            if same:
                _put(made, {size.name: Var(name=same[-1], type="int")}, functions)
                changed.add(id(made))
    return changed


def drop_parameters(classes: Sequence[Class]) -> None:
    """Remove parameters that are never read, and their arguments."""
    while _drop_parameters(classes):
        pass


def _drop_parameters(classes: Sequence[Class]) -> bool:
    changed = False
    for made in classes:
        read = reads(made.init) | reads(made.forward)
        kept = [a for a in made.arguments if a.name in read or (made.kind == "model" and a.spec == "classes")]
        changed = changed or len(kept) < len(made.arguments)
        made.arguments = kept
    for made in classes:
        before = made.init
        made.init = tuple(_without_arguments(s) for s in made.init)
        drop(made)
        changed = changed or made.init != before
    return changed


def read_parameters(made: Class) -> frozenset[str]:
    """The parameters that a class reads, itself or in the classes that it builds."""
    trial = copy(made)
    trial.init = tuple(_without_arguments(s, read_parameters) for s in made.init)
    drop(trial)
    return (reads(trial.init) | reads(trial.forward)) & _parameters(made)


def _parameters(made: Class) -> frozenset[str]:
    return frozenset(a.name for a in made.arguments)


def _without_arguments(s: Statement, kept: Callable[[Class], Collection[str]] = _parameters) -> Statement:
    """A statement in which the classes get only the arguments of these parameters."""

    def inner(statements: Sequence[Statement]) -> tuple[Statement, ...]:
        return tuple(_without_arguments(each, kept) for each in statements)

    match s:
        case Register() | Append():
            return replace(s, build=_fewer(s.build, kept))
        case PyIf():
            return PyIf(s.condition, inner(s.then), inner(s.otherwise))
        case PyFor():
            return replace(s, body=inner(s.body))
        case _:
            return s


def _fewer(build: Build, kept: Callable[[Class], Collection[str]]) -> Build:
    match build:
        case New():
            names = kept(build.made)
            arguments: Arguments = tuple((n, e) for n, e in build.arguments if n in names)
            return New(build.made, arguments)
        case Choose():
            return Choose(build.condition, _fewer(build.then, kept), _fewer(build.otherwise, kept))
        case Sequential():
            return replace(build, body=tuple(_without_arguments(s, kept) for s in build.body))
        case _:
            return build
