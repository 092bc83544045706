"""Give variables their Python names, one function at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archc.ir.definition import Pattern
from archc.ir.expr import Expr, Var, mapped, variables
from archc.support.record import replace
from archc.targets.pytorch.code import (
    Append,
    Assign,
    Class,
    Compute,
    ModuleBuild,
    New,
    Operation,
    PyFor,
    PyIf,
    PyReturn,
    Register,
    Sequential,
    Statement,
)
from archc.targets.pytorch.names import fresh
from archc.targets.pytorch.passes.lives import allot
from archc.targets.pytorch.walk import Changer, builds, reads, tensors_read, walk, with_exprs, with_run, writes

UNREAD = "_"
"""The name of an unread value."""
TURN = "k"
"""The name of a loop's index that has no name in the spec."""
_OUTER = frozenset({"self", "torch", "nn", "Tensor", "OrderedDict", "super", "range", "enumerate", "zip"})
"""Names with another meaning in the functions of a class."""


def name_variables(made: Class, taken: frozenset[str]) -> None:
    """Ensures: all variables have Python names. `taken`: the classes and functions of the file."""
    made.outer = outer = _OUTER | taken | _callees(made) | {UNREAD}
    _name_init(made, outer)
    if made.base == "nn.Module":
        _name_forward(made, outer)
    else:
        made.inputs = tuple(fresh(v.partition("~")[0], outer) for v in made.inputs)


def _callees(made: Class) -> frozenset[str]:
    """The classes and functions that a class calls by bare names."""
    found: set[str] = set()
    for s in (*walk(made.init), *walk(made.forward)):
        match s:
            case Register() | Append():
                found |= {b.target for b in builds(s.build) if isinstance(b, ModuleBuild)}
                found |= {b.made.name for b in builds(s.build) if isinstance(b, New)}
            case Compute(value=Operation(template=template)):
                found.add(template.partition("(")[0])
    return frozenset(name for name in found if name.isidentifier())


def _name_init(made: Class, outer: frozenset[str]) -> None:
    names = {a.name: a.name for a in made.arguments}
    taken = outer | names.keys()
    read = reads(made.init) | {n for _, e in made.fields for n in variables(e)}
    read |= {s.name for s in walk(made.init) if isinstance(s, Assign)}
    for s in walk(made.init):
        found = [s.name] if isinstance(s, Assign) else list(s.target.names()) if isinstance(s, PyFor) else []
        for var in found:
            if var not in names:
                names[var] = fresh(var.partition("~")[0] or TURN, taken) if var in read else UNREAD
                taken |= {names[var]} - {UNREAD}
    change = _renamer(names)
    made.init = _named(made.init, names, {}, change)
    made.fields = tuple((n, change(e)) for n, e in made.fields)


def _name_forward(made: Class, outer: frozenset[str]) -> None:
    numbers: dict[str, str] = {}
    for var in sorted(_numbers(made.forward)):
        numbers[var] = fresh(var.partition("~")[0] or TURN, outer | {*numbers.values(), "x"})
    inside: dict[str, Compute] = {}

    def read(s: Statement) -> tuple[str, ...]:
        """The variables that a statement reads, including those of nested expressions."""
        if isinstance(s, Compute) and s.nested:
            inside[s.targets[0]] = s
            return ()
        return through(tensors_read(s))

    def through(names: Sequence[str]) -> tuple[str, ...]:
        found: list[str] = []
        for name in names:
            inner = inside.get(name)
            found += [name] if inner is None else through(inner.value.inputs)
        return tuple(found)

    tensors = allot(made.inputs, made.forward, outer | {*numbers.values()}, read)
    tensors.update((v, UNREAD) for v in _unread(made.forward))
    made.forward = _named(made.forward, numbers, tensors, _renamer(numbers))
    made.inputs = tuple(tensors[v] for v in made.inputs)


def _unread(statements: Sequence[Statement]) -> frozenset[str]:
    """The tensors of statements none of whose results is read."""
    all_read = {name for s in walk(statements) for name in tensors_read(s)}
    made = [s.targets for s in walk(statements) if isinstance(s, Compute)]
    return frozenset(t for targets in made if not all_read & set(targets) for t in targets)


def _numbers(statements: Sequence[Statement]) -> frozenset[str]:
    """The numbers that statements write."""
    return frozenset(writes([s for s in walk(statements) if isinstance(s, Assign | PyFor)]))


def _renamer(names: Mapping[str, str]) -> Changer:
    """A function that renames the variables of an expression."""

    def leaf(e: Expr) -> Expr | None:
        if isinstance(e, Var) and (name := names.get(e.name)) is not None and name != e.name:
            return Var(name=name, type=e.type)
        return None

    return lambda e: mapped(e, leaf, {})


def _named(
    statements: Sequence[Statement], numbers: Mapping[str, str], tensors: Mapping[str, str], change: Changer
) -> tuple[Statement, ...]:
    """Rename variables in statements."""

    def tensor(name: str) -> str:
        return tensors.get(name, name)  # a nested expression has no name of its own

    found: list[Statement] = []
    for s in statements:
        match s:
            case Assign():
                found.append(Assign(numbers.get(s.name, s.name), change(s.value)))
            case Compute(value=value):
                made = replace(value, inputs=tuple(map(tensor, value.inputs)))
                found.append(
                    with_run(replace(s, targets=tuple(map(tensor, s.targets)), value=made), lambda e, _: change(e))
                )
            case PyIf():
                then = _named(s.then, numbers, tensors, change)
                found.append(PyIf(change(s.condition), then, _named(s.otherwise, numbers, tensors, change)))
            case PyFor():
                body = _named(s.body, numbers, tensors, change)
                found.append(PyFor(_pattern(s.target, numbers), change(s.over), body, s.key))
            case PyReturn():
                training = tuple(map(tensor, s.training))
                found.append(replace(s, values=tuple(map(tensor, s.values)), training=training))
            case Register() | Append():
                found.append(_child(s, numbers, change))
    return tuple(found)


def _child(s: Register | Append, numbers: Mapping[str, str], change: Changer) -> Statement:
    """Rename in a registered or appended module; the statements of a sequence belong to the same function."""
    (changed,) = with_exprs((s,), change)
    assert isinstance(changed, Register | Append)
    if isinstance(s.build, Sequential):
        return replace(changed, build=replace(s.build, body=_named(s.build.body, numbers, {}, change)))
    return changed


def _pattern(target: Pattern, names: Mapping[str, str]) -> Pattern:
    if target.name:
        return Pattern(name=names.get(target.name, target.name))
    return Pattern(items=tuple(_pattern(t, names) for t in target.items))
