"""Containers, built together with their children if possible: `self.convs = nn.ModuleList([…])`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from archc.ir.expr import TRUE, Const, Expr, const, variables
from archc.support.record import replace
from archc.targets.pytorch.code import (
    Append,
    Assign,
    Build,
    Class,
    Container,
    ModuleBuild,
    New,
    OpenContainer,
    PyFor,
    PyIf,
    Register,
    Statement,
)
from archc.targets.pytorch.passes.containers import is_learned, parted
from archc.targets.pytorch.walk import exprs, inside, walk

IsShort = Callable[[Build], bool]


def gathered(made: Class, is_short: IsShort) -> list[Statement]:
    """The statements of `__init__`, with containers where they are first needed.

    `is_short`: whether a module can be built in one expression.
    """
    roots = [s.path for s in made.init if isinstance(s, OpenContainer) and "." not in s.path and not s.once]
    whole = {root: rows for root in roots if (rows := _rows(made.init, root, is_short)) is not None}
    found: list[Statement] = []
    alone = ""
    for i, s in enumerate(made.init):
        after = made.init[i + 1] if i + 1 < len(made.init) else None
        match s:
            case OpenContainer(path=path) if path in whole:
                found.append(Register(const(path), _tree(path, whole[path], made.containers)))
            case OpenContainer(path=path) if path.partition(".")[0] in whole:
                pass
            case OpenContainer(path=path) if isinstance(after, PyFor) and _makes_all(made, path, after, is_short):
                alone = path
            case PyFor(body=(Register() as child,)) if alone:
                turns = replace(s, body=(Append(None, child.build),))
                found.append(Register(const(alone), Container("list", (turns,))))
                alone = ""
            case Register() if parted(s.name)[0].partition(".")[0] in whole:
                pass
            case _:
                found.append(s)
    return found


def of_several_kinds(made: Class) -> set[Expr]:
    """The names of children whose class depends on a choice, so that their attributes need a type."""
    kinds: dict[Expr, set[object]] = {}
    for s in walk(made.init):
        if isinstance(s, Register) and not is_learned(s):
            match s.build:
                case ModuleBuild(target=target):
                    kind: object = target
                case New(made=of):
                    kind = id(of)
                case build:
                    kind = type(build)
            kinds.setdefault(s.name, set()).add(kind)
    return {name for name, found in kinds.items() if len(found) > 1}


def _makes_all(made: Class, path: str, loop: PyFor, is_short: IsShort) -> bool:
    """Whether a loop makes all children of a list that is not nested, and nothing else."""
    if made.containers.get(path) != "list" or "." in path or len(loop.body) != 1:
        return False
    (child,) = loop.body
    if not isinstance(child, Register) or is_learned(child) or child.condition != TRUE or not is_short(child.build):
        return False
    return sum(parted(r.name)[0].partition(".")[0] == path for r in _registers(made.init)) == 1


def _rows(statements: Sequence[Statement], root: str, is_short: IsShort) -> list[Register] | None:
    """The children of a container, if they can be built with it: nothing that they need is computed in between."""
    own = [s for s in statements if isinstance(s, Register) and _is_in(s, root)]
    if len(own) != sum(_is_in(r, root) for r in _registers(statements)):
        return None
    if any(map(is_learned, own)) or not all(
        isinstance(r.name, Const) and r.condition == TRUE and is_short(r.build) for r in own
    ):
        return None
    first, last = statements.index(own[0]), max(i for i, s in enumerate(statements) if s is own[-1])
    written = {s.name for s in walk(statements[first:last]) if isinstance(s, Assign)}
    return None if any(variables(e) & written for r in own for e in exprs(r)) else own


def _is_in(register: Register, root: str) -> bool:
    return parted(register.name)[0].partition(".")[0] == root


def _tree(path: str, rows: Sequence[Register], kinds: Mapping[str, Literal["list", "dict"]]) -> Container:
    """A container with its children, including nested containers."""
    children: dict[str, list[Register]] = {}
    for row in rows:
        assert isinstance(row.name, Const)
        own = str(row.name.value).removeprefix(f"{path}.").partition(".")[0]
        children.setdefault(own, []).append(row)
    made: list[Statement] = []
    for own, inner in children.items():
        alone = inner[0].name == const(f"{path}.{own}")
        build = inner[0].build if alone else _tree(f"{path}.{own}", inner, kinds)
        made.append(Append(None if kinds[path] == "list" else const(own), build))
    return Container(kinds[path], tuple(made))


def _registers(statements: Sequence[Statement]) -> Iterator[Register]:
    for s in statements:
        if isinstance(s, Register):
            yield s
        elif isinstance(s, PyIf | PyFor):
            for body in inside(s):
                yield from _registers(body)
