"""Translation validation: classes are interpreted without torch and held against the network, node by node.

What is compared: the names of all modules with weights, each layer's class and arguments, which tensors each
application reads, the results of both modes, that every layer of a mode runs once, and that what works in place writes
over nothing that is needed. Pnueli, Siegel, Singerman 1998, Translation Validation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archc.network.data import Callee
from archc.network.definition import Pattern
from archc.network.expr import CannotEvaluate, Const, Expr, Functions, Var, evaluate
from archc.network.network import Network, Node, Ref
from archc.network.op import Op
from archc.network.torch_call import Changed, TorchCall
from archc.record import Record, Struct, field
from archc.source import Span
from archc.targets.pytorch.code import (
    Append,
    Assign,
    Build,
    CallModule,
    Choose,
    Class,
    Compute,
    Copy,
    For,
    If,
    Layer,
    New,
    Operation,
    Passed,
    Register,
    Return,
    Sequential,
    Statement,
    walk,
)

Arguments = Mapping[str, Any]


class Mismatch(Exception):
    """The code is not the network: an internal fault, with the place in the spec where they part."""

    def __init__(self, what: str, span: Span | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.span = span


class Leaf(Record):
    """A layer that has been built: what was written of it, with values."""

    path: str
    op: type[Op]
    target: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    usual: Mapping[str, Any]
    inplace: bool


class Branch(Struct):
    """An instance of an emitted class, or an `nn.Sequential` (`made` None): its fields, its children in order."""

    path: str
    made: Class | None
    fields: dict[str, Any] = field(default_factory=dict)
    children: dict[str, Leaf | Branch] = field(default_factory=dict)


Child = Leaf | Branch


class Memory(Struct):
    """A tensor in memory: the storage that holds it, and the version of what is in it."""

    ref: Ref
    storage: int
    version: int


class Interpreter(Struct):
    """Runs classes for one network."""

    network: Network
    kinds: Mapping[str, type[Op]]
    functions: Functions
    training: bool = False
    met: set[int] = field(default_factory=set)
    readers: dict[tuple[Ref, ...], list[int]] = field(default_factory=dict)
    calls: dict[int, TorchCall] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)
    storages: dict[Ref, int] = field(default_factory=dict)
    kept: list[tuple[int, int, int]] = field(default_factory=list)
    inplace: set[int] = field(default_factory=set)
    seen: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    # -- building

    def build_class(self, made: Class, arguments: Arguments, path: str) -> Branch:
        """An instance of a class."""
        self.seen.setdefault(id(made), []).append(dict(arguments))
        for requirement in made.requires:
            if not self.value(requirement, arguments, made.span):
                raise Mismatch(f"{made.name} is built with arguments that it does not take", made.span)
        found = Branch(path, made)
        values = dict(arguments)
        self.construct(made.init, values, found, made.span)
        found.fields = {f"self.{name}": self.value(e, values, made.span) for name, e in made.fields}
        found.fields.update((f"init.{name}", value) for name, value in values.items())
        return found

    def construct(self, statements: Sequence[Statement], values: dict[str, Any], into: Branch, span: Span) -> None:
        """Run the statements of `__init__`."""
        for s in statements:
            match s:
                case Assign():
                    values[s.name] = self.value(s.value, values, span)
                case Register():
                    if self.value(s.condition, values, span):
                        self.add(into, str(self.value(s.name, values, span)), s.build, values, span)
                case Append():
                    positions = len(into.children)
                    name = str(self.value(s.name, values, span)) if s.name is not None else str(positions)
                    self.add(into, name, s.build, values, span)
                case If():
                    self.construct(s.then if self.value(s.condition, values, span) else s.otherwise, values, into, span)
                case For():
                    for row in self.rows(s, values, span):
                        values.update(row)
                        self.construct(s.body, values, into, span)
                case _:
                    raise Mismatch("a statement that does not belong into `__init__`", span)

    def rows(self, loop: For, values: Arguments, span: Span) -> Iterator[dict[str, Any]]:
        """The values of a loop's variables, turn by turn."""
        over = self.value(loop.over, values, span)
        if not isinstance(over, tuple):
            raise Mismatch("a loop over what is no list", span)
        for item in over:
            row: dict[str, Any] = {}
            _assign(loop.target, item, row)
            yield row

    def add(self, into: Branch, name: str, build: Build, values: dict[str, Any], span: Span) -> None:
        """Register a child."""
        if name in into.children:
            raise Mismatch(f"two modules are called `{f'{into.path}.{name}'.lstrip('.')}`", span)
        into.children[name] = self.built(build, values, f"{into.path}.{name}".lstrip("."), span)

    def built(self, build: Build, values: dict[str, Any], path: str, span: Span) -> Child:
        """What a build makes."""
        match build:
            case Layer():
                args = tuple(self.value(a, values, span) for a in build.args)
                kwargs = {n: self.value(e, values, span) for n, e in build.kwargs}
                usual = {n: self.value(e, values, span) for n, e in build.usual}
                return Leaf(path, build.op, build.target, args, kwargs, usual, build.inplace)
            case New():
                arguments = {n: self.value(e, values, span) for n, e in build.arguments}
                return self.build_class(build.made, arguments, path)
            case Passed():
                callee = self.value(build.callee, values, span)
                if not isinstance(callee, Callee) or callee.name not in self.kinds:
                    raise Mismatch(f"{callee} is no layer", span)
                return Leaf(path, self.kinds[callee.name], "", (), {}, {}, build.inplace)
            case Choose():
                chosen = build.then if self.value(build.condition, values, span) else build.otherwise
                return self.built(chosen, values, path, span)
            case Sequential():
                found = Branch(path, None)
                self.construct(build.body, values, found, span)
                return found

    def value(self, e: Expr, values: Arguments, span: Span) -> Any:
        """The value of an expression."""
        if type(e) is Const:
            return e.value
        if type(e) is Var and e.name in values:
            return values[e.name]
        try:
            return evaluate(e, values, self.functions)
        except CannotEvaluate as error:
            raise Mismatch(f"an expression has no value: {error}", span) from None

    # -- running

    def call(self, child: Child, inputs: tuple[Ref, ...], span: Span) -> tuple[Ref, ...]:
        """Call a module."""
        if isinstance(child, Leaf):
            return self.applied(child, inputs, span)
        if child.made is None or child.made.base == "nn.Sequential":
            for inner in child.children.values():
                inputs = self.call(inner, inputs, span)
            return inputs
        made = child.made
        if len(inputs) != len(made.inputs):
            raise Mismatch(f"{made.name} takes {len(made.inputs)} tensors, not {len(inputs)}", span)
        tensors = dict(zip(made.inputs, inputs, strict=True))
        result = self.run(made.forward, dict(child.fields), tensors, child, made.span)
        if result is None:
            raise Mismatch(f"{made.name} returns nothing", made.span)
        return result

    def run(
        self, statements: Sequence[Statement], values: dict[str, Any], tensors: dict[str, Ref], at: Branch, span: Span
    ) -> tuple[Ref, ...] | None:
        """Run the statements of `forward`; its result, None where it goes on."""
        for s in statements:
            match s:
                case Assign():
                    values[s.name] = self.value(s.value, values, span)
                    tensors.pop(s.name, None)
                case Compute():
                    if s.training_only and not self.training:
                        continue
                    self.compute(s, values, tensors, at, span)
                case If():
                    side = s.then if self.value(s.condition, values, span) else s.otherwise
                    found = self.run(side, values, tensors, at, span)
                    if found is not None:
                        return found
                case For():
                    for row in self.rows(s, values, span):
                        values.update(row)
                        found = self.run(s.body, values, tensors, at, span)
                        if found is not None:
                            return found
                case Return():
                    names = s.training if s.training and self.training else s.values
                    return tuple(self.tensor(n, tensors, span) for n in names)
                case _:
                    raise Mismatch("a statement that does not belong into `forward`", span)
        return None

    def tensor(self, name: str, tensors: Mapping[str, Ref], span: Span) -> Ref:
        """The tensor that a variable holds."""
        if name not in tensors:
            raise Mismatch(f"the variable `{name.partition('~')[0]}` has no value", span)
        return tensors[name]

    def compute(self, s: Compute, values: dict[str, Any], tensors: dict[str, Ref], at: Branch, span: Span) -> None:
        """Run `targets = value`."""
        inputs = tuple(self.tensor(n, tensors, span) for n in s.value.inputs)
        match s.value:
            case Copy():
                made = inputs
            case CallModule():
                name = str(self.value(s.value.name, values, span))
                child = at.children.get(name)
                if child is None:
                    build = s.value.build
                    conditional = any(
                        isinstance(r, Register) and r.name == s.value.name and r.condition != _TRUE
                        for r in (walk(at.made.init) if at.made else ())
                    )
                    if not conditional:
                        raise Mismatch(f"there is no module `{at.path}.{name}`", span)
                    del build
                    made = inputs
                else:
                    made = self.call(child, inputs, span)
            case Operation():
                made = self.operated(s.value, inputs, values, span)
        if len(made) != len(s.targets):
            raise Mismatch("the number of tensors differs", span)
        if s.shape and all(type(e) is Const for e in s.shape) and not isinstance(s.value, Copy):
            said, dims = tuple(e.value for e in s.shape if isinstance(e, Const)), self.network.type_of(made[0]).dims
            if said != dims:
                raise Mismatch(f"a tensor is said to be {said}, and is {dims}", self.network.nodes[made[0].node].span)
        tensors.update(zip(s.targets, made, strict=True))
        for name in s.targets:
            values.pop(name, None)  # Python has one name for both

    def applied(self, leaf: Leaf, inputs: tuple[Ref, ...], span: Span) -> tuple[Ref, ...]:
        """A layer, applied: the node that it is."""
        for index in self.readers.get(inputs, ()):
            node = self.network.nodes[index]
            stateful = self.is_stateful(index)
            if index in self.met or type(node.op) is not leaf.op or (stateful and node.path != leaf.path):
                continue
            if self.agrees(leaf, index):
                return self.done(index, leaf.inplace)
        raise Mismatch(f"`{leaf.path}` ({self.said(leaf)}) is no layer of the network where it stands", span)

    def said(self, leaf: Leaf) -> str:
        """A layer as it was written."""
        given = [*map(repr, leaf.args), *(f"{n}={v!r}" for n, v in leaf.kwargs.items())]
        return f"{leaf.target or leaf.op.kind()}({', '.join(given)})"

    def operated(self, value: Operation, inputs: tuple[Ref, ...], values: Arguments, span: Span) -> tuple[Ref, ...]:
        """A function, applied: the node that it is."""
        said = {n: self.value(e, values, span) for n, e in value.values}
        usual = {n: self.value(e, values, span) for n, e in value.usual}
        for index in self.readers.get(inputs, ()):
            node = self.network.nodes[index]
            if index in self.met or type(node.op) is not value.op or self.is_stateful(index):
                continue
            call = self.concrete(index)
            if call.expression is None:
                continue
            known = call.module.kwargs.usual if call.module and isinstance(call.module.kwargs, Changed) else {}
            if _same_values({**usual, **said}, {**known, **call.expression.values}) and _same_form(
                value.template, call.expression.template
            ):
                return self.done(index, value.inplace)
        raise Mismatch(f"a {value.op.kind()} is no layer of the network where it stands", span)

    def done(self, index: int, inplace: bool) -> tuple[Ref, ...]:
        """A node that has been met: its outputs."""
        self.met.add(index)
        node = self.network.nodes[index]
        if inplace:
            self.inplace.add(index)
        return tuple(Ref(index, i) for i in range(len(node.types)))

    # -- nodes

    def concrete(self, index: int) -> TorchCall:
        """How torch writes a node."""
        call = self.calls.get(index)
        if call is None:
            node = self.network.nodes[index]
            call = self.calls[index] = node.op.torch(tuple(self.network.type_of(r) for r in node.inputs))
        return call

    def is_stateful(self, index: int) -> bool:
        """Whether a node has weights."""
        node = self.network.nodes[index]
        return bool(node.path) and bool(node.op.weights(tuple(self.network.type_of(r) for r in node.inputs)))

    def agrees(self, leaf: Leaf, index: int) -> bool:
        """Whether what was written is the node's layer."""
        call = self.concrete(index)
        if call.module is None:
            return False
        if not leaf.target:  # a class that was passed: no arguments
            return not call.module.args and not call.module.kwargs
        usual = call.module.kwargs.usual if isinstance(call.module.kwargs, Changed) else {}
        return (
            leaf.target == call.module.target
            and _normal(leaf.args) == _normal(tuple(call.module.args))
            and _same_values({**leaf.usual, **leaf.kwargs}, {**usual, **call.module.kwargs})
        )


_TRUE = Const(value=True)


def _assign(pattern: Pattern, item: Any, row: dict[str, Any]) -> None:
    if pattern.name:
        row[pattern.name] = item
        return
    if not isinstance(item, tuple) or len(item) != len(pattern.items):
        raise Mismatch("a row of a loop does not fit")
    for inner, value in zip(pattern.items, item, strict=True):
        _assign(inner, value, row)


def _normal(value: Any) -> Any:
    """A value as it compares: lists as tuples, a pair of equal numbers as one, whole floats as they are."""
    if isinstance(value, list | tuple):
        rows = tuple(_normal(v) for v in value)
        return rows[0] if len(rows) == 2 and rows[0] == rows[1] and type(rows[0]) is int else rows
    return value


def _same_values(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether arguments are the same; those that only one side names have been told to be usual."""
    return one.keys() == other.keys() and all(_normal(v) == _normal(other[n]) for n, v in one.items())


def _same_form(one: str, other: str) -> bool:
    """Whether two templates are of one function, whatever usual arguments they name."""
    return one == other or (one.partition("(")[0] == other.partition("(")[0] and "(" in one)


def validate(
    made: Class, arguments: Arguments, network: Network, kinds: Mapping[str, type[Op]], functions: Functions
) -> Interpreter:
    """Hold a model's class, built with these arguments, against its network. Raises `Mismatch`."""
    calls: dict[int, TorchCall] = {}
    first: Interpreter | None = None
    modes = (False, True)
    for training in modes:
        wanted = network.training_outputs if training else network.outputs
        needed = _needed(network, wanted)
        one = Interpreter(network, kinds, functions, training, readers=_readers(network, needed), calls=calls)
        branch = one.build_class(made, arguments, "")
        if first is None:
            _compare_weights(branch, network, one)
        results = one.call(branch, network.inputs, made.span)
        if results != wanted:
            raise Mismatch("the results are other tensors", made.span)
        for index in needed:
            if index not in one.met:
                node = network.nodes[index]
                raise Mismatch(f"a {node.op.kind()} is missing", node.span)
        first = first or one
    assert first is not None
    return first


def _compare_weights(branch: Branch, network: Network, one: Interpreter) -> None:
    """Compare the modules with weights, by name."""
    made = {leaf.path: leaf for leaf in _leaves(branch)}
    wanted: dict[str, Node] = {n.path: n for i, n in enumerate(network.nodes) if n.inputs and one.is_stateful(i)}
    for path, node in wanted.items():
        if path not in made:
            raise Mismatch(f"there is no module `{path}`", node.span)
        if made[path].op is not type(node.op):
            raise Mismatch(f"`{path}` is a {made[path].op.kind()}", node.span)
    for path, leaf in made.items():
        if path not in wanted and leaf.op.weights is not Op.weights:
            raise Mismatch(f"a module `{path}` that the network does not have")


def _leaves(branch: Branch) -> Iterator[Leaf]:
    for child in branch.children.values():
        if isinstance(child, Leaf):
            yield child
        else:
            yield from _leaves(child)


def _readers(network: Network, needed: Sequence[int]) -> dict[tuple[Ref, ...], list[int]]:
    """The nodes that read the same tensors, those first that a mode needs: others may have no counterpart."""
    found: dict[tuple[Ref, ...], list[int]] = {}
    for index in dict.fromkeys((*needed, *range(len(network.nodes)))):
        if network.nodes[index].inputs:
            found.setdefault(network.nodes[index].inputs, []).append(index)
    return found


def _needed(network: Network, refs: Sequence[Ref]) -> list[int]:
    """The nodes that tensors need."""
    found: set[int] = set()
    waiting = [r.node for r in refs]
    while waiting:
        index = waiting.pop()
        if index not in found and network.nodes[index].inputs:
            found.add(index)
            waiting.extend(r.node for r in network.nodes[index].inputs)
    return sorted(found)
