"""Modules inside a class: calls of blocks, and labelled groups, repeats and merges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archc.ir import definition as d
from archc.ir.expr import (
    Const,
    Expr,
    Text,
    Type,
    Var,
    lift,
    mapped,
    type_of,
    variables,
    with_divisors,
)
from archc.support.record import replace
from archc.targets.pytorch.code import (
    Append,
    CallModule,
    Class,
    ClassParameter,
    Compute,
    New,
    PyFor,
    PyIf,
    Register,
    Sequential,
    Statement,
)
from archc.targets.pytorch.lower import Untranslatable, divides
from archc.targets.pytorch.names import is_positional, literal_labels, merges, snake
from archc.targets.pytorch.passes.numbers import only_numbers
from archc.targets.pytorch.translate.base import argument_of, axis_name, hint_of
from archc.targets.pytorch.translate.context import ModuleScope, TensorVariable, Values, is_opaque, key_of
from archc.targets.pytorch.translate.errors import Monomorphic, MustBeKnown, NotSequence
from archc.targets.pytorch.translate.free import free_names
from archc.targets.pytorch.translate.merges import MergeTranslation
from archc.targets.pytorch.walk import reads, unnamed

_TYPES: Mapping[str, str] = {"int": "int", "float": "float", "bool": "bool"}


class Outside(NamedTuple):
    """What a group reads from outside of it.

    Its class gets `tensors` as inputs, the sizes of `sized` and the values of `names` as parameters.
    """

    tensors: Values
    sized: Values
    names: Mapping[str, Expr]


class Groups(MergeTranslation):
    """Translates terms whose modules have a scope of their own."""

    def block(
        self,
        definition: d.BoundDefinition,
        given: Mapping[str, Expr],
        label: Expr | None,
        values: Values,
        scope: ModuleScope,
        tail: bool,
    ) -> Values:
        """Translate a call of a block."""
        if key_of(definition) in self.t.given_up:
            raise Monomorphic(key_of(self.definition), f"it calls `{definition.called}`, which has no class for all")
        arguments: dict[str, Expr] = {}
        for p in definition.parameters:
            if p.name in given:
                arguments[p.name] = given[p.name]
            elif p.default is not None:
                arguments[p.name] = mapped(p.default, lambda leaf: argument_of(leaf, arguments), self.t.functions)
            else:
                raise Untranslatable(f"`{p.name}` is not given")
        least = max(1, len(definition.over)) - definition.rest
        if len(values) < least or (len(values) > least and not definition.rest):
            raise Untranslatable("the number of tensors depends on an argument")
        dims = [v.dims for v in values]
        made = self.t.class_of(definition, arguments, dims, tail)
        if made.head is not None:
            self.made.head = made.head
        elif tail:  # it does not end in a head: the class is that of all other calls
            made = self.t.class_of(definition, arguments, dims, False)
        name = self.place(scope, label, definition.called, True)
        assert name is not None
        return self.called_class(made, arguments, name, values, scope)

    def called_class(
        self, made: Class, arguments: Mapping[str, Expr], name: Expr, values: Values, scope: ModuleScope
    ) -> Values:
        """Build a module of an emitted class, and call it."""
        passed: list[tuple[str, Expr]] = []
        known: dict[str, Expr] = {}
        is_open = id(made) in self.t.open and not (made.outputs and (made.init or made.forward))
        read = reads(made.init) | reads(made.forward)
        for a in made.arguments:
            e = arguments[a.spec] if a.spec else values[a.input].dims[a.axis]
            if a.type == "tuple[int, int]" and a.spec and type_of(e) != "tuple":
                e = lift((e, e))
            known[a.name] = e
            if a.name in read or (is_open and not is_opaque(e)):
                passed.append((a.name, e))
        build = New(made, tuple(passed))
        dims = tuple(
            tuple(
                with_divisors(mapped(e, lambda leaf: argument_of(leaf, known), self.t.functions), divides(self.facts))
                for e in row
            )
            for row in made.outputs
        )
        if scope.sequence:
            if len(values) != 1 or len(dims) != 1:
                raise NotSequence
            scope.body.append(Append(name, build))
            return (TensorVariable(self.t.variable("y"), dims[0]),)
        outputs = tuple(self.t.variable("y") for _ in dims)
        self.init.append(Register(name, build))
        inputs = tuple(v.var for v in values)
        self.forward.append(Compute(outputs, CallModule(name, inputs, build), dims[0]))
        return tuple(TensorVariable(v, row) for v, row in zip(outputs, dims, strict=True))

    def labelled(
        self,
        term: d.BoundGroup | d.BoundRepeat | d.BoundMerge,
        chain: d.Chain,
        base: str,
        values: Values,
        scope: ModuleScope,
        tail: bool,
    ) -> Values:
        """Translate a labelled group, repeat or merge to one module."""
        incoming = self._incoming_of(term, values)
        if len(values) == 1 and id(term) not in self.t.more_than_sequences:
            tensors, facts, init, forward = dict(self.tensors), dict(self.facts), self.init, self.forward
            inner = ModuleScope(is_positional(chain, incoming), frozenset(literal_labels(chain)), sequence=True)
            head = self.made.head
            self.init, self.forward = [], []
            try:
                out = self.chain(chain, values, inner, tail)
            except NotSequence:
                self.t.more_than_sequences.add(id(term))  # cached: groups may be nested deeply
                self.tensors, self.facts, self.made.head = tensors, facts, head
            else:
                self.init, self.forward = init, forward
                return self.sequence(inner, chain, values, out, term, base, scope)
            self.init, self.forward = init, forward
        return self.closure(term, chain, base, values, scope, incoming, tail)

    def _incoming_of(self, term: d.Term, values: Values) -> int | None:
        """The number of a tensor among the inputs of the class, if it is one."""
        for number, tensor in self.tensors.items():
            if len(values) == 1 and tensor.var == values[0].var:
                return number
        return None

    def sequence(
        self,
        inner: ModuleScope,
        chain: d.Chain,
        values: Values,
        out: Values,
        term: d.BoundGroup | d.BoundRepeat | d.BoundMerge,
        base: str,
        scope: ModuleScope,
    ) -> Values:
        """Translate a group to one `nn.Sequential`; a flattening at its start comes before it."""
        body = inner.body
        if body and isinstance(body[0], Append) and body[0].implicit:
            values = self.layer(self.t.kinds["Flatten"], {}, None, values, scope, False, implicit=True)
            body = body[1:]
        named = not counts_from_zero(body, inner.positional)
        name = self.place(scope, term.label, base, True)
        assert name is not None
        build = Sequential(tuple(body if named else unnamed(body)), named, merges(chain))
        if scope.sequence:
            scope.body.append(Append(name, build))
            return (TensorVariable(self.t.variable("y"), out[0].dims),)
        var = self.t.variable("y")
        self.init.append(Register(name, build))
        self.forward += self.kept_up(build.body)
        self.forward.append(Compute((var,), CallModule(name, (values[0].var,), build), out[0].dims))
        return (TensorVariable(var, out[0].dims),)

    def kept_up(self, statements: Sequence[Statement]) -> tuple[Statement, ...]:
        """The numbers that the statements of a sequence assign, since `forward` may read them after it."""
        found: list[Statement] = []
        for s in only_numbers(statements):
            if isinstance(s, PyFor):  # a loop for the numbers alone, separate from that of the modules
                self.t.fresh += 1
                s = replace(s, body=self.kept_up(s.body), key=self.t.fresh)
            elif isinstance(s, PyIf):
                s = PyIf(s.condition, self.kept_up(s.then), self.kept_up(s.otherwise))
            found.append(s)
        return tuple(found)

    def closure(
        self,
        term: d.BoundGroup | d.BoundRepeat | d.BoundMerge,
        chain: d.Chain,
        base: str,
        values: Values,
        scope: ModuleScope,
        incoming: int | None,
        tail: bool,
    ) -> Values:
        """Translate a group to a class of its own, which takes as parameters what the group reads from outside."""
        outside = self.outside(chain, values)
        if scope.sequence and (len(values) != 1 or outside.tensors):
            raise NotSequence
        title = _title(term.label, base)
        made = Class(title, "group", self.made.definition, "", self.definition.span)
        made.doc = f"The module `{_spoken(term.label)}` of `{self.definition.called}`."
        body = type(self)(self.t, made, self.definition)
        arguments = body.receive(self, values, outside)
        own_inputs = tuple(TensorVariable(var, dims) for var, dims in zip(made.inputs, made.dims, strict=True))
        inner = ModuleScope(is_positional(chain, incoming), frozenset(literal_labels(chain)))
        results = body.chain(chain, own_inputs[: len(values)], inner, tail)
        body.give(results)
        body.finish(results)
        self.t.classes["group", self.t.variable("group")] = made
        name = self.place(scope, term.label, base, True)
        assert name is not None
        if made.head is not None:
            self.made.head = made.head
        return self.called_class(made, arguments, name, (*values, *outside.tensors), scope)

    def outside(self, chain: d.Chain, values: Values) -> Outside:
        """What a group that gets `values` reads from outside."""
        free = free_names(chain)
        numbers = [*free.tensors, *(n for n in free.sizes if n in self.lists)]
        read = [v for n in numbers for v in ((self.tensors[n],) if n in self.tensors else self.lists.get(n, ()))]
        given = {v.var for v in values}
        tensors = {v.var: v for v in read if v.var not in given}
        given.update(tensors)
        sized = {v.var: v for n in free.sizes if (v := self.tensors.get(n)) and v.var not in given}
        names = {n: self.names[n] for n in free.names if n in self.names and not isinstance(self.names[n], Const)}
        return Outside(tuple(tensors.values()), tuple(sized.values()), names)

    def receive(self, outer: Groups, values: Values, outside: Outside) -> dict[str, Expr]:
        """Begin the class of a group in the class `outer`: its inputs and parameters. Returns its arguments there."""
        inputs, alone = (*values, *outside.tensors), len(values) == 1
        prefixes = ["in_" if i == 0 and alone else f"{hint_of(v.var)}{i}_" for i, v in enumerate(inputs)]
        hints = ["x" if i == 0 and alone else hint_of(v.var) for i, v in enumerate(inputs)]
        self.begin(hints, prefixes, [v.dims for v in inputs], [-1 - i for i in range(len(inputs))])
        given = {v.var: self.tensors.pop(-1 - i) for i, v in enumerate(inputs)}
        arguments: dict[str, Expr] = {}
        for i, v in enumerate(outside.sized, len(inputs)):
            given[v.var] = self.sized(v, i, arguments)
        self.tensors = {n: given[v.var] for n, v in outer.tensors.items() if v.var in given}
        self.lists = {
            n: tuple(given[v.var] for v in listed)
            for n, listed in outer.lists.items()
            if all(v.var in given for v in listed)
        }
        self.names = {n: e for n, e in outer.names.items() if isinstance(e, Const)}
        for n, e in outside.names.items():
            kind = type_of(e)
            written = _TYPES.get(kind) or outer._annotation(e, kind)
            if written is None:
                raise MustBeKnown(variables(e))
            own = snake(n)
            argument = own if all(a.name != own for a in self.made.arguments) else f"{own}_"
            self.made.arguments.append(ClassParameter(argument, written, argument, None))
            self.names[n] = Var(name=argument, type=kind)
            arguments[argument] = e
        return arguments

    def sized(self, tensor: TensorVariable, number: int, arguments: dict[str, Expr]) -> TensorVariable:
        """A tensor of which the class receives only the sizes, which are added to `arguments`."""
        sizes: list[Expr] = []
        for axis, e in enumerate(tensor.dims):
            argument = f"{hint_of(tensor.var)}{number}_{axis_name(axis, len(tensor.dims))}"
            self.made.arguments.append(ClassParameter(argument, "int", argument))
            arguments[argument] = e
            sizes.append(Var(name=argument, type="int"))
        return TensorVariable(self.t.variable(hint_of(tensor.var)), tuple(sizes))

    def _annotation(self, e: Expr, kind: Type) -> str | None:
        """The annotation of a variable of this class in Python."""
        if isinstance(e, Var) and kind in ("kind", "tuple"):
            return self.made.types.get(e.name)
        return None


def counts_from_zero(body: Sequence[Statement], positional: bool) -> bool:
    """Whether the children of a scope, named by position or not, have the names that `nn.Sequential` gives them."""
    if any(isinstance(s, Append) and s.implicit for s in body):
        return False
    position = 0
    for s in body:
        match s:
            case Append(name=Const(value=name)) if name != str(position):
                return False
            case Append(name=Const() | None):
                position += 1
            case Append() | PyIf() | PyFor():
                return positional  # positions are the names, except where edits have left gaps
            case _:
                pass
    return True


def _title(label: Expr | None, base: str) -> str:
    """The name for the class of a group."""
    if isinstance(label, Const):
        return str(label.value)
    if isinstance(label, Text):
        return "".join(str(p.value) for p in label.parts if isinstance(p, Const)) or base
    return base


def _spoken(label: Expr | None) -> str:
    if isinstance(label, Const):
        return str(label.value)
    if isinstance(label, Text):
        return "".join(str(p.value) if isinstance(p, Const) else "…" for p in label.parts)
    return "group"
