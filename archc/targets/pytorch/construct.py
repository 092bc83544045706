"""Interpret `__init__` without torch: the modules that it builds, in order, with the values of all arguments.

Names have the scope of Python: parameters, assigned numbers, and the variables of a loop inside that loop. Fields are
set at the end, where everything that they read must have a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archc.diagnostics.source import Span
from archc.ir.data import Callee
from archc.ir.expr import CannotEvaluate, Const, Expr, Functions, Var, evaluate
from archc.ir.op import Op
from archc.support.record import Record, Struct, field
from archc.targets.pytorch.code import (
    Append,
    Assign,
    Build,
    Choose,
    Class,
    Container,
    ModuleBuild,
    New,
    OpenContainer,
    PassedModule,
    PrintedClass,
    PyFor,
    PyIf,
    Register,
    Sequential,
    Statement,
)
from archc.targets.pytorch.printing import default_of

Arguments = Mapping[str, Any]


class Mismatch(Exception):
    """The code does not compute the network: an internal fault. `span` is the place in the spec where they diverge."""

    def __init__(self, what: str, span: Span | None = None) -> None:
        super().__init__(what)
        self.span = span


class Leaf(Record):
    """A layer that has been built, with the values of its written arguments. `target` is "" for a passed class.

    `learned`: it is a tensor of its own rather than a module.
    """

    path: str
    op: type[Op]
    target: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    sources: tuple[str, ...]
    inplace: bool
    learned: bool = False


class ModuleInstance(Struct):
    """An instance of an emitted class, or an `nn.Sequential` (`made` is None): its fields, and its children in order.

    An `nn.Identity` is a sequence without children. `holds`: it is an `nn.ModuleList` or `nn.ModuleDict`.
    """

    path: str
    made: Class | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    children: dict[str, Leaf | ModuleInstance] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    holds: bool = False

    @property
    def is_sequence(self) -> bool:
        """Whether its children run in sequence."""
        return self.made is None or self.made.base == "nn.Sequential"

    def find(self, name: str) -> Child | None:
        """The child with a name, or a nested one (`convs.0`)."""
        here: Child | None = self
        for part in name.split("."):
            if not isinstance(here, ModuleInstance) or not (here is self or here.holds):
                return None
            here = here.children.get(part)
        return here

    def leaves(self) -> Iterator[Leaf]:
        """Its layers, in the order of the state dict."""
        for child in self.children.values():
            if isinstance(child, Leaf):
                yield child
            else:
                yield from child.leaves()


Child = Leaf | ModuleInstance


def _is_learned(child: Child) -> bool:
    return isinstance(child, Leaf) and child.learned


def _is_identity(child: Child) -> bool:
    """Whether it is an `nn.Identity()`, which stands for a child until that is registered."""
    return isinstance(child, ModuleInstance) and child.made is None and not child.children and not child.holds


class Constructor(Struct):
    """Builds the modules of one network.

    `kinds`: all ops by name; `said`: the meaning of printed classes, by the identity of the class; `seen`: the classes
    that were built.
    """

    kinds: Mapping[str, type[Op]]
    functions: Functions
    said: Mapping[int, PrintedClass]
    seen: dict[int, Class] = field(default_factory=dict)

    def build_class(self, made: Class, arguments: Arguments, path: str, span: Span) -> ModuleInstance:
        """An instance of a class."""
        self.seen[id(made)] = made
        values: dict[str, Any] = {}
        for a in made.arguments:
            if a.name in arguments:
                values[a.name] = arguments[a.name]
            elif (default := default_of(a)) is not None:
                values[a.name] = self.value(default, {}, span)
            else:
                raise Mismatch(f"`{path}`, a `{made.name}`, is built without `{a.name}`", made.span)
        if len(arguments) > len(values) or not arguments.keys() <= values.keys():
            raise Mismatch(f"`{path}`, a `{made.name}`, is built with an argument that it does not take", made.span)
        if small := [n for n in made.positive if n in values and values[n] < 1]:
            raise Mismatch(f"`{path}`, a `{made.name}`, is built with a `{small[0]}` of less than 1", made.span)
        found = ModuleInstance(path, made, dict(values))
        said = self.said[id(made)]
        self.construct(said.init, values, found, made.span)
        self.compare_lists(found, span)
        for name, e in said.fields:
            if name in found.children:
                raise Mismatch(f"a field and a module of `{path}` are called `{name}`", made.span)
            found.fields[f"self.{name}"] = self.value(e, values, made.span)
        return found

    def compare_lists(self, found: ModuleInstance, span: Span) -> None:
        """Check that the children of each `nn.ModuleList` count from 0, and are modules."""
        assert found.made is not None
        for where, kind in found.made.containers.items():
            inner = found.find(where) if where else found
            names = list(inner.children) if isinstance(inner, ModuleInstance) else []
            if kind == "list" and names != [str(i) for i in range(len(names))]:
                raise Mismatch(f"the children of the list `{where}` of `{found.path}` do not count from 0", span)
            if kind == "list" and isinstance(inner, ModuleInstance) and any(map(_is_learned, inner.children.values())):
                raise Mismatch(f"the list `{where}` of `{found.path}` holds a tensor", span)

    def construct(
        self, statements: Sequence[Statement], values: dict[str, Any], into: ModuleInstance, span: Span
    ) -> None:
        """Interpret the statements of `__init__`."""
        for s in statements:
            match s:
                case Assign():
                    values[s.name] = self.value(s.value, values, span)
                case OpenContainer(path=path, once=once):
                    if not (once and into.find(path) is not None):
                        self.put(into, path, ModuleInstance(f"{into.path}.{path}".lstrip("."), holds=True), span)
                case Register() if not into.is_sequence or into.made is not None:
                    self.add(into, str(self.value(s.name, values, span)), s.build, values, span)
                case Append() if into.is_sequence:
                    name = str(len(into.children)) if s.name is None else str(self.value(s.name, values, span))
                    self.add(into, name, s.build, values, span)
                case PyIf():
                    self.construct(s.then if self.value(s.condition, values, span) else s.otherwise, values, into, span)
                case PyFor():
                    for row in self.rows(s, values, span):
                        values.update(row)
                        self.construct(s.body, values, into, span)
                    for name in s.target.names():
                        values.pop(name, None)
                case _:
                    raise Mismatch("a statement does not belong in `__init__`", span)

    def rows(self, loop: PyFor, values: Arguments, span: Span) -> Iterator[dict[str, Any]]:
        """The values of a loop's variables in each turn."""
        over = self.value(loop.over, values, span)
        if not isinstance(over, tuple):
            raise Mismatch("a loop runs over something that is not a list", span)
        for item in over:
            row: dict[str, Any] = {}
            if not loop.target.fit(item, row):
                raise Mismatch("a loop's names do not fit what it runs over", span)
            yield row

    def add(self, into: ModuleInstance, name: str, build: Build, values: dict[str, Any], span: Span) -> None:
        """Register a child."""
        self.put(into, name, self.built(build, values, f"{into.path}.{name}".lstrip("."), span), span)

    def put(self, into: ModuleInstance, name: str, child: Child, span: Span) -> None:
        """Register a child under a name, or in its container (`convs.0`)."""
        around, _, own = name.rpartition(".")
        holder = into.find(around) if around else into
        if not isinstance(holder, ModuleInstance) or (around and not holder.holds):
            raise Mismatch(f"nothing holds `{child.path}`", span)
        if own in holder.children and not _is_identity(holder.children[own]):
            raise Mismatch(f"two modules are called `{child.path}`", span)
        holder.children[own] = child

    def built(self, build: Build, values: dict[str, Any], path: str, span: Span) -> Child:
        """Interpret a build."""
        match build:
            case ModuleBuild():
                defaults = dict(build.defaults)
                args = tuple([self.value(a, values, span) for a in build.args])
                kwargs = {n: self.value(e, values, span) for n, e in build.kwargs if e != defaults.get(n)}
                return Leaf(path, build.op, build.target, args, kwargs, build.sources, build.inplace, bool(build.use))
            case New():
                arguments = {n: self.value(e, values, span) for n, e in build.arguments}
                return self.build_class(build.made, arguments, path, span)
            case PassedModule():
                callee = self.value(build.callee, values, span)
                if not isinstance(callee, Callee) or callee.name not in self.kinds:
                    raise Mismatch(f"`{path}` is built of {callee}, which is no layer", span)
                return Leaf(path, self.kinds[callee.name], "", (), {}, (), build.inplace)
            case Choose():
                chosen = build.then if self.value(build.condition, values, span) else build.otherwise
                return self.built(chosen, values, path, span)
            case Sequential():
                return self.filled(ModuleInstance(path), build.body, values, span)
            case Container():
                return self.filled(ModuleInstance(path, holds=True), build.body, values, span)

    def filled(
        self, container: ModuleInstance, body: Sequence[Statement], values: dict[str, Any], span: Span
    ) -> ModuleInstance:
        """A container with the children that statements append to it."""
        self.construct(body, values, container, span)
        return container

    def value(self, e: Expr, values: Arguments, span: Span) -> Any:
        """Evaluate an expression."""
        if type(e) is Const:
            return e.value
        if type(e) is Var and e.name in values:
            return values[e.name]
        try:
            return evaluate(e, values, self.functions)
        except CannotEvaluate as error:
            raise Mismatch(f"an expression has no value: {str(error).partition('~')[0]}", span) from None
