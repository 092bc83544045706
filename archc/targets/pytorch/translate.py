"""From definitions to classes: each is right for every argument that its definition takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archc.network import definition as d
from archc.network.data import Callee, Data
from archc.network.expr import (
    FALSE,
    TRUE,
    Binary,
    Conditional,
    Const,
    Expr,
    Items,
    Size,
    Type,
    Var,
    apply,
    binary,
    conditional,
    const,
    index,
    items_of,
    leaves,
    lift,
    mapped,
    text,
    unary,
    variables,
    weight,
    with_divisors,
)
from archc.network.network import Network
from archc.network.op import Op
from archc.network.sym import NeedsValue
from archc.record import Record, Struct, field, replace
from archc.targets.pytorch import lower
from archc.targets.pytorch.code import (
    Append,
    Argument,
    Assign,
    CallModule,
    Choose,
    Class,
    Compute,
    Copy,
    For,
    If,
    New,
    Operation,
    Passed,
    Register,
    Return,
    Sequential,
    Statement,
    reads,
    tensors_read,
    unnamed,
    walk,
    with_exprs,
    writes,
)
from archc.targets.pytorch.freezing import has_mode_of_its_own
from archc.targets.pytorch.instances import instance_definition
from archc.targets.pytorch.lower import Dims, Untranslatable, divides, type_of
from archc.targets.pytorch.names import Counter, Counts, chains_of, is_positional, larger, literal_labels
from archc.targets.pytorch.passes.drop import drop
from archc.targets.pytorch.passes.numbers import only_numbers

_AXES = ("channels", "height", "width")
_TYPES: Mapping[str, str] = {"int": "int", "float": "float", "bool": "bool"}


_LONG = 12
"""Names and numbers in a height or width from which on it gets a variable."""


class NotSequence(Exception):
    """A scope is more than one module after the other."""


class MustBeKnown(Exception):
    """A class can only be written for one value of some of its parameters."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names = names


class SharedName(Exception):
    """Two modules of a class have one name, since they are never there together."""

    def __init__(self, names: set[Expr]) -> None:
        super().__init__("two modules have one name")
        self.names = names


class Monomorphic(Exception):
    """A definition has no class that is right for all arguments: one is needed for each instance."""

    def __init__(self, definition: str, reason: str) -> None:
        super().__init__(reason)
        self.definition = definition
        self.reason = reason


class Tensor(Record):
    """A tensor of a body: its variable and its sizes."""

    var: str
    dims: Dims


Values = tuple[Tensor, ...]


class Scope(Struct):
    """A scope of modules while it is translated.

    `sequence`: children are appended to `body`, else registered. `counts` and `position` number what has been placed.
    """

    positional: bool
    taken: frozenset[str]
    sequence: bool = False
    body: list[Statement] = field(default_factory=list)
    counts: dict[str, Expr] = field(default_factory=dict)
    loose: dict[str, Expr] = field(default_factory=dict)
    position: Expr = const(0)
    implicit: bool = False


class Observed(Record):
    """What is passed for a parameter in the networks of a file."""

    values: tuple[Data, ...]

    @property
    def uniform(self) -> bool:
        """Whether it is always the same."""
        return all(v == self.values[0] and type(v) is type(self.values[0]) for v in self.values)


class Translator(Struct):
    """Translates the definitions of a file. `kinds`: all ops by name."""

    networks: Sequence[Network]
    kinds: Mapping[str, type[Op]]
    definitions: dict[str, d.Definition] = field(default_factory=dict)
    functions: dict[str, Any] = field(default_factory=dict)
    observed: dict[str, dict[str, list[Data]]] = field(default_factory=dict)
    classes: dict[object, Class] = field(default_factory=dict)
    formulas: dict[object, tuple[Dims, ...]] = field(default_factory=dict)
    open: set[object] = field(default_factory=set)
    must_know: dict[str, set[str]] = field(default_factory=dict)
    inner: dict[int, tuple[d.Repeat | d.Merge, d.Repeat | d.Merge]] = field(default_factory=dict)
    more_than_sequences: set[int] = field(default_factory=set)
    """The groups that need a `forward`, by identity."""
    shared: dict[str, set[Expr]] = field(default_factory=dict)
    """By definition, the names that several of its modules have, each under its own condition."""
    owners: dict[str, str] = field(default_factory=dict)
    given_up: dict[str, str] = field(default_factory=dict)
    """The definitions that have no class for all arguments, each with the reason."""
    asleep: set[str] = field(default_factory=set)
    """The models whose functions must not read their mode."""
    fresh: int = 0

    def __post_init__(self) -> None: ...

    def prepare(self) -> None:
        """Gather what the networks bring."""
        for network in self.networks:
            for definition in network.definitions:
                self.definitions.setdefault(_key(definition), definition)
            self.functions.update({f.name: f for f in network.functions})
            for scope in network.scopes:
                if scope.definition is not None:
                    name = f"model {scope.definition}" if scope.kind == "model" else scope.definition
                    rows = self.observed.setdefault(name, {})
                    for argument in scope.arguments:
                        rows.setdefault(argument.name, []).append(argument.value)

    def variable(self, hint: str) -> str:
        """A variable that nothing else has."""
        self.fresh += 1
        return f"{hint}~{self.fresh}"

    # -- parameters

    def parameter_type(self, definition: d.Definition, name: str, e: Expr) -> tuple[Type, str] | None:
        """The type of a parameter and how Python writes it; None for one that must be known."""
        if name in self.must_know.get(_key(definition), ()):
            return None
        values = self.observed.get(_key(definition), {}).get(name, [])
        kinds = {_value_type(v) for v in values} | {_expr_type(e)}
        if "kind" in kinds or (kinds == {"none"} and _expr_type(e) == "kind"):
            return self._kind_type(values, e)
        if kinds & {"none", "str", "any", "mixed"}:
            return None
        if kinds <= {"int"}:
            return "int", "int"
        if kinds <= {"bool"}:
            return "bool", "bool"
        if kinds <= {"int", "float"}:
            return "float", "float"
        if kinds <= {"int", "pair"} and all(type(v) is int or (isinstance(v, tuple) and len(v) == 2) for v in values):
            return ("tuple", "tuple[int, int]") if "int" in kinds or values else None
        if kinds <= {"pair", "list"}:
            written = _list_type([v for v in values if isinstance(v, tuple)] or _tuple_of(e))
            return ("tuple", written) if written else None
        return None

    def _kind_type(self, values: Sequence[Data], e: Expr) -> tuple[Type, str] | None:
        """A layer that is passed as a value, where all that are passed are plain and they differ."""
        named = [v for v in values if v is not None]
        if not all(isinstance(v, Callee) and self.is_plain(v.name) for v in named) or not named:
            return None
        if len({v.name for v in named if isinstance(v, Callee)}) == 1 and len(named) == len(values):
            return None
        if isinstance(e, Const) and isinstance(e.value, Callee) and not self.is_plain(e.value.name):
            return None
        none = " | None" if len(named) < len(values) else ""
        return "kind", f"type[nn.Module]{none}"

    def is_plain(self, name: str) -> bool:
        """Whether a layer has neither weights nor arguments, and leaves shapes as they are."""
        kind = self.kinds.get(name)
        if kind is None or kind.inputs != (1, 1):
            return False
        try:
            for dims in ((const(6), const(4), const(4)), (const(6),)):
                low = lower.lower(kind, {}, [dims], {}, {})
                made = low.call.module
                if low.stateful or low.outputs != (dims,) or made is None or made.args or made.kwargs:
                    return False
                if low.call.module_definition or low.call.definition:
                    return False
        except (Untranslatable, NeedsValue):
            return False
        return True

    # -- classes

    def class_of(
        self, definition: d.Definition, arguments: Mapping[str, Expr], inputs: Sequence[Dims], tail: bool
    ) -> Class:
        """The class of a call, translated if need be. Raises `MustBeKnown` for names of the caller."""
        while True:
            static: dict[str, Expr] = {}
            types: dict[str, tuple[Type, str]] = {}
            for name, e in arguments.items():
                found = self.parameter_type(definition, name, e)
                if found is None and not isinstance(e, Const):
                    raise MustBeKnown(variables(e))
                if found is None:
                    static[name] = e
                else:
                    types[name] = found
            key = (
                _key(definition), tuple((n, _typed(e)) for n, e in static.items()), tuple(types.items()),
                tuple(len(i) for i in inputs), tail,
            )  # fmt: skip
            if key in self.classes:
                made = self.classes[key]
                if key in self.open:
                    made.outputs = self.formulas.get(key) or self._opaque(definition, arguments, inputs)
                return made
            try:
                return self._translated(key, definition, static, types, inputs, tail)
            except MustBeKnown as error:
                own = {n for n in types if snake(n) in error.names or f"{snake(n)}_" in error.names}
                if not own:
                    raise Monomorphic(_key(definition), f"{error} must be known") from None
                self.must_know.setdefault(_key(definition), set()).update(own)

    def _opaque(self, definition: d.Definition, arguments: Mapping[str, Expr], inputs: Sequence[Dims]) -> Any:
        """Sizes of a block that stands in itself, while they are not known."""
        rank = len(inputs[0]) if inputs else 3
        return (tuple(self.opaque(_key(definition)) for _ in range(rank)),)

    def opaque(self, owner: str) -> Var:
        """A size that has no formula, of a definition."""
        found = Var(name=self.variable("?"), type="int")
        self.owners[found.name] = owner
        return found

    def _translated(
        self,
        key: object,
        definition: d.Definition,
        static: Mapping[str, Expr],
        types: Mapping[str, tuple[Type, str]],
        inputs: Sequence[Dims],
        tail: bool,
    ) -> Class:
        made = Class(definition.called, definition.kind, _key(definition), definition.doc, definition.span)
        self.classes[key] = made
        self.open.add(key)
        try:
            for _ in range(4):
                try:
                    Body(self, made, definition).fill(static, types, inputs, tail)
                except SharedName as shared:
                    self.shared.setdefault(_key(definition), set()).update(shared.names)
                    continue
                if self.formulas.get(key) == made.outputs or not self._stands_in_itself(made):
                    break
                if any(_is_opaque(dims[0]) for dims in made.outputs):
                    raise Monomorphic(_key(definition), "its width depends on itself")
                self.formulas[key] = made.outputs
        except Untranslatable as error:
            raise Monomorphic(_key(definition), str(error)) from None
        except NeedsValue as error:
            del self.classes[key]
            raise MustBeKnown(variables(error.expr)) from None
        except MustBeKnown:
            del self.classes[key]
            raise
        finally:
            self.open.discard(key)
        return made

    def _stands_in_itself(self, made: Class) -> bool:
        from archc.targets.pytorch.code import builds, walk

        found = [
            b
            for s in (*walk(made.init), *walk(made.forward))
            if isinstance(s, Register | Append)
            for b in builds(s.build)
        ]
        return any(isinstance(b, New) and b.made is made for b in found)

    def without_label(self, term: d.Repeat | d.Merge) -> d.Repeat | d.Merge:
        """A term as it stands in the module that its label names."""
        known = self.inner.get(id(term))
        if known is None:
            known = self.inner[id(term)] = term, term.model_copy({"label": None})
        return known[1]

    def give_up(self, reason: Monomorphic) -> None:
        """From now on write a class for each instance of a definition, and of what calls it."""
        if reason.definition in self.given_up:
            raise reason
        self.given_up[reason.definition] = reason.reason
        self.classes.clear()

    def model(self, network: Network) -> tuple[Class, dict[str, Expr]]:
        """The class of a model, and the arguments that make this network."""
        if (alone := instance_definition(network, self.definitions, self.given_up)) is not None:
            if has_mode_of_its_own(network):
                self.asleep.add(_key(alone))
            inputs = [tuple(map(const, network.type_of(r).dims)) for r in network.inputs]
            return self.class_of(alone, {}, inputs, True), {}
        scope = network.scopes[0]
        definition = self.definitions[f"model {scope.definition}"]
        arguments: dict[str, Expr] = {a.name: const(a.value) for a in scope.arguments}
        inputs = [tuple(map(const, network.type_of(r).dims)) for r in network.inputs]
        made = self.class_of(definition, arguments, inputs, True)
        return made, arguments


def _key(definition: d.Definition) -> str:
    return f"model {definition.name}" if definition.kind == "model" else definition.name


def _is_opaque(e: Expr) -> bool:
    return any(isinstance(x, Var) and x.name.startswith("?") for x in leaves(e))


def _typed(e: Expr) -> object:
    value = e.value if isinstance(e, Const) else e
    return type(value).__name__, value


def _value_type(value: Data) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "str"
        case Callee():
            return "kind"
        case tuple():
            return "pair" if len(value) == 2 and all(type(v) is int for v in value) else "list"


def _expr_type(e: Expr) -> str:
    if isinstance(e, Const):
        return _value_type(e.value)
    found = type_of(e)
    if found == "tuple":
        listed = items_of(e)
        pair = listed is not None and len(listed) == 2 and all(type_of(i) == "int" for i in listed)
        return "pair" if pair or isinstance(e, Var) else "list"
    return found


def _tuple_of(e: Expr) -> list[Data]:
    return [e.value] if isinstance(e, Const) and isinstance(e.value, tuple) else []


def _list_type(values: Sequence[Data]) -> str | None:
    """`tuple[int, ...]`, or a tuple of a length that all have."""
    rows = [v for v in values if isinstance(v, tuple)]
    if not rows:
        return None
    inner = [_item_type([r[i] for r in rows if i < len(r)]) for i in range(max(map(len, rows)))]
    if any(i is None for i in inner):
        return None
    if len({len(r) for r in rows}) == 1 and rows[0]:
        return f"tuple[{', '.join(str(i) for i in inner)}]"
    kinds = {str(i) for i in inner}
    return f"tuple[{kinds.pop()}, ...]" if len(kinds) == 1 else "tuple[int, ...]" if not kinds else None


def _item_type(values: Sequence[Data]) -> str | None:
    kinds = {_value_type(v) for v in values}
    if kinds <= {"int"}:
        return "int"
    if kinds <= {"bool"}:
        return "bool"
    if kinds <= {"int", "float"}:
        return "float"
    return _list_type(values) if kinds <= {"pair", "list"} else None


class Body(Struct):
    """One class while it is translated."""

    t: Translator
    made: Class
    definition: d.Definition
    names: dict[str, Expr] = field(default_factory=dict)
    tensors: dict[int, Tensor] = field(default_factory=dict)
    facts: dict[Expr, bool] = field(default_factory=dict)
    init: list[Statement] = field(default_factory=list)
    forward: list[Statement] = field(default_factory=list)
    training: Values = ()
    meanings: dict[str, Expr] = field(default_factory=dict)
    """Variables of the class as expressions over its parameters, for those who build it."""
    finals: dict[str, Expr] = field(default_factory=dict)
    """What variables that loops carry are behind them, where there is an expression for it."""
    loops: int = 0
    """How many loops are around what is being translated."""
    heads: set[str] = field(default_factory=set)
    """Variables that hold what a closing `SM` makes, which `forward` leaves out."""

    # -- the class

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
        over = definition.over or ("",)
        self.begin(
            [n or "x" for n in over],
            [f"{n}_" if definition.over else "in_" for n in over],
            inputs,
            list(range(len(over))),
        )
        order = [p.name for p in definition.parameters]
        for name in order:
            if name in static:
                self.names[name] = static[name]
            else:
                kind, written = types[name]
                own = snake(name)
                while any(a.name == own for a in self.made.arguments):
                    own = f"{own}_"
                self.names[name] = Var(name=own, type=kind)
                default = next(p.default for p in definition.parameters if p.name == name)
                self.made.arguments.append(Argument(own, written, name, default))
        self.made.types = {a.name: a.type for a in self.made.arguments}
        body = definition.body
        chain = (
            body[0].chains[0] if len(body) == 1 and isinstance(body[0], d.Return) and len(body[0].chains) == 1 else None
        )
        alone = chain is not None and not (isinstance(body[0], d.Return) and body[0].training)
        incoming = None if definition.over else 0
        positional = bool(alone and chain is not None and is_positional(chain, incoming if incoming is not None else 0))
        labels = frozenset(label for c in chains_of(body) for label in literal_labels(c))
        if positional and chain is not None and len(inputs) == 1:
            try:
                self.as_sequence(chain, labels, tail)
                return
            except NotSequence:
                pass
        scope = Scope(positional, labels)
        values = tuple(self.tensors[i] for i in range(len(over)))
        self.finish(self.statements(body, values, scope, tail))

    def begin(
        self, names: Sequence[str], prefixes: Sequence[str], inputs: Sequence[Dims], numbers: Sequence[int]
    ) -> None:
        """Name what comes in; its sizes become parameters."""
        variables: list[str] = []
        ranks: list[int] = []
        self.made.arguments.clear()
        self.made.dims = ()
        for position, (name, prefix, dims, number) in enumerate(zip(names, prefixes, inputs, numbers, strict=True)):
            var = self.t.variable(name)
            sizes: list[Expr] = []
            for axis in range(len(dims)):
                word = _AXES[axis] if len(dims) in (1, 3) and axis < 3 else f"size{axis}"
                argument = f"{prefix}{word}"
                self.made.arguments.append(Argument(argument, "int", "", None, position, axis))
                sizes.append(Var(name=argument, type="int"))
            variables.append(var)
            ranks.append(len(dims))
            self.made.dims = (*self.made.dims, tuple(sizes))
            self.tensors[number] = Tensor(var, tuple(sizes))
        self.made.inputs, self.made.ranks = tuple(variables), tuple(ranks)

    def as_sequence(self, chain: d.Chain, labels: frozenset[str], tail: bool) -> None:
        """A block or model that is an `nn.Sequential`."""
        scope = Scope(True, labels, sequence=True)
        facts = dict(self.facts)
        try:
            values = self.chain(chain, (self.tensors[0],), scope, tail)
        except NotSequence:
            self.facts = facts
            self.init.clear()
            raise
        self.made.base = "nn.Sequential"
        self.made.named = not _counts_from_zero(scope.body)
        self.made.init = tuple(scope.body if self.made.named else unnamed(scope.body))
        self.made.forward = ()
        drop(self.made)
        self.made.outputs = self.told(values)
        self.require_formulas()

    def told(self, values: Values) -> tuple[Dims, ...]:
        """The sizes of results over the class's parameters; an opaque variable where there is no such expression."""
        parameters = {a.name for a in self.made.arguments}

        def leaf(e: Expr) -> Expr | None:
            if isinstance(e, Var) and e.name not in parameters and not e.name.startswith("?"):
                if (known := self.meanings.get(e.name)) is not None:
                    return mapped(known, leaf, self.t.functions)
                return self.t.opaque(self.made.definition)
            return None

        return tuple(tuple(mapped(e, leaf, self.t.functions) for e in v.dims) for v in values)

    def finish(self, results: Values | None) -> None:
        """Put the class together."""
        if results is None:
            raise Untranslatable("it has no result on some way")
        self.made.base = "nn.Module"
        read = {n for s in walk(self.forward) for n in tensors_read(s)}
        heads = [s for s in self.forward if isinstance(s, Compute) and s.targets[0] in self.heads - read]
        for s in heads:
            assert isinstance(s.value, Operation)
            self.made.head = self.made.head or s.value
        left = [s for s in self.forward if s not in heads]
        for s in heads:
            left = _renamed(left, s.value.inputs[0], f"logits~{s.targets[0].partition('~')[2]}")
        self.made.init, self.made.forward = tuple(self.init), tuple(left)
        self.made.numbers = only_numbers(self.init)
        drop(self.made)
        self.made.outputs = self.told(results)
        optional = {s.name for s in walk(self.made.init) if isinstance(s, Register) and s.condition != TRUE}
        named = [s.name for s in walk(self.made.init) if isinstance(s, Register)]
        if shared := {n for n in optional if named.count(n) > 1}:
            raise SharedName(shared)
        self.require_formulas()

    def require_formulas(self) -> None:
        """Raise `Monomorphic` where the class says a size that has no formula."""
        used = [x for s in (self.made.init, self.made.forward) for e in _opaque_in(s) for x in variables(e)]
        if used:
            owners = [self.t.owners[x] for x in used if self.t.owners.get(x, "") not in ("", *self.t.given_up)]
            raise Monomorphic(owners[0] if owners else _key(self.definition), "a size has no formula")

    # -- expressions

    def expr(self, e: Expr) -> Expr:
        """A spec's expression over the class's own variables."""
        return mapped(e, self._leaf, self.t.functions)

    def _leaf(self, leaf: Expr) -> Expr | None:
        if isinstance(leaf, Size):
            known = self.tensors.get(leaf.tensor)
            if known is None or leaf.axis >= len(known.dims):
                raise Untranslatable("the size of a tensor that may not be there")
            return known.dims[leaf.axis]
        if isinstance(leaf, Var):
            if leaf.name not in self.names:
                raise Untranslatable(f"`{leaf.name}` may have no value")
            return self.names[leaf.name]
        return None

    def truth(self, e: Expr) -> Expr:
        """A condition."""
        condition = self.expr(e)
        return self.known_truth(self._none_tests(condition))

    def known_truth(self, condition: Expr) -> Expr:
        """A condition, worked out where facts decide."""
        if condition in self.facts:
            return const(self.facts[condition])
        opposite = unary("not", condition)
        if opposite in self.facts:
            return const(not self.facts[opposite])
        if isinstance(condition, Const):
            return const(bool(condition.value))
        match condition:
            case Binary(operator="==", left=left, right=Const()):
                for fact, holds in self.facts.items():
                    match fact:
                        case Binary(operator="==", left=other, right=Const()) if holds and other == left:
                            return FALSE  # it is another number: the fact itself was looked up above
        return condition

    def settled_under(self, values: Values) -> Values:
        """Tensors whose sizes were chosen by a condition that is known by now."""

        def settle(e: Expr) -> Expr:
            while isinstance(e, Conditional) and isinstance(known := self.known_truth(e.condition), Const):
                e = e.then if known.value else e.otherwise
            return e

        return tuple(replace(v, dims=tuple(map(settle, v.dims))) for v in values)

    def _none_tests(self, e: Expr) -> Expr:
        """`Act != none` is `act is not None`; other comparisons with layers must be known."""
        from archc.network.expr import Binary

        def go(x: Expr) -> Expr:
            if isinstance(x, Binary):
                if x.operator in ("==", "!="):
                    sides = (x.left, x.right)
                    if any(isinstance(s, Var) and s.type == "kind" for s in sides):
                        if any(isinstance(s, Const) and s.value is None for s in sides):
                            left, right = sides if isinstance(x.left, Var) else (x.right, x.left)
                            return binary("is not" if x.operator == "!=" else "is", left, right)
                        raise MustBeKnown(variables(x))
                return binary(x.operator, go(x.left), go(x.right))
            from archc.network.expr import Unary

            if isinstance(x, Unary) and x.operator == "not":
                return unary("not", go(x.operand))
            if isinstance(x, Var) and x.type == "kind":
                return binary("is not", x, const(None))
            return x

        return go(e)

    # -- statements

    def statements(self, body: Sequence[d.Statement], values: Values, scope: Scope, tail: bool) -> Values | None:
        """Statements in order, to the result of the body; None where there is none yet."""
        result: Values | None = None
        for position, s in enumerate(body):
            if result is not None and not _gives_training(s):
                continue
            match s:
                case d.Let():
                    self.let(s)
                case d.Bind():
                    made = self.chain(s.chain, values, scope, False)
                    if len(made) != len(s.tensors):
                        raise Untranslatable("the number of tensors depends on an argument")
                    for number, value in zip(s.tensors, made, strict=True):
                        self.tensors[number] = self.named(value, self.definition.tensors[number])
                case d.Return(training=True):
                    self.training = tuple(v for c in s.chains for v in self.chain(c, values, scope, False))
                    self.made.training = tuple(v.var.partition("~")[0] for v in self.training)
                case d.Return():
                    result = tuple(
                        v for i, c in enumerate(s.chains) for v in self.chain(c, values, scope, tail and i == 0)
                    )
                    if tail and result:
                        result = (self.without_head(result[0]), *result[1:])
                case d.If():
                    found, ended = self.branch(s, body[position + 1 :], values, scope, tail)
                    if ended:
                        return found
                    result = found if found is not None else result
        if result is not None:
            self.give(result)
        return result

    def give(self, result: Values) -> None:
        """Return tensors."""
        training, fields = self.training, _fields(self.training)
        if training:
            training = (self.without_head(training[0]), *training[1:])
        self.forward.append(Return(tuple(v.var for v in result), tuple(v.var for v in training), fields))

    def let(self, s: d.Let) -> None:
        """`let`: a local variable, unless it is a name or number already."""
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

    def named(self, value: Tensor, name: str) -> Tensor:
        """A tensor under the name that the spec gives it."""
        var = self.t.variable(name)
        last = self.forward[-1] if self.forward else None
        is_new = all(known.var != value.var for known in self.tensors.values())
        if isinstance(last, Compute) and value.var in last.targets and is_new:
            targets = tuple(var if v == value.var else v for v in last.targets)
            self.forward[-1] = replace(last, targets=targets)
        else:
            self.forward.append(Compute((var,), Copy((value.var,)), value.dims))
        return Tensor(var, value.dims)

    def without_head(self, value: Tensor) -> Tensor:
        """What goes into a closing `SM`, which `forward` leaves out."""
        if self.made.kind != "model":
            return value
        for s in self.forward:
            match s:
                case Compute(value=Operation(op=op, inputs=inputs)) if value.var in s.targets and op.probability_head:
                    self.heads.add(value.var)
                    return Tensor(inputs[0], value.dims)
        return value

    def branch(
        self, s: d.If, rest: Sequence[d.Statement], values: Values, scope: Scope, tail: bool
    ) -> tuple[Values | None, bool]:
        """`if`: the result if it has one, and whether that ends the body."""
        condition = self.truth(s.condition)
        counter = self.counter(scope.taken)
        if isinstance(condition, Const):
            taken, other = (s.then, s.otherwise) if condition.value else (s.otherwise, s.then)
            before = dict(scope.counts)
            before_tensors = dict(self.tensors)
            ends = _returns(taken)
            if ends and not any(_gives_training(x) for x in rest):
                result = self.statements(taken, values, scope, tail)
                return result, True
            result = self.inner(taken, values, scope, tail)
            scope.counts = larger(scope.counts, counter.statements(other, before))
            for join in s.joins:
                number = join.then if condition.value else join.otherwise
                source = self.tensors.get(number) if number is not None else None
                if source is not None:
                    self.tensors[join.tensor] = source
            del before_tensors
            if result is not None:
                return self.ended(result, rest, values, scope, tail), True
            return None, False
        if any(_gives_training(x) for x in (*s.then, *s.otherwise)):
            raise MustBeKnown(variables(condition))
        return self.either(s, condition, rest, values, scope, tail)

    def ended(self, result: Values, rest: Sequence[d.Statement], values: Values, scope: Scope, tail: bool) -> Values:
        """After a result only what training returns is of interest."""
        for s in rest:
            if _gives_training(s):
                self.statements((s,), values, scope, False) if not isinstance(s, d.If) else self.branch(
                    s, (), values, scope, False
                )
        self.give(result)
        return result

    def inner(self, body: Sequence[d.Statement], values: Values, scope: Scope, tail: bool) -> Values | None:
        """Statements of a side that goes on behind it; a result is not returned yet."""
        mark = len(self.forward)
        result = self.statements(body, values, scope, tail)
        if result is not None and len(self.forward) > mark and isinstance(self.forward[-1], Return):
            self.forward.pop()
        return result

    def either(
        self, s: d.If, condition: Expr, rest: Sequence[d.Statement], values: Values, scope: Scope, tail: bool
    ) -> tuple[Values | None, bool]:
        """An `if` whose condition is not known."""
        counts, facts, tensors, names = dict(scope.counts), dict(self.facts), dict(self.tensors), dict(self.names)
        position = scope.position
        outer = self.init, self.forward
        sides: list[
            tuple[
                list[Statement],
                list[Statement],
                Values | None,
                dict[int, Tensor],
                dict[str, Expr],
                dict[str, Expr],
                bool,
            ]
        ] = []
        returned = [_returns(s.then), _returns(s.otherwise)]
        for way, body in ((True, s.then), (False, s.otherwise)):
            scope.counts, self.facts, self.tensors, self.names = dict(counts), dict(facts), dict(tensors), dict(names)
            scope.position = position
            self.init, self.forward = [], []
            self.assume(condition, way)
            whole = list(body)
            ends = returned[0 if way else 1]
            result = self.statements(whole, values, scope, tail)
            if not ends and any(returned):
                # The other side has returned: what follows belongs to this one.
                other_side = s.otherwise if way else s.then
                scope.counts = larger(scope.counts, self.counter(scope.taken).statements(other_side, counts))
                self.rejoin(s, way)
                result = self.statements(rest, values, scope, tail)
            sides.append((self.init, self.forward, result, self.tensors, self.names, scope.counts, ends))
        self.init, self.forward = outer
        self.facts, self.names = facts, names
        scope.counts = larger(
            self.behind(sides[0][5], sides[0][0], s.then, counts, scope),
            self.behind(sides[1][5], sides[1][0], s.otherwise, counts, scope),
        )
        if any(returned):
            self.init.append(If(condition, tuple(sides[0][0]), tuple(sides[1][0])))
            self.forward.append(If(condition, tuple(sides[0][1]), tuple(sides[1][1])))
            one, other = sides[0][2], sides[1][2]
            if one is None or other is None or len(one) != len(other):
                raise MustBeKnown(variables(condition))
            return self.joined_results(condition, one, other), True
        if not scope.positional or scope.sequence:
            pass
        for join in s.joins:
            then = sides[0][3].get(join.then) if join.then is not None else None
            otherwise = sides[1][3].get(join.otherwise) if join.otherwise is not None else None
            self.join(condition, join.tensor, then, otherwise, sides[0][1], sides[1][1])
        for name in dict.fromkeys((*sides[0][4], *sides[1][4])):
            one_value, other_value = sides[0][4].get(name), sides[1][4].get(name)
            if name in self.names and one_value == other_value:
                continue
            if one_value is not None and other_value is not None:
                self.names[name] = conditional(one_value, condition, other_value)
            elif (only := one_value or other_value) is not None:
                self.names[name] = only
        self.init.append(If(condition, tuple(sides[0][0]), tuple(sides[1][0])))
        self.forward.append(If(condition, tuple(sides[0][1]), tuple(sides[1][1])))
        return None, False

    def behind(
        self,
        counts: Counts,
        init: Sequence[Statement],
        text: tuple[d.Statement, ...] | d.Term | None,
        before: Counts,
        scope: Scope,
    ) -> Counts:
        """The counts behind a side of a choice, said by what is known before it, since the side may not be taken."""
        own = set(writes(init))
        if text is None or not any(variables(e) & own for e in counts.values()):
            return counts
        counter = self.counter(scope.taken)
        return counter.statements(text, before) if isinstance(text, tuple) else counter.term(text, before)

    def either_size(self, one: Expr, condition: Expr, other: Expr) -> Expr:
        """A size that a condition chooses: a variable where what it means is the other side's too."""
        found = conditional(one, condition, other)
        if isinstance(found, Conditional):
            for side in (one, other):
                meaning = self.meanings.get(side.name) if isinstance(side, Var) else None
                if meaning is not None:
                    sides = (meaning, other) if side is one else (one, meaning)
                    if conditional(sides[0], condition, sides[1]) == meaning:
                        return side
        return found

    def rejoin(self, s: d.If, way: bool) -> None:
        """On a side that goes on: what it names is what later statements mean."""
        for join in s.joins:
            number = join.then if way else join.otherwise
            if number is not None and number in self.tensors:
                self.tensors[join.tensor] = self.tensors[number]

    def join(
        self,
        condition: Expr,
        number: int,
        then: Tensor | None,
        otherwise: Tensor | None,
        one: list[Statement],
        other: list[Statement],
    ) -> None:
        """A tensor that both sides of an `if` name."""
        if then is None or otherwise is None:
            only = then or otherwise
            if only is not None:
                self.tensors[number] = only
            return
        if len(then.dims) != len(otherwise.dims):
            raise MustBeKnown(variables(condition))
        var = self.t.variable(self.definition.tensors[number] or "y")
        one.append(Compute((var,), Copy((then.var,)), then.dims))
        other.append(Compute((var,), Copy((otherwise.var,)), otherwise.dims))
        dims = tuple(self.either_size(a, condition, b) for a, b in zip(then.dims, otherwise.dims, strict=True))
        self.tensors[number] = Tensor(var, dims)

    def joined_results(self, condition: Expr, one: Values, other: Values) -> Values:
        """The results of a body that returns on both sides."""
        if any(len(a.dims) != len(b.dims) for a, b in zip(one, other, strict=True)):
            raise MustBeKnown(variables(condition))
        return tuple(
            Tensor(a.var, tuple(self.either_size(x, condition, y) for x, y in zip(a.dims, b.dims, strict=True)))
            for a, b in zip(one, other, strict=True)
        )

    def assume(self, condition: Expr, value: bool) -> None:
        """Note that a condition holds, or does not, from here on."""
        from archc.network.expr import Binary, Unary

        match condition:
            case Unary(operator="not"):
                self.assume(condition.operand, not value)
            case Binary(operator="and") if value:
                self.assume(condition.left, True)
                self.assume(condition.right, True)
            case Binary(operator="or") if not value:
                self.assume(condition.left, False)
                self.assume(condition.right, False)
            case _:
                self.facts[condition] = value

    # -- chains

    def counter(self, taken: frozenset[str]) -> Counter:
        """Counts the terms of texts."""
        return Counter(self.called, self.expr, taken)

    def called(self, term: d.Term) -> str | None:
        """What a term is named after; None for a layer that a parameter stands for."""
        match term:
            case d.Op():
                return term.kind
            case d.BlockCall():
                return self.t.definitions[term.block].called
            case d.Passed():
                callee = self.expr(term.callee)
                if isinstance(callee, Const) and isinstance(callee.value, Callee):
                    known = self.t.definitions.get(callee.value.name)
                    return known.called if known else callee.value.name
        return None

    def chain(self, chain: d.Chain, values: Values, scope: Scope, tail: bool) -> Values:
        """The terms of a chain, one after the other."""
        for i, term in enumerate(chain):
            values = self.term(term, values, scope, tail and i == len(chain) - 1)
        return values

    def term(self, term: d.Term, values: Values, scope: Scope, tail: bool) -> Values:
        """One term."""
        match term:
            case d.Op():
                arguments = {g.name: self.expr(g.value) for g in term.arguments}
                kind = self.t.kinds[term.kind]
                return self.layer(kind, arguments, term.label, values, scope, tail, implicit=term.implicit)
            case d.BlockCall():
                given = {g.name: self.expr(g.value) for g in term.arguments}
                return self.block(self.t.definitions[term.block], given, term.label, values, scope, tail)
            case d.Passed():
                return self.passed(term, values, scope, tail)
            case d.Tensor():
                if term.tensor not in self.tensors:
                    raise Untranslatable("a tensor that may not be there")
                value = self.tensors[term.tensor]
                if scope.sequence and (len(values) != 1 or value.var != values[0].var):
                    raise NotSequence
                return (value,)
            case d.Bracket(label=None):
                with_incoming = dict(self.tensors)
                if term.incoming is not None:
                    self.incoming(term.incoming, values)
                made = self.chain(term.chain, values, scope, tail)
                del with_incoming
                return made
            case d.Bracket():
                if term.incoming is not None:
                    self.incoming(term.incoming, values)
                return self.labelled(term, term.chain, term.called, values, scope, tail)
            case d.Repeat(label=None):
                return self.repeat(term, values, scope)
            case d.Repeat():
                inner = self.t.without_label(term)
                return self.labelled(term, (inner,), "repeat", values, scope, tail)
            case d.For():
                over = self.expr(term.over)
                return self.loop(term.target, over, None, term.chain, values, scope)
            case d.Merge(label=None):
                return self.merge(term, values, scope)
            case d.Merge():
                inner = self.t.without_label(term)
                return self.labelled(term, (inner,), term.kind.lower(), values, scope, tail)
            case d.Guard():
                return self.guard(term, values, scope, tail)

    def incoming(self, number: int, values: Values) -> None:
        """Note what `in` means inside a macro or merge."""
        if len(values) == 1:
            self.tensors[number] = values[0]
        else:
            self.tensors.pop(number, None)

    # -- names

    def place(self, scope: Scope, label: Expr | None, base: str, stateful: bool) -> Expr | None:
        """The name of the next child, counted; None for a layer that needs none."""
        position = scope.position
        scope.position = binary("+", position, const(1))
        key = base.lower()
        count = binary("+", scope.counts.get(key, const(0)), const(1))
        scope.counts[key] = count
        if label is not None:
            return self.expr(label)
        if scope.positional:
            return text((position,)) if not isinstance(position, Const) else const(str(position.value))
        if not stateful:
            return None
        while isinstance(count, Const) and f"{key}{count.value}" in scope.taken:
            count = binary("+", count, const(1))
            scope.counts[key] = count
        if not isinstance(count, Const) and any(_numbered(t, key) for t in scope.taken):
            raise Untranslatable("a numbered name that a label may have")
        return text((const(key), count))

    def loose_name(self, scope: Scope, base: str) -> Expr:
        """A name for a child of a sequence that has no weights and no label."""
        key = base.lower()
        if self.loops:
            return text((const(f"{key}_"), scope.position))
        count = binary("+", scope.loose.get(key, const(0)), const(1))
        while isinstance(count, Const) and (key if count.value == 1 else f"{key}{count.value}") in scope.taken:
            count = binary("+", count, const(1))
        scope.loose[key] = count
        assert isinstance(count, Const)
        return const(key if count.value == 1 else f"{key}{count.value}")

    # -- layers

    def lowered(self, kind: type[Op], arguments: Mapping[str, Expr], values: Values) -> lower.Lowered:
        """An op on these tensors; what it tells of them is noted."""
        known = {**self.facts}
        low = lower.lower(kind, arguments, [v.dims for v in values], known, self.t.functions)
        self.facts.update(low.facts)
        return low

    def layer(
        self,
        kind: type[Op],
        arguments: Mapping[str, Expr],
        label: Expr | None,
        values: Values,
        scope: Scope,
        tail: bool,
        *,
        implicit: bool = False,
    ) -> Values:
        """A layer."""
        for e in arguments.values():
            if isinstance(e, Var) and e.type == "kind":
                raise MustBeKnown(variables(e))
        low = self.lowered(kind, arguments, values)
        if low.before:
            for added_kind in low.before:
                values = self.layer(self.t.kinds[added_kind], {}, None, values, scope, False, implicit=True)
            low = self.lowered(kind, arguments, values)
        if tail and kind.probability_head and self.is_model_tail(scope):
            if not implicit:
                self.place(scope, label, kind.kind(), False)
            self.made.head = lower.operation(kind, low.call, tuple(v.var for v in values))
            return values
        name = None if implicit else self.place(scope, label, kind.kind(), low.stateful)
        dims = self.sizes(low.outputs, scope)
        made = self.placed(kind, low, name, label is not None, values, dims, scope, implicit)
        for after in low.after:
            made = self.layer(self.t.kinds[after], {}, None, made, scope, tail, implicit=True)
        return made

    def sizes(self, outputs: tuple[Dims, ...], scope: Scope) -> tuple[Dims, ...]:
        """The sizes of tensors, simplified; a long one gets a variable, so that none grows without end."""
        found: list[Dims] = []
        for row in outputs:
            sizes = [with_divisors(x, divides(self.facts)) for x in row]
            for axis, e in enumerate(sizes):
                if axis and weight(e) >= _LONG:
                    var = self.t.variable(_AXES[min(axis, 2)])
                    statements = [scope.body] if scope.sequence else [self.init, self.forward]
                    for body in statements:
                        body.append(Assign(var, e))
                    self.meanings[var] = e
                    sizes[axis] = Var(name=var, type="int")
            found.append(tuple(sizes))
        return tuple(found)

    def is_model_tail(self, scope: Scope) -> bool:
        """Whether the end of this body is the end of a model."""
        return True

    def placed(
        self,
        kind: type[Op],
        low: lower.Lowered,
        name: Expr | None,
        labelled: bool,
        values: Values,
        dims: tuple[Dims, ...],
        scope: Scope,
        implicit: bool,
    ) -> Values:
        """A layer where it stands: a child of a sequence, a module, or a function."""
        if scope.sequence:
            if len(values) != 1 or len(dims) != 1 or low.call.module is None:
                raise NotSequence
            scope.implicit = scope.implicit or implicit
            if name is None:
                name = self.loose_name(scope, kind.kind())
            scope.body.append(Append(name, lower.layer(kind, low.call), implicit))
            return (Tensor(values[0].var, dims[0]),)
        inputs = tuple(v.var for v in values)
        outputs = tuple(self.t.variable("y") for _ in dims)
        has_function = low.call.expression is not None
        as_module = low.stateful or not has_function or (labelled and low.call.module is not None)
        if low.call.expression is not None and "self.training" in low.call.expression.template:
            as_module = as_module or self.made.definition in self.t.asleep
        if as_module:
            if low.call.module is None:
                raise Untranslatable(f"{kind.kind()} has weights and no module")
            build = lower.layer(kind, low.call)
            child = name if name is not None else self.loose_name(scope, kind.kind())
            self.init.append(Register(child, build))
            self.forward.append(Compute(outputs, CallModule(child, inputs, build), dims[0]))
        else:
            self.forward.append(Compute(outputs, lower.operation(kind, low.call, inputs), dims[0]))
        return tuple(Tensor(v, row) for v, row in zip(outputs, dims, strict=True))

    def passed(self, term: d.Passed, values: Values, scope: Scope, tail: bool) -> Values:
        """What a parameter stands for."""
        callee = self.expr(term.callee)
        if isinstance(callee, Const) and isinstance(callee.value, Callee):
            name = callee.value.name
            if (definition := self.t.definitions.get(name)) is not None:
                order = [p.name for p in definition.parameters]
                given: dict[str, Expr] = {}
                positional = iter(order)
                for g in term.arguments:
                    given[g.name or next(positional, "")] = self.expr(g.value)
                if not given.keys() <= set(order):
                    raise Untranslatable("a block that does not take these arguments")
                return self.block(definition, given, term.label, values, scope, tail)
            kind = self.t.kinds.get(name)
            if kind is None:
                raise Untranslatable(f"`{name}` is no term")
            return self.layer(kind, self.matched(kind, term), term.label, values, scope, tail)
        if isinstance(callee, Const):
            raise Untranslatable("a term that stands for nothing")
        if not (isinstance(callee, Var) and callee.type == "kind") or term.arguments:
            raise MustBeKnown(variables(callee))
        return self.act(callee, term, values, scope)

    def act(self, callee: Var, term: d.Passed, values: Values, scope: Scope) -> Values:
        """A layer whose class is a parameter."""
        spec = next((a.spec for a in self.made.arguments if a.name == callee.name), callee.name)
        observed = self.t.observed.get(self.made.definition, {}).get(spec, [])
        kinds = tuple(dict.fromkeys(v.name for v in observed if isinstance(v, Callee)))
        overwrite = all(lower.lower(self.t.kinds[k], {}, [values[0].dims], self.facts, {}).call.inplace for k in kinds)
        build = Passed(callee, kinds, overwrite and bool(kinds))
        if len(values) != 1:
            raise MustBeKnown(variables(callee))
        scope_name = self.place(scope, term.label, callee.name, False)
        if scope.sequence:
            name = scope_name if scope_name is not None else self.loose_name(scope, callee.name)
            scope.body.append(Append(name, build))
            return values
        name = scope_name if scope_name is not None and not scope.positional else self.loose_name(scope, callee.name)
        out = self.t.variable("y")
        self.init.append(Register(name, build))
        self.forward.append(Compute((out,), CallModule(name, (values[0].var,), build), values[0].dims))
        return (Tensor(out, values[0].dims),)

    def matched(self, kind: type[Op], term: d.Passed) -> dict[str, Expr]:
        """The arguments of a layer that a parameter stands for, by name."""
        given = [(g.name, self.expr(g.value)) for g in term.arguments]
        positional = [e for n, e in given if not n]
        names = iter(kind.positional([
            e.value.name if isinstance(e, Const) and isinstance(e.value, Callee) else 0 for e in positional
        ]))  # fmt: skip
        found = {n or next(names, ""): e for n, e in given}
        if not found.keys() <= kind.model_fields.keys():
            raise Untranslatable(f"{kind.kind()} does not take these arguments")
        for defaults in term.defaults:
            if defaults.kind == kind.kind():
                for g in defaults.arguments:
                    found.setdefault(g.name, self.expr(g.value))
        return found

    # -- blocks

    def block(
        self,
        definition: d.Definition,
        given: Mapping[str, Expr],
        label: Expr | None,
        values: Values,
        scope: Scope,
        tail: bool,
    ) -> Values:
        """A call of a block."""
        if _key(definition) in self.t.given_up:
            raise Monomorphic(_key(self.definition), f"it calls `{definition.called}`, which has no class for all")
        arguments: dict[str, Expr] = {}
        for p in definition.parameters:
            if p.name in given:
                arguments[p.name] = given[p.name]
            elif p.default is not None:
                arguments[p.name] = mapped(p.default, lambda leaf: _argument(leaf, arguments), self.t.functions)
            else:
                raise Untranslatable(f"`{p.name}` is not given")
        if len(values) != max(1, len(definition.over)):
            raise Untranslatable("the number of tensors depends on an argument")
        made = self.t.class_of(definition, arguments, [v.dims for v in values], False)
        name = self.place(scope, label, definition.called, True)
        assert name is not None
        return self.called_class(made, arguments, name, values, scope)

    def called_class(
        self, made: Class, arguments: Mapping[str, Expr], name: Expr, values: Values, scope: Scope
    ) -> Values:
        """A module of an emitted class, and its call."""
        passed: list[tuple[str, Expr]] = []
        known: dict[str, Expr] = {}
        is_open = not made.outputs or not (made.init or made.forward)
        read = reads(made.init) | reads(made.forward)
        for a in made.arguments:
            e = arguments[a.spec] if a.spec else values[a.input].dims[a.axis]
            if a.type == "tuple[int, int]" and a.spec and type_of(e) != "tuple":
                e = lift((e, e))
            known[a.name] = e
            if a.name in read or (is_open and not _is_opaque(e)):
                passed.append((a.name, e))
        build = New(made, tuple(passed))
        dims = tuple(
            tuple(
                with_divisors(mapped(e, lambda leaf: _argument(leaf, known), self.t.functions), divides(self.facts))
                for e in row
            )
            for row in made.outputs
        )
        if scope.sequence:
            if len(values) != 1 or len(dims) != 1:
                raise NotSequence
            scope.body.append(Append(name, build))
            return (Tensor(values[0].var, dims[0]),)
        outputs = tuple(self.t.variable("y") for _ in dims)
        self.init.append(Register(name, build))
        inputs = tuple(v.var for v in values)
        self.forward.append(Compute(outputs, CallModule(name, inputs, build), dims[0]))
        return tuple(Tensor(v, row) for v, row in zip(outputs, dims, strict=True))

    # -- groups

    def labelled(
        self, term: d.Bracket | d.Repeat | d.Merge, chain: d.Chain, base: str, values: Values, scope: Scope, tail: bool
    ) -> Values:
        """A labelled group, repeat or merge: one module."""
        incoming = self._incoming_of(term, values)
        if len(values) == 1 and id(term) not in self.t.more_than_sequences:
            tensors, facts, init, forward = dict(self.tensors), dict(self.facts), self.init, self.forward
            inner = Scope(is_positional(chain, incoming), frozenset(literal_labels(chain)), sequence=True)
            head = self.made.head
            self.init, self.forward = [], []
            try:
                out = self.chain(chain, values, inner, tail)
            except NotSequence:
                self.t.more_than_sequences.add(id(term))  # asked once: groups stand in groups
                self.tensors, self.facts, self.made.head = tensors, facts, head
            else:
                self.init, self.forward = init, forward
                return self.sequence(inner, values, out, term, base, scope)
            self.init, self.forward = init, forward
        return self.closure(term, chain, base, values, scope, incoming, tail)

    def _incoming_of(self, term: d.Term, values: Values) -> int | None:
        """The number by which the tensor that comes in is known, if it is."""
        for number, tensor in self.tensors.items():
            if len(values) == 1 and tensor.var == values[0].var:
                return number
        return None

    def sequence(
        self, inner: Scope, values: Values, out: Values, term: d.Bracket | d.Repeat | d.Merge, base: str, scope: Scope
    ) -> Values:
        """A group that runs as one `nn.Sequential`; a flattening at its start is done before it."""
        body = inner.body
        if body and isinstance(body[0], Append) and body[0].implicit:
            values = self.layer(self.t.kinds["Flatten"], {}, None, values, scope, False, implicit=True)
            body = body[1:]
        named = not inner.positional or not _counts_from_zero(body)
        name = self.place(scope, term.label, base, True)
        assert name is not None
        build = Sequential(tuple(body if named else unnamed(body)), named)
        if scope.sequence:
            scope.body.append(Append(name, build))
            return (Tensor(values[0].var, out[0].dims),)
        var = self.t.variable("y")
        self.init.append(Register(name, build))
        self.forward += self.kept_up(build.body)
        self.forward.append(Compute((var,), CallModule(name, (values[0].var,), build), out[0].dims))
        return (Tensor(var, out[0].dims),)

    def kept_up(self, statements: Sequence[Statement]) -> tuple[Statement, ...]:
        """What the statements of a sequence assign, for `forward`, which may read it behind the sequence."""
        found: list[Statement] = []
        for s in only_numbers(statements):
            if isinstance(s, For):  # a loop of its own, not that of the modules
                self.t.fresh += 1
                s = replace(s, body=self.kept_up(s.body), key=self.t.fresh)
            elif isinstance(s, If):
                s = If(s.condition, self.kept_up(s.then), self.kept_up(s.otherwise))
            found.append(s)
        return tuple(found)

    def closure(
        self,
        term: d.Bracket | d.Repeat | d.Merge,
        chain: d.Chain,
        base: str,
        values: Values,
        scope: Scope,
        incoming: int | None,
        tail: bool,
    ) -> Values:
        """A group with a class of its own: what it reads from outside is passed to it."""
        numbers, names = _free(chain)
        outer = [n for n in numbers if n in self.tensors and all(self.tensors[n].var != v.var for v in values)]
        if scope.sequence and (len(values) != 1 or outer):
            raise NotSequence
        inputs = (*values, *(self.tensors[n] for n in outer))
        free = {n: self.names[n] for n in names if n in self.names and not isinstance(self.names[n], Const)}
        title = _title(term.label, base)
        made = Class(title, "group", self.made.definition, "", term_span(self.definition))
        made.doc = f"The module `{_spoken(term.label)}` of `{self.definition.called}`."
        body = Body(self.t, made, self.definition)
        prefixes = ["in_" if i == 0 and len(values) == 1 else f"{_hint(v.var)}{i}_" for i, v in enumerate(inputs)]
        hints = ["x" if i == 0 and len(values) == 1 else _hint(v.var) for i, v in enumerate(inputs)]
        body.begin(hints, prefixes, [v.dims for v in inputs], [-1 - i for i in range(len(inputs))])
        for i, v in enumerate(inputs):
            own = body.tensors.pop(-1 - i)
            for number, known in self.tensors.items():
                if known.var == v.var:
                    body.tensors[number] = own
        own_inputs = tuple(Tensor(var, dims) for var, dims in zip(made.inputs, made.dims, strict=True))
        body.names = {n: e for n, e in self.names.items() if isinstance(e, Const)}
        for n, e in free.items():
            kind = type_of(e)
            written = _TYPES.get(kind) or self._annotation(e, kind)
            if written is None:
                raise MustBeKnown(variables(e))
            argument = n if all(a.name != n for a in made.arguments) else f"{n}_"
            made.arguments.append(Argument(argument, written, argument, None))
            body.names[n] = Var(name=argument, type=kind)
            free[n] = e
        arguments = {a.spec: free[n] for n, a in zip(free, made.arguments[-len(free) :], strict=True)} if free else {}
        inner = Scope(is_positional(chain, incoming), frozenset(literal_labels(chain)))
        results = body.chain(chain, own_inputs[: len(values)], inner, tail)
        body.give(results)
        body.finish(results)
        self.t.classes["group", self.t.variable("group")] = made
        name = self.place(scope, term.label, base, True)
        assert name is not None
        if made.head is not None:
            self.made.head = made.head
        return self.called_class(made, arguments, name, inputs, scope)

    def _annotation(self, e: Expr, kind: Type) -> str | None:
        """How Python writes the type of a variable of this class."""
        if isinstance(e, Var) and kind in ("kind", "tuple"):
            return self.made.types.get(e.name)
        return None

    def merge(self, term: d.Merge, values: Values, scope: Scope) -> Values:
        """Branches that each read what comes in."""
        if scope.sequence:
            raise NotSequence
        results: list[Tensor] = []
        for branch in term.branches:
            self.incoming(term.incoming, values)
            made = self.chain(branch, values, scope, False)
            if len(made) != 1:
                raise Untranslatable("a branch of several tensors")
            results.append(made[0])
        kind = self.t.kinds[term.kind]
        low = self.lowered(kind, {}, tuple(results))
        dims = self.sizes(low.outputs, scope)
        scope.position = binary("+", scope.position, const(1))
        var = self.t.variable("y")
        inputs = tuple(r.var for r in results)
        self.forward.append(Compute((var,), lower.operation(kind, low.call, inputs), dims[0]))
        return (Tensor(var, dims[0]),)

    # -- loops

    def repeat(self, term: d.Repeat, values: Values, scope: Scope) -> Values:
        """`[ … ] x n`."""
        count = self.expr(term.count)
        over = apply("range", (count,), (), self.t.functions)
        name = term.variable or "~"  # no name of a spec
        return self.loop(d.Pattern(name=name), over, count, term.chain, values, scope)

    def loop(
        self, target: d.Pattern, over: Expr, count: Expr | None, chain: d.Chain, values: Values, scope: Scope
    ) -> Values:
        """The chain once for each turn; sizes that change from turn to turn are carried in variables."""
        key = self.t.fresh = self.t.fresh + 1
        rows = items_of(over)
        if rows is not None and count is None and not _is_typed(_typical(rows) if rows else None):
            return self.unrolled(target, rows, chain, values, scope)
        renamed, pattern = self.loop_names(target, over, count is not None)
        heads = tuple(
            Tensor(
                v.var if scope.sequence else self.t.variable("x"),
                tuple(Var(name=self.t.variable(_AXES[min(a, 2)]), type="int") for a in range(len(v.dims))),
            )
            for v in values
        )
        names = dict(self.names)
        self.names.update(renamed)
        kinds = Counter(self.called, lambda _: const(1), frozenset()).chain(chain, {})
        counts = {k: Var(name=self.t.variable("count"), type="int") for k in kinds}
        outer = self.init, self.forward, scope.body
        facts, before = dict(self.facts), dict(scope.counts)
        position = scope.position
        place = Var(name=self.t.variable("position"), type="int")
        self.init, self.forward, scope.body = [], [], []
        before_meanings = set(self.meanings)
        scope.counts.update(counts)
        scope.position = place
        self.loops += 1
        out = self.chain(chain, heads, scope, False)
        self.loops -= 1
        if len(out) != len(heads) or any(len(a.dims) != len(b.dims) for a, b in zip(heads, out, strict=True)):
            raise Untranslatable("the kind of tensor changes from turn to turn")
        carried: list[tuple[Var, Expr, Expr]] = []
        for v, h, o in zip(values, heads, out, strict=True):
            carried += [(a, b, c) for a, b, c in zip(h.dims, v.dims, o.dims, strict=True) if isinstance(a, Var)]
        carried += [(v, before.get(k, const(0)), scope.counts[k]) for k, v in counts.items()]
        carried.append((place, position, scope.position))
        after = self.close(carried, over, target if count is None else None, pattern, count)
        self.note_last(carried, after, over, pattern, before_meanings)
        bodies = [self.init, self.forward, scope.body]
        self.init, self.forward, scope.body = outer
        self.names = names
        self.facts = facts
        self.emit_loop(key, pattern, over, bodies, carried, after, (values, heads, out), scope)
        scope.counts = {k: self.settled(e, after) for k, e in scope.counts.items()}
        scope.counts.update({k: self.final(v, after, carried) for k, v in counts.items()})
        scope.position = self.final(place, after, carried)
        return tuple(
            Tensor(h.var, tuple(self.final(a, after, carried) if isinstance(a, Var) else a for a in h.dims))
            for h in heads
        )

    def unrolled(self, target: d.Pattern, rows: Sequence[Expr], chain: d.Chain, values: Values, scope: Scope) -> Values:
        """A loop over a table whose columns have values of several types, turn by turn."""
        names = dict(self.names)
        for row in rows:
            given: dict[str, Expr] = {}
            if not _fits(target, row, given):
                raise Untranslatable("a row of a table that does not fit")
            self.names = {**names, **given}
            values = self.chain(chain, values, scope, False)
        self.names = names
        return values

    def loop_names(self, target: d.Pattern, over: Expr, counted: bool) -> tuple[dict[str, Expr], d.Pattern]:
        """Variables for the names of a loop, with the types of the items."""
        found: dict[str, Expr] = {}

        def go(p: d.Pattern, item: Expr | None) -> d.Pattern:
            if p.name:
                var = self.t.variable(p.name)
                found[p.name] = Var(name=var, type="int" if counted else _item_kind(item))
                return d.Pattern(name=var)
            rows = items_of(item) if item is not None else None
            return d.Pattern(
                items=tuple(
                    go(q, rows[i] if rows is not None and i < len(rows) else None) for i, q in enumerate(p.items)
                )
            )

        items = items_of(over)
        item = _typical(items) if items else None
        if items is None and not counted:
            item = _unknown_item(over)
        pattern = go(target, item)
        for v in found.values():
            if isinstance(v, Var) and v.type in ("any", "kind", "str"):
                raise MustBeKnown(variables(over) or frozenset({"?"}))
        return found, pattern

    def close(
        self,
        carried: Sequence[tuple[Var, Expr, Expr]],
        over: Expr,
        target: d.Pattern | None,
        pattern: d.Pattern,
        count: Expr | None,
    ) -> dict[str, tuple[Expr, Expr] | None]:
        """For each carried variable what it is inside and after the loop; None where it must be carried.

        Unchanged: what it was before. Grown by the same each turn of a counted loop: a product.
        """
        found: dict[str, tuple[Expr, Expr] | None] = {}
        heads = {v.name for v, _, _ in carried}
        inner = set(pattern.names())
        for _ in range(len(carried) + 1):
            inside = {n: pair[0] for n, pair in found.items() if pair is not None}
            progress = False
            for var, start, end in carried:
                if found.get(var.name) is not None:
                    continue
                last = self.put(end, inside)
                if last == var:
                    found[var.name] = start, start
                    progress = True
                    continue
                step = binary("-", last, var)
                free = variables(step)
                if count is not None and pattern.name and not free & heads and not free & inner:
                    turn = Var(name=pattern.name, type="int")
                    inside_ = binary("+", start, binary("*", step, turn))
                    found[var.name] = inside_, binary("+", start, binary("*", step, count))
                    progress = True
                else:
                    turns = apply("len", (over,), (), self.t.functions)
                    if not free & heads and not free & inner:  # carried inside, a product behind
                        self.finals[var.name] = binary("+", start, binary("*", step, turns))
                    found.setdefault(var.name, None)
            if not progress:
                break
        return found

    def note_last(
        self,
        carried: Sequence[tuple[Var, Expr, Expr]],
        after: Mapping[str, tuple[Expr, Expr] | None],
        over: Expr,
        pattern: d.Pattern,
        before: set[str],
    ) -> None:
        """A carried variable that each turn sets anew is, behind the loop, what the last turn set.

        What the variables of the turn mean is not said any longer behind it.
        """
        heads = {v.name for v, _, _ in carried}
        inner = {n: self.meanings.pop(n) for n in list(self.meanings) if n not in before}

        def expanded(leaf: Expr) -> Expr | None:
            if isinstance(leaf, Var) and (meaning := inner.get(leaf.name)) is not None:
                return mapped(meaning, expanded, self.t.functions)
            return None

        known = {n: pair[0] for n, pair in after.items() if pair is not None}
        turns = apply("len", (over,), (), self.t.functions)
        last: dict[str, Expr] = {}
        _last_item(pattern, index(over, const(-1)), last)
        for var, start, end in carried:
            if after.get(var.name) is not None:
                continue
            e = mapped(end, lambda leaf: known.get(leaf.name) if isinstance(leaf, Var) else None, self.t.functions)
            e = mapped(e, expanded, self.t.functions)
            if not variables(e) & heads:
                made = mapped(e, lambda leaf: last.get(leaf.name) if isinstance(leaf, Var) else None, self.t.functions)
                self.meanings[var.name] = conditional(made, binary(">", turns, const(0)), start)

    def put(self, e: Expr, known: Mapping[str, Expr]) -> Expr:
        """An expression with what is known of its variables."""
        return mapped(e, lambda leaf: known.get(leaf.name) if isinstance(leaf, Var) else None, self.t.functions)

    def length(self, over: Expr) -> Expr | None:
        """The number of turns, where it is known."""
        items = items_of(over)
        return const(len(items)) if items is not None else None

    def settled(self, e: Expr, after: Mapping[str, tuple[Expr, Expr] | None]) -> Expr:
        """An expression behind the loop."""
        known = {**self.finals, **{n: pair[1] for n, pair in after.items() if pair is not None}}
        return mapped(e, lambda leaf: known.get(leaf.name) if isinstance(leaf, Var) else None, self.t.functions)

    def final(
        self, var: Expr, after: Mapping[str, tuple[Expr, Expr] | None], carried: Sequence[tuple[Var, Expr, Expr]]
    ) -> Expr:
        """A carried variable behind the loop."""
        if not isinstance(var, Var):
            return var
        pair = after.get(var.name)
        return self.finals.get(var.name, var) if pair is None else pair[1]

    def emit_loop(
        self,
        key: int,
        pattern: d.Pattern,
        over: Expr,
        bodies: Sequence[list[Statement]],
        carried: Sequence[tuple[Var, Expr, Expr]],
        after: Mapping[str, tuple[Expr, Expr] | None],
        tensors: tuple[Values, Values, Values],
        scope: Scope,
    ) -> None:
        """Write the loop to `__init__` and `forward`, or to the sequence."""
        known = {n: pair[0] for n, pair in after.items() if pair is not None}

        def settle(e: Expr) -> Expr:
            return mapped(e, lambda leaf: known.get(leaf.name) if isinstance(leaf, Var) else None, self.t.functions)

        starts = [Assign(v.name, start) for v, start, _ in carried if after.get(v.name) is None]
        ends = _together([(v.name, settle(end)) for v, _, end in carried if after.get(v.name) is None], self.t)
        init, forward, children = (list(with_exprs(b, settle)) for b in bodies)
        values, heads, out = tensors
        if scope.sequence:
            if init or forward:
                raise NotSequence
            scope.body += [*starts, For(pattern, over, (*children, *ends), key)]
            return
        self.init += [*starts, For(pattern, over, (*init, *ends), key)]
        before = [Compute((h.var,), Copy((v.var,)), v.dims) for v, h in zip(values, heads, strict=True)]
        temporaries = [self.t.variable("y") for _ in heads] if len(heads) > 1 else []
        moves: list[Statement] = []
        if temporaries:
            moves += [Compute((t,), Copy((o.var,)), o.dims) for t, o in zip(temporaries, out, strict=True)]
            moves += [Compute((h.var,), Copy((t,)), o.dims) for t, h, o in zip(temporaries, heads, out, strict=True)]
        else:
            moves += [Compute((h.var,), Copy((o.var,)), o.dims) for h, o in zip(heads, out, strict=True)]
        moves = list(with_exprs(moves, settle))
        self.forward += [*before, *starts, For(pattern, over, (*forward, *moves, *ends), key)]

    # -- guards

    def guard(self, term: d.Guard, values: Values, scope: Scope, tail: bool) -> Values:
        """`term if (condition) else term`."""
        condition = self.truth(term.condition)
        counter = self.counter(scope.taken)
        if isinstance(condition, Const):
            taken, other = (term.then, term.otherwise) if condition.value else (term.otherwise, term.then)
            before = dict(scope.counts)
            made = self.term(taken, values, scope, tail) if taken is not None else values
            if other is not None:
                scope.counts = larger(scope.counts, counter.term(other, before))
            return made
        counts, facts, tensors, position = dict(scope.counts), dict(self.facts), dict(self.tensors), scope.position
        loose = dict(scope.loose)
        outer = self.init, self.forward, scope.body
        sides: list[tuple[list[Statement], list[Statement], list[Statement], Values, dict[str, Expr], Expr]] = []
        marks: list[dict[str, Expr]] = []
        for way, side in ((True, term.then), (False, term.otherwise)):
            scope.counts, self.facts, self.tensors = dict(counts), dict(facts), dict(tensors)
            scope.position, scope.loose = position, dict(loose) if way else marks[0]
            self.init, self.forward, scope.body = [], [], []
            self.assume(condition, way)
            made = self.term(side, self.settled_under(values), scope, tail) if side is not None else values
            sides.append((self.init, self.forward, scope.body, made, scope.counts, scope.position))
            marks.append(scope.loose)
        self.init, self.forward, scope.body = outer
        self.facts, self.tensors = facts, tensors
        scope.counts = larger(
            self.behind(sides[0][4], [*sides[0][0], *sides[0][2]], term.then, counts, scope),
            self.behind(sides[1][4], [*sides[1][0], *sides[1][2]], term.otherwise, counts, scope),
        )
        scope.position = conditional(sides[0][5], condition, sides[1][5])
        one, other_side = sides
        if len(one[3]) != len(other_side[3]) or any(
            len(a.dims) != len(b.dims) for a, b in zip(one[3], other_side[3], strict=True)
        ):
            raise MustBeKnown(variables(condition))
        if scope.sequence:
            scope.body.append(If(condition, tuple(one[2]), tuple(other_side[2])))
            dims = tuple(
                self.either_size(x, condition, y) for x, y in zip(one[3][0].dims, other_side[3][0].dims, strict=True)
            )
            return (Tensor(values[0].var, dims),)
        return self.guarded(condition, term, values, one, other_side)

    def guarded(self, condition: Expr, term: d.Guard, values: Values, one: Any, other: Any) -> Values:
        """A guard in a body that has a `forward`."""
        if (simple := self.optional(condition, values, one, other)) is not None:
            return simple
        joined: list[Tensor] = []
        for a, b in zip(one[3], other[3], strict=True):
            dims = tuple(self.either_size(x, condition, y) for x, y in zip(a.dims, b.dims, strict=True))
            if a.var == b.var:
                joined.append(Tensor(a.var, dims))
                continue
            var = self.t.variable("y")
            one[1].append(Compute((var,), Copy((a.var,)), a.dims))
            other[1].append(Compute((var,), Copy((b.var,)), b.dims))
            joined.append(Tensor(var, dims))
        if one[0] or other[0]:
            self.init.append(If(condition, tuple(one[0]), tuple(other[0])))
        if one[1] or other[1]:
            self.forward.append(If(condition, tuple(one[1]), tuple(other[1])))
        return tuple(joined)

    def optional(self, condition: Expr, values: Values, one: Any, other: Any) -> Values | None:
        """One module that may be left out (`nn.Identity` stands in), or one of two of the same name."""

        def alone(side: Any) -> tuple[Register, Compute] | None:
            if len(side[0]) != 1 or len(side[1]) != 1 or len(values) != 1 or len(side[3]) != 1:
                return None
            match side[0][0], side[1][0]:
                case (Register() as register, Compute(value=CallModule(inputs=(var,))) as call) if var == values[0].var:
                    return (register, call) if register.condition == TRUE else None
            return None

        first = alone(one)
        if first is None:
            return None
        register, call = first
        assert isinstance(call.value, CallModule)
        dims = tuple(self.either_size(x, condition, y) for x, y in zip(one[3][0].dims, other[3][0].dims, strict=True))
        if not other[0] and not other[1] and [v.var for v in other[3]] == [v.var for v in values]:
            known = isinstance(register.name, Const) and not str(register.name.value).isdecimal()
            if not known or register.name in self.t.shared.get(self.made.definition, ()):
                return None
            build = register.build
            self.init.append(Register(register.name, build, condition))
        else:
            second = alone(other)
            if second is None or second[0].name != register.name or isinstance(register.build, Sequential):
                return None
            if isinstance(second[0].build, Sequential):
                return None
            build = Choose(condition, register.build, second[0].build)
            self.init.append(Register(register.name, build))
        var = call.targets[0]
        self.forward.append(Compute((var,), replace(call.value, build=build), dims))
        return (Tensor(var, dims),)


# -- small things -----------------------------------------------------------------------------------------------------


def _counts_from_zero(body: Sequence[Statement]) -> bool:
    """Whether the children of a positional scope have the names that `nn.Sequential` gives them."""
    if any(isinstance(s, Append) and s.implicit for s in body):
        return False
    position = 0
    for s in body:
        match s:
            case Append(name=Const(value=name)) if name != str(position):
                return False
            case Append():
                position += 1
            case If() | For():
                return True  # names are counted: those that edits leave gaps in are written out
            case _:
                pass
    return True


def _renamed(statements: Sequence[Statement], old: str, new: str) -> list[Statement]:
    """Statements of one level with another name for a tensor."""

    def name(var: str) -> str:
        return new if var == old else var

    if any(isinstance(s, If | For) and any(old in tensors_read(x) for x in walk((s,))) for s in statements):
        return list(statements)
    found: list[Statement] = []
    for s in statements:
        match s:
            case Compute():
                value = replace(s.value, inputs=tuple(map(name, s.value.inputs)))
                found.append(replace(s, targets=tuple(map(name, s.targets)), value=value))
            case Return():
                found.append(replace(s, values=tuple(map(name, s.values)), training=tuple(map(name, s.training))))
            case _:
                found.append(s)
    return found


def _argument(leaf: Expr, arguments: Mapping[str, Expr]) -> Expr | None:
    if isinstance(leaf, Var):
        found = arguments.get(leaf.name)
        if found is None and not leaf.name.startswith("?"):
            raise Untranslatable(f"`{leaf.name}` of a block is unknown outside")
        return found
    return None


def _fits(pattern: d.Pattern, row: Expr, found: dict[str, Expr]) -> bool:
    """Give the names of a loop the values of a row."""
    if pattern.name:
        found[pattern.name] = row
        return True
    items = items_of(row)
    if items is None or len(items) != len(pattern.items):
        return False
    return all(_fits(p, i, found) for p, i in zip(pattern.items, items, strict=True))


def _last_item(pattern: d.Pattern, item: Expr, found: dict[str, Expr]) -> None:
    """What the names of a loop stand for in its last turn."""
    if pattern.name:
        found[pattern.name] = item
    for i, inner in enumerate(pattern.items):
        _last_item(inner, index(item, const(i)), found)


def _numbered(label: str, base: str) -> bool:
    return label.startswith(base) and label[len(base) :].isdecimal()


def _opaque_in(statements: Sequence[Statement]) -> list[Expr]:
    from archc.targets.pytorch.code import exprs, walk

    return [e for s in walk(statements) for e in exprs(s) if _is_opaque(e)]


def _gives_training(s: d.Statement) -> bool:
    match s:
        case d.Return():
            return s.training
        case d.If():
            return any(_gives_training(x) for x in (*s.then, *s.otherwise))
        case _:
            return False


def _returns(body: Sequence[d.Statement]) -> bool:
    """Whether statements surely come to a result of the body."""
    for s in body:
        if isinstance(s, d.Return) and not s.training:
            return True
        if isinstance(s, d.If) and _returns(s.then) and _returns(s.otherwise):
            return True
    return False


def _fields(training: Values) -> tuple[str, ...]:
    """The names of what training returns."""
    found: list[str] = []
    for i, value in enumerate(training):
        hint = _hint(value.var)
        found.append(hint if hint not in ("x", "y") and hint not in found else f"output{i}")
    return tuple(found)


def _hint(var: str) -> str:
    return var.partition("~")[0]


def _together(ends: Sequence[tuple[str, Expr]], t: Translator) -> list[Statement]:
    """Assignments at the end of a turn, each with the values of its beginning."""
    found: list[Statement] = []
    later: list[Statement] = []
    written: set[str] = set()
    for i, (name, e) in enumerate(ends):
        read_later = any(name in variables(other) for _, other in ends[i + 1 :])
        if read_later:
            aside = t.variable(_hint(name))
            found.append(Assign(aside, e))
            later.append(Assign(name, Var(name=aside, type="int")))
        else:
            found.append(Assign(name, e))
        written.add(name)
    return found + later


def _item_kind(item: Expr | None) -> Type:
    return type_of(item) if item is not None else "any"


def _typical(items: Sequence[Expr]) -> Expr | None:
    """An item that has the type of all: of numbers a float if one is."""
    first = items[0]
    rows = [items_of(i) for i in items]
    if all(r is not None for r in rows):
        lengths = {len(r or ()) for r in rows}
        if len(lengths) != 1:
            return Var(name="row", type="tuple")
        columns = zip(*(r or () for r in rows), strict=True)
        inner = [_typical(c) for c in columns]
        if any(i is None for i in inner):
            return None
        return Items(items=tuple(i for i in inner if i is not None))
    kinds = {type_of(i) for i in items}
    if kinds == {"int", "float"}:
        return Var(name="number", type="float")
    if len(kinds) == 1:
        return Var(name="item", type=type_of(first))
    return None


def _is_typed(item: Expr | None) -> bool:
    """Whether all columns of a table are of numbers or lists of them."""
    if isinstance(item, Items):
        return all(map(_is_typed, item.items))
    return item is not None and type_of(item) not in ("kind", "any", "str")


def _unknown_item(over: Expr) -> Expr | None:
    """The type of the items of a list that is a parameter."""
    from archc.network.expr import Apply

    match over:
        case Var(type="tuple"):
            return Var(name="item", type="int")
        case Apply(function="range"):
            return Var(name="item", type="int")
        case Apply(function="enumerate", arguments=(inner,)):
            item = _unknown_item(inner)
            return Items(items=(Var(name="i", type="int"), item)) if item is not None else None
        case Apply(function="zip"):
            rows = [_unknown_item(a) or (_typical(items_of(a) or ()) if items_of(a) else None) for a in over.arguments]
            return Items(items=tuple(r for r in rows if r is not None)) if all(r is not None for r in rows) else None
        case _:
            return None


def _free(chain: d.Chain) -> tuple[list[int], list[str]]:
    """The tensors and names that a chain reads and does not define."""
    numbers: dict[int, None] = {}
    names: dict[str, None] = {}

    def expr(e: Expr | None, bound: frozenset[str], own: frozenset[int]) -> None:
        if e is None:
            return
        for leaf in leaves(e):
            if isinstance(leaf, Var) and leaf.name not in bound:
                names.setdefault(leaf.name)
            if isinstance(leaf, Size) and leaf.tensor not in own:
                numbers.setdefault(leaf.tensor)

    def go(term: d.Term, bound: frozenset[str], own: frozenset[int]) -> None:
        expr(getattr(term, "label", None), bound, own)
        match term:
            case d.Op() | d.BlockCall():
                for g in term.arguments:
                    expr(g.value, bound, own)
            case d.Passed():
                expr(term.callee, bound, own)
                for g in (*term.arguments, *(g for x in term.defaults for g in x.arguments)):
                    expr(g.value, bound, own)
            case d.Tensor():
                if term.tensor not in own:
                    numbers.setdefault(term.tensor)
            case d.Bracket():
                inner = own if term.incoming is None else own | {term.incoming}
                for t in term.chain:
                    go(t, bound, inner)
            case d.Repeat():
                expr(term.count, bound, own)
                for t in term.chain:
                    go(t, bound | {term.variable or "_"}, own)
            case d.For():
                expr(term.over, bound, own)
                for t in term.chain:
                    go(t, bound | set(term.target.names()), own)
            case d.Merge():
                for b in term.branches:
                    for t in b:
                        go(t, bound, own | {term.incoming})
            case d.Guard():
                expr(term.condition, bound, own)
                go(term.then, bound, own)
                if term.otherwise is not None:
                    go(term.otherwise, bound, own)

    for t in chain:
        go(t, frozenset(), frozenset())
    return list(numbers), list(names)


def _title(label: Expr | None, base: str) -> str:
    """The name of a group's class."""
    from archc.network.expr import Text

    if isinstance(label, Const):
        return str(label.value)
    if isinstance(label, Text):
        return "".join(str(p.value) for p in label.parts if isinstance(p, Const)) or base
    return base


def snake(name: str) -> str:
    """`NormLayer` as a parameter is called: `norm_layer`."""
    made = "".join(
        f"_{c.lower()}" if c.isupper() and i and not name[i - 1].isupper() else c.lower() for i, c in enumerate(name)
    )
    return made.replace("__", "_") if made.isidentifier() else name


def _spoken(label: Expr | None) -> str:
    from archc.network.expr import Text

    if isinstance(label, Const):
        return str(label.value)
    if isinstance(label, Text):
        return "".join(str(p.value) if isinstance(p, Const) else "…" for p in label.parts)
    return "group"


def term_span(definition: d.Definition) -> Any:
    """Where a group is to be looked for."""
    return definition.span
