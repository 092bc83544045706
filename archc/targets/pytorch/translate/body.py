"""The body of a definition: its statements, and the resulting class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archc.ir import definition as d
from archc.ir.expr import (
    TRUE,
    Const,
    Expr,
    Items,
    Type,
    Var,
    type_of,
)
from archc.support.record import replace
from archc.targets.pytorch.code import (
    Assign,
    CallModule,
    ClassParameter,
    Compute,
    Copy,
    PyReturn,
    Register,
)
from archc.targets.pytorch.lower import Dims, Untranslatable
from archc.targets.pytorch.names import chains_of, fresh, is_numbered, is_positional, literal_labels, snake
from archc.targets.pytorch.passes.containers import containers_of
from archc.targets.pytorch.passes.drop import drop
from archc.targets.pytorch.passes.numbers import only_numbers
from archc.targets.pytorch.translate.base import axis_name, hint_of
from archc.targets.pytorch.translate.choices import Choices
from archc.targets.pytorch.translate.context import ModuleScope, TensorVariable, Values, key_of
from archc.targets.pytorch.translate.ends import closing, gives_training, last_of
from archc.targets.pytorch.translate.errors import NotOptional, NotSequence
from archc.targets.pytorch.translate.groups import counts_from_zero
from archc.targets.pytorch.walk import unnamed, walk


class ClassBody(Choices):
    """A class while it is translated."""

    def fill(
        self,
        static: Mapping[str, Expr],
        types: Mapping[str, tuple[Type, str]],
        inputs: Sequence[Dims],
        tail: bool,
    ) -> None:
        """Translate a block or model."""
        definition = self.definition
        if definition.body is None:
            raise Untranslatable("a name of it has no meaning")
        over = list(definition.over or ("",))
        numbers = list(range(len(over)))
        listed = [-1 - i for i in range(len(inputs) - len(over) + 1)] if definition.rest else []
        if definition.rest:
            over[-1:] = [f"{over[-1]}{i}" for i in range(len(listed))]
            numbers[-1:] = listed
        self.begin([n or "x" for n in over], [f"{n}_" if n else "in_" for n in over], inputs, numbers)
        if definition.rest:
            self.lists[len(definition.over) - 1] = tuple(self.tensors.pop(number) for number in listed)
        self.receive_parameters(static, types)
        body = definition.body
        start = None if definition.over else 0  # a chain that starts from a named tensor has labels
        lets, chain = _lets_and_chain(body)
        positional = chain is not None and not lets and is_positional(chain, start)
        labels = frozenset(label for c in chains_of(body) for label in literal_labels(c))
        if chain is not None and len(inputs) == 1 and (_only_loops(chain) or (not lets and is_numbered(chain, start))):
            try:
                self.as_sequence(lets, chain, ModuleScope(positional, labels, sequence=True), tail)
                return
            except NotSequence:
                pass
        scope = ModuleScope(positional, labels)
        values = tuple(v for i in range(len(definition.over) or 1) for v in self.chosen(d.BoundTensor(tensor=i)))
        self.finish(self.statements(body, values, scope, tail))

    def receive_parameters(self, static: Mapping[str, Expr], types: Mapping[str, tuple[Type, str]]) -> None:
        """Bind each parameter of the spec to its value if it is in `static`, otherwise to a parameter of the class."""
        for parameter in self.definition.parameters:
            name = parameter.name
            if name in static:
                self.names[name] = static[name]
                continue
            kind, written = types[name]
            own = snake(name)
            while any(a.name == own for a in self.made.arguments):
                own = f"{own}_"
            self.names[name] = Var(name=own, type=kind)
            self.made.arguments.append(ClassParameter(own, written, name, parameter.default))
        self.made.types = {a.name: a.type for a in self.made.arguments}

    def begin(
        self, names: Sequence[str], prefixes: Sequence[str], inputs: Sequence[Dims], numbers: Sequence[int]
    ) -> None:
        """Name the inputs; their sizes become parameters, unless they are known and must be."""
        exact = key_of(self.definition) in self.t.exact
        variables: list[str] = []
        ranks: list[int] = []
        self.made.arguments.clear()
        self.made.dims = ()
        for position, (name, prefix, dims, number) in enumerate(zip(names, prefixes, inputs, numbers, strict=True)):
            var = self.t.variable(name)
            sizes: list[Expr] = []
            for axis, known in enumerate(dims):
                if exact and isinstance(known, Const):
                    sizes.append(known)
                    continue
                argument = f"{prefix}{axis_name(axis, len(dims))}"
                self.made.arguments.append(ClassParameter(argument, "int", "", None, position, axis))
                sizes.append(Var(name=argument, type="int"))
            variables.append(var)
            ranks.append(len(dims))
            self.made.dims = (*self.made.dims, tuple(sizes))
            self.tensors[number] = TensorVariable(var, tuple(sizes))
        self.made.inputs, self.made.ranks = tuple(variables), tuple(ranks)

    def as_sequence(self, lets: Sequence[d.BoundLet], chain: d.Chain, scope: ModuleScope, tail: bool) -> None:
        """Translate a block or model to an `nn.Sequential`."""
        facts = dict(self.facts)
        try:
            for s in lets:
                self.let(s)
            values = self.chain(chain, (self.tensors[0],), scope, tail)
        except NotSequence:
            self.facts = facts
            self.init.clear()
            self.forward.clear()
            raise
        self.made.base = "nn.Sequential"
        self.made.named = not counts_from_zero(scope.body, scope.positional)
        self.made.init = (*self.init, *(scope.body if self.made.named else unnamed(scope.body)))
        self.made.forward = ()
        drop(self.made)
        self.made.outputs = self.told(values)
        self.require_formulas()

    def finish(self, results: Values | None) -> None:
        """Build the class."""
        if results is None:
            raise Untranslatable("it has no result on some way")
        self.made.base = "nn.Module"
        self.made.init, self.made.forward = tuple(self.init), tuple(self.forward)
        self.made.numbers = only_numbers(self.init)
        drop(self.made)
        self.made.outputs = self.told(results)
        self.require_optional()
        self.require_formulas()

    def require_optional(self) -> None:
        """Raise `NotOptional` if a missing module has the name of another, or opens a container before its place."""
        made = [s for s in walk(self.made.init) if isinstance(s, Register)]
        optional = {s.name: i for i, s in enumerate(made) if s.condition != TRUE}
        named, held = [s.name for s in made], [containers_of(s.name) for s in made]
        if wrong := {n for n, i in optional.items() if named.count(n) > 1 or _is_left(held[i], held[i + 1 :])}:
            raise NotOptional(wrong)

    def statements(self, body: Sequence[d.Statement], values: Values, scope: ModuleScope, tail: bool) -> Values | None:
        """Translate statements in order. The result of the body, or None if there is none yet."""
        result: Values | None = None
        if tail:
            self.closing |= closing(body)
        for position, s in enumerate(body):
            if result is not None and not gives_training(s):
                continue
            match s:
                case d.BoundLet():
                    self.let(s)
                case d.BoundShared():
                    scope.counts = dict(self.counter(scope.taken).term(s.term, scope.counts))
                case d.BoundAssignment():
                    ends = tail and len(s.tensors) == 1 and s.tensors[0] in self.closing and not s.rest
                    made = self.chain(s.chain, values, scope, ends)
                    single = s.tensors[:-1] if s.rest else s.tensors
                    if len(made) < len(single) or (len(made) > len(single) and not s.rest):
                        raise Untranslatable("the number of tensors depends on an argument")
                    for number, value in zip(single, made, strict=False):
                        self.tensors[number] = self.named(value, self.definition.tensors[number])
                    if s.rest:
                        name = self.definition.tensors[s.tensors[-1]]
                        left = enumerate(made[len(single) :])
                        self.lists[s.tensors[-1]] = tuple(self.named(v, f"{name}{i}") for i, v in left)
                case d.BoundReturn(training=True):
                    self.training = tuple(v for c in s.chains for v in self.chain(c, values, scope, False))
                    self.made.training = tuple(v.var.partition("~")[0] for v in self.training)
                case d.BoundReturn():
                    result = tuple(
                        v for i, c in enumerate(s.chains) for v in self.chain(c, values, scope, tail and i == 0)
                    )
                    self.returned = self.result_names(s, result)
                case d.BoundIf():
                    found, ended = self.branch(s, body[position + 1 :], values, scope, tail)
                    if ended:
                        return found
                    result = found if found is not None else result
        if result is not None:
            self.give(result)
        return result

    def result_names(self, s: d.BoundReturn, result: Values) -> tuple[str, ...]:
        """The names of a model's results, if it has several: those of the spec, or numbers."""
        if self.made.kind != "model" or len(result) < 2:
            return ()
        alone = [c[0].tensor if len(c) == 1 and isinstance(c[0], d.BoundTensor) else None for c in s.chains]
        if len(alone) != len(result) and len(alone) == 1 and alone[0] in self.lists:
            name = self.definition.tensors[alone[0]]
            said = [f"{name}{i}" for i in range(len(result))]
        else:
            said = (
                [self.definition.tensors[n] if n is not None else "" for n in alone]
                if len(alone) == len(result)
                else []
            )
        names: list[str] = []
        for i, name in enumerate(said or [""] * len(result)):
            found = fresh(name, set()) if name and not name.startswith("_") else ""
            names.append(found if found and found not in names else f"output{i}")
        return tuple(names)

    def give(self, result: Values) -> None:
        """Translate a `return`."""
        training, fields = self.training, _fields(self.training) or self.returned
        self.forward.append(PyReturn(tuple(v.var for v in result), tuple(v.var for v in training), fields))

    def let(self, s: d.BoundLet) -> None:
        """Translate `let`: a local variable, unless its value is a name or number."""
        value = self.expr(s.value)
        if isinstance(value, Const | Var | Items):
            self.names[s.name] = value
            return
        kind = type_of(value)
        if kind in ("kind", "any", "str", "tuple"):
            self.names[s.name] = value
            return
        var = self.t.variable(s.name)
        self.init.append(Assign(var, value))
        self.forward.append(Assign(var, value))
        self.names[s.name] = Var(name=var, type=kind)
        self.meanings[var] = value

    def named(self, value: TensorVariable, name: str) -> TensorVariable:
        """Bind a tensor to the name that the spec gives it."""
        var = self.t.variable(name)
        last = self.forward[-1] if self.forward else None
        is_new = all(known.var != value.var for known in self.tensors.values())
        if isinstance(last, Compute) and value.var in last.targets and is_new:
            targets = tuple(var if v == value.var else v for v in last.targets)
            self.forward[-1] = replace(last, targets=targets)
        else:
            self.forward.append(Compute((var,), Copy((value.var,)), value.dims))
        return TensorVariable(var, value.dims)

    def chain(self, chain: d.Chain, values: Values, scope: ModuleScope, tail: bool) -> Values:
        """Translate the terms of a chain in order."""
        last = last_of(chain) if tail else -1
        for i, term in enumerate(chain):
            values = self.term(term, values, scope, i == last)
        return values

    def term(self, term: d.Term, values: Values, scope: ModuleScope, tail: bool) -> Values:
        """Translate one term."""
        match term:
            case d.BoundLayer():
                arguments = {g.name: self.expr(g.value) for g in term.arguments}
                kind = self.t.kinds[term.kind]
                return self.layer(kind, arguments, term.label, values, scope, tail, implicit=term.implicit)
            case d.BlockCall():
                given = {g.name: self.expr(g.value) for g in term.arguments}
                return self.block(self.t.definitions[term.block], given, term.label, values, scope, tail)
            case d.BoundParameterCall():
                return self.passed(term, values, scope, tail)
            case d.BoundTensor():
                found = self.chosen(term)
                if scope.sequence and [v.var for v in found] != [v.var for v in values]:
                    raise NotSequence
                return found
            case d.BoundGroup(label=None):
                if term.incoming is not None:
                    self.incoming(term.incoming, values)
                return self.chain(term.chain, values, scope, tail)
            case d.BoundGroup():
                if term.incoming is not None:
                    self.incoming(term.incoming, values)
                return self.labelled(term, term.chain, term.called, values, scope, tail)
            case d.BoundRepeat(label=None):
                return self.repeat(term, values, scope)
            case d.BoundRepeat():
                inner = self.t.without_label(term)
                return self.labelled(term, (inner,), "repeat", values, scope, tail)
            case d.BoundFor():
                over = self.expr(term.over)
                return self.loop(term, term.target, over, None, values, scope)
            case d.BoundMerge(label=None):
                return self.merge(term, values, scope)
            case d.BoundMerge():
                inner = self.t.without_label(term)
                return self.labelled(term, (inner,), term.kind.lower(), values, scope, tail)
            case d.BoundAbsent():
                raise Untranslatable("a branch that is not there")
            case d.BoundGuard():
                return self.guard(term, values, scope, tail)
            case d.BoundVisit():
                return self.visit(term, values, scope)

    def visit(self, term: d.BoundVisit, values: Values, scope: ModuleScope) -> Values:
        """Translate a use of a shared module: the first one on every path through the class registers it."""
        if scope.sequence:
            raise NotSequence
        built = self.visited.get(term.module)
        if built is None and (self.choices or self.loops):
            raise Untranslatable("a shared module that is first used in a loop or under a condition")
        counts, position = dict(scope.counts), scope.position
        outer, self.init, mark = self.init, [], len(self.forward)
        out = self.term(term.term, values, scope, False)
        made, self.init = self.init, outer
        scope.counts, scope.position = counts, position
        if built is None:
            self.init += made
            self.visited[term.module] = {s.name: s.build for s in made if isinstance(s, Register)}
            return out
        self.init += only_numbers(made)  # sizes that its loops carry
        for i, s in enumerate(self.forward[mark:], mark):
            if isinstance(s, Compute) and isinstance(s.value, CallModule) and s.value.name in built:
                self.forward[i] = replace(s, value=replace(s.value, build=built[s.value.name]))
        return out


def _lets_and_chain(body: Sequence[d.Statement]) -> tuple[list[d.BoundLet], d.Chain | None]:
    """The `let`s of a body, and its chain if that is all that follows them."""
    lets = [s for s in body[:-1] if isinstance(s, d.BoundLet)]
    last = body[len(lets)] if len(body) == len(lets) + 1 else None
    if isinstance(last, d.BoundReturn) and len(last.chains) == 1 and not last.training:
        return lets, last.chains[0]
    return lets, None


def _only_loops(chain: d.Chain) -> bool:
    """Whether a chain consists of loops without labels."""
    return bool(chain) and all(
        isinstance(t, d.BoundFor) or (isinstance(t, d.BoundRepeat) and t.label is None) for t in chain
    )


def _is_left(containers: Sequence[str], later: Sequence[Sequence[str]]) -> bool:
    """Whether modules outside a container come before a further child of it."""
    for path in containers:
        inside = [path in held for held in later]
        if True in inside and not all(inside[: len(inside) - inside[::-1].index(True)]):
            return True
    return False


def _fields(training: Values) -> tuple[str, ...]:
    """The names of the tensors that are returned in training."""
    found: list[str] = []
    for i, value in enumerate(training):
        hint = hint_of(value.var)
        found.append(hint if hint not in ("x", "y") and hint not in found else f"output{i}")
    return tuple(found)
