"""The layers that work in place, by the rule of `overwriting.py`, on every path through a class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from archc.ir.expr import TRUE, Expr
from archc.support.record import replace
from archc.targets.pytorch.code import (
    Append,
    Build,
    CallModule,
    Choose,
    Class,
    Compute,
    Container,
    Copy,
    ModuleBuild,
    New,
    Operation,
    PassedModule,
    PyFor,
    PyIf,
    PyReturn,
    Register,
    Sequential,
    Statement,
)
from archc.targets.pytorch.overwriting import keeps_output, may_overwrite
from archc.targets.pytorch.walk import tensors_read, walk


def overwrite(classes: Sequence[Class]) -> None:
    """Requires: classes come after those that they build. Ensures: exactly the layers that may work in place do."""
    for made in classes:
        if made.base == "nn.Sequential":
            made.init, made.safe = _children(made.init, False)
        else:
            _forward(made)


def _placed(build: Build, may: bool) -> tuple[Build, bool]:
    """A build whose input may or may not be overwritten, and whether its output may be."""
    match build:
        case ModuleBuild():
            return replace(build, inplace=may and build.can_overwrite), not build.op.needs_output
        case PassedModule():
            return replace(build, inplace=may and build.can_overwrite), False
        case Choose():
            then, one = _placed(build.then, may)
            otherwise, other = _placed(build.otherwise, may)
            return Choose(build.condition, then, otherwise), one and other
        case Sequential():
            body, after = _children(build.body, may and not build.bounded)
            return replace(build, body=body), after
        case New():
            return build, build.made.safe
        case Container():
            return build, False


def _children(statements: Sequence[Statement], may: bool) -> tuple[tuple[Statement, ...], bool]:
    """The children of a sequence, in order, and whether its output may be overwritten."""
    found: list[Statement] = []
    for s in statements:
        match s:
            case Append():
                build, may = _placed(s.build, may)
                found.append(replace(s, build=build))
            case PyIf():
                then, one = _children(s.then, may)
                otherwise, other = _children(s.otherwise, may)
                found.append(PyIf(s.condition, then, otherwise))
                may = one and other
            case PyFor():
                ends = _ends(s.body)  # computed separately: nested loops would be processed repeatedly
                body, _ = _children(s.body, may and ends is not False)
                found.append(replace(s, body=body))
                may = may and ends is not False
            case _:
                found.append(s)
    return tuple(found), may


def _ends(statements: Sequence[Statement]) -> bool | None:
    """Whether the output of children may be overwritten; None if the same as for their input."""
    ends: bool | None = None
    for s in statements:
        match s:
            case Append():
                ends = _build_ends(s.build, ends)
            case PyIf():
                sides = [ends if side is None else side for side in (_ends(s.then), _ends(s.otherwise))]
                ends = False if False in sides else None if None in sides else True
            case PyFor() if (inner := _ends(s.body)) is not None:
                ends = False if False in (inner, ends) else ends
            case _:
                pass
    return ends


def _build_ends(build: Build, before: bool | None) -> bool | None:
    match build:
        case Sequential():
            inner = _ends(build.body)
            return inner if inner is not None else False if build.bounded else before
        case Choose():
            sides = [_build_ends(side, before) for side in (build.then, build.otherwise)]
            return False if False in sides else None if None in sides else True
        case ModuleBuild():
            return not build.op.needs_output
        case New():
            return build.made.safe
        case _:
            return False


def _forward(made: Class) -> None:
    """Process a class that has a `forward`."""
    forward = OverwriteAnalysis(made)
    free: set[str] = set()
    made.forward = forward.statements(made.forward, free, 0)
    made.init = _built(made.init, forward.decided)
    results = [s for s in walk(made.forward) if isinstance(s, PyReturn)]
    inside = {v for s in walk(made.forward) if not isinstance(s, PyReturn) for v in tensors_read(s)}
    made.safe = all(len(r.values) == 1 and r.values[0] in free - inside and not r.training for r in results)


class OverwriteAnalysis:
    """Traverses a `forward`.

    `reads`: how often each tensor is read; `optional`: the modules that an `nn.Identity` may replace; `decided`:
    whether a module may overwrite its input in every call; `made_at`: the number of loops around the statement that
    makes a tensor.
    """

    def __init__(self, made: Class) -> None:
        self.reads = Counter(name for s in walk(made.forward) for name in tensors_read(s))
        self.optional = {s.name for s in walk(made.init) if isinstance(s, Register) and s.condition != TRUE}
        self.decided: dict[Expr, bool] = {}
        self.made_at: dict[str, int] = {}

    def statements(self, statements: Sequence[Statement], free: set[str], depth: int) -> tuple[Statement, ...]:
        """Process statements inside `depth` loops; `free` gains the tensors that may be overwritten after them."""
        found: list[Statement] = []
        for s in statements:
            match s:
                case Compute():
                    found.append(self.compute(s, free, depth))
                case PyIf():
                    one, other = set(free), set(free)
                    then = self.statements(s.then, one, depth)
                    otherwise = self.statements(s.otherwise, other, depth)
                    first, second = _written(s.then), _written(s.otherwise)
                    both = (one & other) | (one & (first - second)) | (other & (second - first))
                    free.clear()
                    free.update(both)
                    found.append(PyIf(s.condition, then, otherwise))
                case PyFor():
                    body = self.statements(s.body, free, depth + 1)
                    free.difference_update(_written(s.body))
                    found.append(replace(s, body=body))
                case _:
                    found.append(s)
        return tuple(found)

    def compute(self, s: Compute, free: set[str], depth: int) -> Compute:
        """Process a statement; `free` gains its target if that may be overwritten later."""
        value = s.value
        first = value.inputs[0] if len(value.inputs) == 1 else ""
        may = may_overwrite(self.reads[first], own=first in free and self.made_at[first] == depth)
        for target in s.targets:
            self.made_at[target] = depth
        match value:
            case Operation():
                value = replace(value, inplace=may and value.can_overwrite)
                own = not keeps_output(value.op, len(value.inputs))
            case CallModule():
                self.decided[value.name] = may and self.decided.get(value.name, True)
                own = value.build is not None and _placed(value.build, may)[1]
                own = own and (may or value.name not in self.optional)  # a missing module returns its input
            case Copy():
                own = may
        if own and len(s.targets) == 1:
            free.add(s.targets[0])
        else:
            free.difference_update(s.targets)
        return replace(s, value=value)


def _written(statements: Sequence[Statement]) -> set[str]:
    return {t for s in walk(statements) if isinstance(s, Compute) for t in s.targets}


def _built(statements: Sequence[Statement], decided: Mapping[Expr, bool]) -> tuple[Statement, ...]:
    found: list[Statement] = []
    for s in statements:
        match s:
            case Register():
                found.append(replace(s, build=_placed(s.build, decided.get(s.name, False))[0]))
            case PyIf():
                found.append(PyIf(s.condition, _built(s.then, decided), _built(s.otherwise, decided)))
            case PyFor():
                found.append(replace(s, body=_built(s.body, decided)))
            case _:
                found.append(s)
    return tuple(found)
