"""The forms of Python that emitted code consists of. Each gives its text together with its meaning as data.

Both are made from the same parts, so the meaning of printed code is known without parsing text. If the printer passes a
form a wrong child, condition or argument, the meaning is that of a different class, which validation detects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from archc.ir.definition import Pattern
from archc.ir.expr import BinaryExpr, ConditionalExpr, Const, Expr, Var, const, literal, unary, variables
from archc.support.columns import width
from archc.support.record import Record, Struct, field, replace
from archc.targets.pytorch.code import (
    Append,
    Assign,
    Build,
    Choose,
    Class,
    Container,
    ModuleBuild,
    New,
    PassedModule,
    PyFor,
    PyIf,
    Register,
    Sequential,
    Statement,
)
from archc.targets.pytorch.layout import BODY, COLUMNS
from archc.targets.pytorch.passes.containers import is_word, parted
from archc.targets.pytorch.printing.ways import Say, put, way

Line = tuple[int, str, str]
"""A line: its indentation, its text, a comment."""


class PrintedArgument(Record):
    """An argument of a call, with its name if that is written."""

    text: str
    value: Expr
    name: str = ""


class PrintedModule(Record):
    """A module in one expression."""

    text: str
    means: Build


class PrintedChildren(Record):
    """An argument of a container, which represents some of its children."""

    text: str
    means: tuple[Statement, ...]


IDENTITY = PrintedModule("nn.Identity()", Sequential((), True))


class LoopHead(Record):
    """`target in over`."""

    text: str
    target: Pattern
    over: Expr


# -- calls ------------------------------------------------------------------------------------------------------------

CONVOLUTIONS = ("nn.Conv1d", "nn.Conv2d", "nn.Conv3d", "Conv1dSame", "Conv2dSame", "Conv3dSame")
_POOLINGS = ("nn.MaxPool", "nn.AvgPool")
_FURTHER = ("stride", "padding")
"""The parameters after the channels and the kernel in these layers."""


def layer(build: ModuleBuild, given: Sequence[PrintedArgument], inplace: bool) -> PrintedModule:
    """A call of a torch class, or of one that an op defines."""
    args = [a.value for a in given if not a.name]
    kwargs = [(a.name, a.value) for a in given if a.name]
    if build.target in CONVOLUTIONS or build.target.startswith(_POOLINGS):
        usual = 3 if build.target in CONVOLUTIONS else 1
        args, further = args[:usual], args[usual:]
        kwargs = [*zip(_FURTHER, further, strict=False), *kwargs]
    said = [*map(_argument, given), *(["inplace=True"] if inplace else [])]
    means = replace(build, args=tuple(args), kwargs=tuple(kwargs), defaults=(), inplace=inplace)
    return PrintedModule(f"{build.target}({', '.join(said)})", means)


def new(name: str, made: Class, given: Sequence[PrintedArgument], order: Sequence[str]) -> PrintedModule:
    """A call of an emitted class, whose parameters have this order."""
    arguments = tuple((a.name or order[i], a.value) for i, a in enumerate(given))
    return PrintedModule(f"{name}({', '.join(map(_argument, given))})", New(made, arguments))


def _argument(a: PrintedArgument) -> str:
    return f"{a.name}={a.text}" if a.name else a.text


def passed(build: PassedModule, say: Say, inplace: bool) -> PrintedModule:
    """A call of a class that is a parameter."""
    means = replace(build, inplace=inplace)
    return PrintedModule(f"{say(build.callee)}({'inplace=True' if inplace else ''})", means)


def either(then: PrintedModule, condition: Expr, otherwise: PrintedModule, say: Say) -> PrintedModule:
    """`then if condition else otherwise`."""
    means = Choose(condition, then.means, otherwise.means)
    return PrintedModule(f"{then.text} if {say(condition)} else {otherwise.text}", means)


# -- children of a container ----------------------------------------------------------------------------------------


def child(module: PrintedModule) -> PrintedChildren:
    """`module`."""
    return PrintedChildren(module.text, (Append(None, module.means),))


def repeated(module: PrintedModule, count: int) -> PrintedChildren:
    """`*(module for _ in range(count))`."""
    return PrintedChildren(f"*({_turns(module, count)})", (Append(None, module.means),) * count)


def some(
    then: Sequence[PrintedChildren], condition: Expr, otherwise: Sequence[PrintedChildren], say: Say
) -> PrintedChildren:
    """`*([then] if condition else [otherwise])`."""
    one, other = (f"[{', '.join(c.text for c in side)}]" for side in (then, otherwise))
    return PrintedChildren(
        f"*({one} if {say(condition)} else {other})", (PyIf(condition, _all(then), _all(otherwise)),)
    )


def each(inner: PrintedChildren, head: LoopHead) -> PrintedChildren:
    """`*(inner for … in …)`."""
    return PrintedChildren(f"*({inner.text} for {head.text})", (PyFor(head.target, head.over, inner.means, -1),))


def sequence(children: Sequence[PrintedChildren]) -> PrintedModule:
    """`nn.Sequential(children)`."""
    return PrintedModule(f"nn.Sequential({listed(children)})", Sequential(_all(children), True))


def listed(children: Sequence[PrintedChildren]) -> str:
    """The arguments of a container."""
    return ", ".join(c.text for c in children)


def _all(children: Iterable[PrintedChildren]) -> tuple[Statement, ...]:
    return tuple(s for c in children for s in c.means)


def _turns(module: PrintedModule, count: int) -> str:
    return f"{module.text} for _ in range({count})"


# -- children with names ----------------------------------------------------------------------------------------------


def item(name: str, module: PrintedModule) -> PrintedChildren:
    """An item of a dictionary."""
    return PrintedChildren(f"{literal(name)}: {module.text}", (Append(const(name), module.means),))


def keyword(name: str, module: PrintedModule) -> PrintedChildren:
    """`name=module`."""
    return PrintedChildren(f"{name}={module.text}", (Append(const(name), module.means),))


def pair(name: str, module: PrintedModule) -> PrintedChildren:
    """`("name", module)`."""
    return PrintedChildren(f"({literal(name)}, {module.text})", (Append(const(name), module.means),))


def items(name: Expr, module: PrintedModule, head: LoopHead, say: Say) -> PrintedChildren:
    """`**{name: module for … in …}`."""
    body = (Append(name, module.means),)
    return PrintedChildren(
        f"**{{{say(name)}: {module.text} for {head.text}}}", (PyFor(head.target, head.over, body, -1),)
    )


def perhaps(name: str, module: PrintedModule, condition: Expr, say: Say) -> PrintedChildren:
    """`**({name: module} if condition else {})`."""
    inner = item(name, module)
    return PrintedChildren(f"**({{{inner.text}}} if {say(condition)} else {{}})", (PyIf(condition, inner.means),))


def by_name(children: Sequence[PrintedChildren], pairs: bool) -> PrintedChildren:
    """`OrderedDict(children)`."""
    inside = f"[{listed(children)}]" if pairs else listed(children)
    return PrintedChildren(f"OrderedDict({inside})", _all(children))


def dictionary(children: Sequence[PrintedChildren]) -> PrintedModule:
    """`nn.ModuleDict({children})`."""
    inside = f"{{{listed(children)}}}" if children else ""
    return PrintedModule(f"nn.ModuleDict({inside})", Container("dict", _all(children)))


def modules(children: Sequence[PrintedChildren]) -> PrintedModule:
    """`nn.ModuleList([children])`."""
    inside = f"[{listed(children)}]" if children else ""
    return PrintedModule(f"nn.ModuleList({inside})", Container("list", _all(children)))


def modules_of(inner: PrintedModule, head: LoopHead) -> PrintedModule:
    """`nn.ModuleList(inner for … in …)`."""
    body = (PyFor(head.target, head.over, (Append(None, inner.means),), -1),)
    return PrintedModule(f"nn.ModuleList({inner.text} for {head.text})", Container("list", body))


def modules_alike(inner: PrintedModule, count: int) -> PrintedModule:
    """`nn.ModuleList(inner for _ in range(count))`."""
    return PrintedModule(
        f"nn.ModuleList({_turns(inner, count)})", Container("list", (Append(None, inner.means),) * count)
    )


# -- statements -------------------------------------------------------------------------------------------------------

Put = Callable[[PrintedModule], tuple[str, Statement]]
"""A statement that makes a module a child."""


def child_of(made: Class, name: Expr, say: Say) -> Put:
    """The statement that makes a module a child of a class."""
    return lambda m: (put(made, name, m.text, say), Register(name, m.means))


def learned_of(made: Class, name: Expr, say: Say) -> Put:
    """The statement that makes a learned tensor a parameter of a module."""
    path, own = parted(name)
    holder = way(made, const(path), say) if path else "self"
    if not path and isinstance(own, Const) and is_word(str(own.value)):
        return lambda m: (f"self.{own.value} = {m.text}", Register(name, m.means))
    return lambda m: (f"{holder}.register_parameter({say(own)}, {m.text})", Register(name, m.means))


def again(made: Class, name: Expr, say: Say) -> Put:
    """The statement that replaces a child by a module."""
    place = way(made, name, say)
    if "get_submodule" in place:
        return child_of(made, name, say)
    return lambda m: (f"{place} = {m.text}", Register(name, m.means))


def annotated(put: Put) -> Put:
    """The same statement, with the type of its attribute."""

    def typed(module: PrintedModule) -> tuple[str, Statement]:
        said, means = put(module)
        return said.replace(" =", ": nn.Module =", 1), means

    return typed


class Suite(Struct):
    """Statements of a method. Modules are appended to the variable `into`.

    `bound`: the name and the value of the last line, if it is `name = value` without a type, comment or choice.
    """

    say: Say
    into: str = "self"
    lines: list[Line] = field(default_factory=list)
    means: list[Statement] = field(default_factory=list)
    bound: tuple[str, str] | None = None

    def inner(self, into: str = "") -> Suite:
        """An empty suite."""
        return Suite(self.say, into or self.into)

    def add(self, indent: int, said: str, *means: Statement, comment: str = "") -> None:
        """Add a line."""
        self.lines.append((indent, said, comment))
        self.means += means
        self.bound = None

    def bind(
        self, indent: int, names: Sequence[str], value: str, *means: Statement, type_: str = "", comment: str = ""
    ) -> None:
        """`names = value`."""
        name, last = ", ".join(names), means[-1]
        self.add(indent, f"{name}{': ' if type_ else ''}{type_} = {value}", *means, comment=comment)
        is_choice = isinstance(last, Assign) and isinstance(last.value, ConditionalExpr)
        if len(names) == 1 and not type_ and not comment and not is_choice:
            self.bound = name, value

    def extend(self, other: Suite) -> None:
        """Add the statements of another suite."""
        self.lines += other.lines
        self.means += other.means
        self.bound = other.bound

    def put(self, indent: int, put: Put, module: PrintedModule) -> None:
        """Make a module a child."""
        said, means = put(module)
        self.add(indent, said, means)

    def assign(self, indent: int, name: str, value: Expr) -> None:
        """`name = value`, or `name += 32` for `name = name + 32`."""
        match value:
            case BinaryExpr(operator="+" | "-" | "*" | "//", left=Var() as left, right=right) if (
                left.name == name and name not in variables(right)
            ):
                self.add(indent, f"{name} {value.operator}= {self.say(right)}", Assign(name, value))
            case _:
                self.bind(indent, (name,), self.say(value), Assign(name, value))

    def choose(self, indent: int, cases: Sequence[tuple[Expr, Suite]], otherwise: Suite) -> None:
        """`if …: … elif …: … else: …`, or only the side that has statements.

        Two short assignments to the same name become `y = A if … else B`.
        """
        (condition, then), *more = cases
        if not more and not then.lines:
            condition, then, otherwise = unary("not", condition), otherwise, then
        if not then.lines:
            return
        last = tuple(otherwise.means)
        for test, side in reversed(more):
            last = (PyIf(test, tuple(side.means), last),)
        means, asked = PyIf(condition, tuple(then.means), last), self.say(condition)
        one, other = (side.bound if len(side.lines) == 1 else None for side in (then, otherwise))
        if one and other and one[0] == other[0] and not more:
            either = f"{one[0]} = {one[1]} if {asked} else {other[1]}"
            if BODY + indent + width(either) <= COLUMNS:
                self.add(indent, either, means)
                return
        self.add(indent, f"if {asked}:", means)
        self.lines += then.lines
        for test, side in more:
            self.lines += [(indent, f"elif {self.say(test)}:", ""), *side.lines]
        if otherwise.lines:
            self.lines += [(indent, "else:", ""), *otherwise.lines]

    def loop(self, indent: int, head: LoopHead, body: Suite) -> None:
        """`for … in …:`, if it has statements."""
        if body.lines:
            self.add(indent, f"for {head.text}:", PyFor(head.target, head.over, tuple(body.means), -1))
            self.lines += body.lines

    def grow(self, indent: int, put: Put, first: Sequence[PrintedChildren], rest: Suite, variable: bool) -> None:
        """A sequence to which statements append; `variable`: it is first assigned to a variable."""
        means = Sequential((*_all(first), *rest.means), True)
        said, registered = put(PrintedModule(rest.into, means))
        self.lines += [(indent, f"{rest.into} = nn.Sequential({listed(first)})", ""), *rest.lines]
        self.lines += [(indent, said, "")] if variable else []
        self.means.append(registered)

    def append(self, name: Expr | None) -> Put:
        """The statement that appends a module."""
        if name is None:
            return lambda m: (f"{self.into}.append({m.text})", Append(None, m.means))
        return lambda m: (f"{self.into}.add_module({self.say(name)}, {m.text})", Append(name, m.means))
