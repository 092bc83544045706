"""Specialise the classes of a file to the calls in it.

What is the same wherever a class is built becomes a constant, conditions that are
then decided disappear, and loops over known tables are written out where that is shorter or names want it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archc.network.definition import Pattern
from archc.network.expr import Const, Expr, Functions, Type, Var, items_of, mapped, variables, weight
from archc.record import replace
from archc.targets.pytorch.code import (
    Append,
    Arguments,
    Assign,
    Build,
    CallModule,
    Choose,
    Class,
    Compute,
    Copy,
    For,
    If,
    New,
    Register,
    Sequential,
    Statement,
    builds,
    exprs,
    inside,
    reads,
    walk,
    with_build,
    with_exprs,
)
from archc.targets.pytorch.passes.copies import copies
from archc.targets.pytorch.passes.drop import drop
from archc.targets.pytorch.passes.training import training_only

_TURNS = 256
"""The most turns of loops in loops, multiplied, that are tried written out."""
_LINE, _LONG = 8, 120
"""How many names and numbers an expression may have to be read at a glance, and as many as are counted."""
Call = Mapping[str, Expr]


def specialise(classes: Sequence[Class], entries: Sequence[tuple[Class, Call]], functions: Functions) -> None:
    """Requires: all classes of a file, and the calls from outside. Ensures: each call makes the same graph."""
    for _ in range(len(classes) + 2):
        if not _propagate(classes, entries, functions):
            break
    for made in classes:
        forward_keys = {s.key for s in walk(made.forward) if isinstance(s, For)}
        folder = Folder(functions, forward_keys)
        made.init = tuple(folder.run(made.init, {}))
        made.forward = without_calls(folder.run(made.forward, {}), folder.gone)
        copies(made)
        training_only(made)
        drop(made)
    while _drop_parameters(classes):
        pass


# -- constants --------------------------------------------------------------------------------------------------------


def sites(classes: Sequence[Class]) -> list[tuple[Class, New]]:
    """Where classes build classes: the one around, and the build."""
    return [
        (made, b)
        for made in classes
        for s in walk(made.init)
        if isinstance(s, Register | Append)
        for b in builds(s.build)
        if isinstance(b, New)
    ]


def _propagate(classes: Sequence[Class], entries: Sequence[tuple[Class, Call]], functions: Functions) -> bool:
    """Put constants in the place of parameters that are always the same."""
    calls: dict[int, list[tuple[Class | None, Call]]] = {}
    for made, call in entries:
        calls.setdefault(id(made), []).append((None, call))
    for around, new in sites(classes):
        calls.setdefault(id(new.made), []).append((around, dict(new.arguments)))
    changed = False
    for made in classes:
        known: dict[str, Expr] = {}
        for a in made.arguments:
            if made.kind == "model" and a.spec == "classes" and a.type == "int":
                continue
            values = [
                call[a.name]
                for around, call in calls.get(id(made), [])
                if a.name in call
                and not (around is made and call[a.name] == Var(name=a.name, type=_type(call[a.name])))
            ]
            if values and isinstance(values[0], Const) and all(v == values[0] for v in values):
                known[a.name] = values[0]
        if known:
            changed = True
            _put(made, known, functions)
    return changed


def _type(e: Expr) -> Type:
    return e.type if isinstance(e, Var) else "any"


def _put(made: Class, known: Mapping[str, Expr], functions: Functions) -> None:
    """A class with some parameters known."""
    memo: dict[int, object] = {}

    def change(e: Expr) -> Expr:
        return mapped(e, lambda leaf: known.get(leaf.name) if isinstance(leaf, Var) else None, functions, memo)

    made.init = with_exprs(made.init, change)
    gone = left_out(made.init)
    made.init = decided(made.init)
    made.forward = decided(without_calls(with_exprs(made.forward, change), gone))
    made.outputs = tuple(tuple(map(change, row)) for row in made.outputs)
    made.dims = tuple(tuple(map(change, row)) for row in made.dims)
    made.arguments = [a for a in made.arguments if a.name not in known]


def left_out(statements: Sequence[Statement]) -> set[Expr]:
    """The names of modules that are never there."""
    return {
        s.name
        for s in walk(statements)
        if isinstance(s, Register) and isinstance(s.condition, Const) and not s.condition.value
    }


def without_calls(statements: Sequence[Statement], gone: set[Expr]) -> tuple[Statement, ...]:
    """Statements without calls of modules that are never there: what goes in comes out."""
    found: list[Statement] = []
    for s in statements:
        match s:
            case Compute(value=CallModule(name=name, inputs=inputs)) if name in gone:
                found.append(replace(s, value=Copy(inputs)))
            case If():
                found.append(If(s.condition, without_calls(s.then, gone), without_calls(s.otherwise, gone)))
            case For():
                found.append(replace(s, body=without_calls(s.body, gone)))
            case _:
                found.append(s)
    return tuple(found)


def decided(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Statements without conditions that are known."""
    found: list[Statement] = []
    for s in statements:
        match s:
            case If(condition=Const() as condition):
                found += decided(s.then if condition.value else s.otherwise)
            case If():
                found.append(If(s.condition, decided(s.then), decided(s.otherwise)))
            case For():
                found.append(replace(s, body=decided(s.body)))
            case Register(condition=Const() as condition):
                if condition.value:
                    found.append(replace(s, build=_decided(s.build)))
            case Register() | Append():
                found.append(replace(s, build=_decided(s.build)))
            case _:
                found.append(s)
    return tuple(found)


def _decided(build: Build) -> Build:
    match build:
        case Choose(condition=Const() as condition):
            return _decided(build.then if condition.value else build.otherwise)
        case Sequential():
            return replace(build, body=decided(build.body))
        case _:
            return build


# -- parameters -------------------------------------------------------------------------------------------------------


def _drop_parameters(classes: Sequence[Class]) -> bool:
    """Take away parameters that nothing reads, and the arguments for them."""
    changed = False
    for made in classes:
        read = reads(made.init) | reads(made.forward) | {n for r in made.requires for n in variables(r)}
        kept = [a for a in made.arguments if a.name in read or (made.kind == "model" and a.spec == "classes")]
        changed = changed or len(kept) < len(made.arguments)
        made.arguments = kept
    for made in classes:
        made.init = tuple(_without_arguments(s) for s in made.init)
        before = len(made.init)
        drop(made)
        changed = changed or len(made.init) < before
    return changed


def _without_arguments(s: Statement) -> Statement:
    match s:
        case Register() | Append():
            return replace(s, build=_fewer(s.build))
        case If():
            return If(s.condition, tuple(map(_without_arguments, s.then)), tuple(map(_without_arguments, s.otherwise)))
        case For():
            return replace(s, body=tuple(map(_without_arguments, s.body)))
        case _:
            return s


def _fewer(build: Build) -> Build:
    match build:
        case New():
            names = {a.name for a in build.made.arguments}
            arguments: Arguments = tuple((n, e) for n, e in build.arguments if n in names)
            return New(build.made, arguments)
        case Choose():
            return Choose(build.condition, _fewer(build.then), _fewer(build.otherwise))
        case Sequential():
            return replace(build, body=tuple(map(_without_arguments, build.body)))
        case _:
            return build


# -- loops ------------------------------------------------------------------------------------------------------------


class Folder:
    """Runs statements as far as their numbers are known.

    `linked`: the loops that `forward` has too. Those with modules under names of their own are written out where their
    table is known, so that `forward` can say `self.layer1`.
    """

    def __init__(self, functions: Functions, linked: set[int]) -> None:
        self.gone: set[Expr] = set()
        self.turns = 1
        """The turns of the loops around that are being written out, multiplied."""
        self.functions = functions
        self.linked = linked

    def run(self, statements: Sequence[Statement], known: dict[str, Expr]) -> list[Statement]:
        """Statements with what is known put in; `known` grows as numbers are assigned."""
        found: list[Statement] = []
        for s in statements:
            match s:
                case Assign():
                    value = self.put(s.value, known)
                    if isinstance(value, Var) and value.name == s.name:
                        continue
                    _forget(known, {s.name})
                    if isinstance(value, Const | Var):
                        known[s.name] = value
                    found.append(Assign(s.name, value))
                case For():
                    found += self.loop(s, known)
                case If():
                    found += self.condition(s, known)
                case Register() | Append():
                    found += self.child(s, known)
                case _:
                    found += with_exprs((s,), lambda e: self.put(e, known))
        return found

    def put(self, e: Expr, known: Mapping[str, Expr]) -> Expr:
        """An expression with what is known."""
        if isinstance(e, Const) or not known:
            return e
        return mapped(e, lambda leaf: known.get(leaf.name) if isinstance(leaf, Var) else None, self.functions)

    def condition(self, s: If, known: dict[str, Expr]) -> list[Statement]:
        """An `if`."""
        condition = self.put(s.condition, known)
        if isinstance(condition, Const):
            return self.run(s.then if condition.value else s.otherwise, known)
        then, otherwise = self.run(s.then, dict(known)), self.run(s.otherwise, dict(known))
        _forget(known, _assigned((s,)))
        return [If(condition, tuple(then), tuple(otherwise))]

    def child(self, s: Register | Append, known: dict[str, Expr]) -> list[Statement]:
        """A module that is registered or appended."""
        name = s.name and self.put(s.name, known)
        if isinstance(s.build, Sequential):
            build: Build = replace(s.build, body=tuple(self.run(s.build.body, known)))
        else:
            build = _decided(with_build(s.build, lambda e: self.put(e, known)))
        if isinstance(s, Append):
            return [replace(s, name=name, build=build)]
        condition = self.put(s.condition, known)
        if isinstance(condition, Const) and not condition.value:
            self.gone |= {name} if name is not None else set()
            return []
        assert name is not None
        return [Register(name, build, condition)]

    def loop(self, s: For, known: dict[str, Expr]) -> list[Statement]:
        """A loop: as it stands, or turn by turn."""
        over = self.put(s.over, known)
        rows = items_of(over)
        rolled_known = dict(known)
        _forget(rolled_known, _assigned((s,)))
        must = s.key in self.linked
        if rows is None or (len(rows) * self.turns > _TURNS and len(rows) > 1 and not must):
            body = self.run(s.body, dict(rolled_known))
            known.clear()
            known.update(rolled_known)
            return [replace(s, over=over, body=tuple(body))]
        written_known = dict(known)
        written: list[Statement] = []
        outer, self.turns = self.turns, self.turns * max(1, len(rows))
        for row in rows:
            row_known: dict[str, Expr] = {}
            _bind(s.target, row, row_known)
            numbers = {n: e for n, e in row_known.items() if isinstance(e, Const | Var)}
            rest = {n: e for n, e in row_known.items() if n not in numbers}
            written_known.update({**numbers, **rest})
            written += self.run(s.body, written_known)
        self.turns = outer
        if not must and len(rows) > 1:
            body = self.run(s.body, dict(rolled_known))
            rolled: list[Statement] = [replace(s, over=over, body=tuple(body))]
            if cost(rolled) + _starts(s, known) < cost(written):
                known.clear()
                known.update(rolled_known)
                return rolled
        _forget(written_known, set(s.target.names()))
        known.clear()
        known.update(written_known)
        return written


def _forget(known: dict[str, Expr], names: set[str]) -> None:
    """Take away what is known of numbers that are set anew, and what was known to be one of them."""
    for name, e in list(known.items()):
        if name in names or variables(e) & names:
            del known[name]


def _starts(s: For, known: Mapping[str, Expr]) -> int:
    """Lines that only a loop needs: variables that are set before it."""
    return len(_assigned((s,)) & known.keys())


def _bind(pattern: Pattern, item: Expr, found: dict[str, Expr]) -> None:
    if pattern.name:
        found[pattern.name] = item
        return
    for inner, value in zip(pattern.items, items_of(item) or (), strict=False):
        _bind(inner, value, found)


def _assigned(statements: Sequence[Statement]) -> set[str]:
    return {s.name for s in walk(statements) if isinstance(s, Assign)} | {
        n for s in walk(statements) if isinstance(s, For) for n in s.target.names()
    }


def cost(statements: Sequence[Statement]) -> int:
    """How many lines statements take, about: equal neighbours are one."""
    total = 0
    before: Statement | None = None
    for s in statements:
        match s:
            case Append() if isinstance(before, Append) and before.build == s.build and isinstance(s.build, New):
                pass
            case Assign(value=Const()):
                pass
            case _:
                said = max((weight(e, _LONG) for e in exprs(s)), default=0)
                total += 1 + max(0, said - _LINE) + sum(cost(body) for body in inside(s))
        before = s if not isinstance(s, Assign) else before
    return total
