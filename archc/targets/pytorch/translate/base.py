"""The state of a class while it is translated: its expressions, facts and sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archc.ir import definition as d
from archc.ir.data import Callee
from archc.ir.expr import (
    FALSE,
    LENGTH,
    BinaryExpr,
    ConditionalExpr,
    Const,
    Expr,
    Size,
    UnaryExpr,
    Var,
    binary,
    conditional,
    const,
    lift,
    mapped,
    substituted,
    unary,
    variables,
)
from archc.support.record import Struct, field, replace
from archc.targets.pytorch.code import Build, Class, Statement
from archc.targets.pytorch.lower import Dims, Untranslatable
from archc.targets.pytorch.names import Counter
from archc.targets.pytorch.translate.context import (
    ModuleScope,
    TensorVariable,
    TranslationContext,
    Values,
    is_opaque,
    key_of,
)
from archc.targets.pytorch.translate.errors import Monomorphic, MustBeKnown
from archc.targets.pytorch.walk import exprs, walk

AXES = ("channels", "height", "width")


class Base(Struct):
    """The common state of a class while it is translated."""

    t: TranslationContext
    made: Class
    definition: d.BoundDefinition
    names: dict[str, Expr] = field(default_factory=dict)
    tensors: dict[int, TensorVariable] = field(default_factory=dict)
    lists: dict[int, Values] = field(default_factory=dict)
    """The tensors of each list, by its number."""
    facts: dict[Expr, bool] = field(default_factory=dict)
    init: list[Statement] = field(default_factory=list)
    forward: list[Statement] = field(default_factory=list)
    training: Values = ()
    returned: tuple[str, ...] = ()
    """The names of a model's results, if it has several."""
    meanings: dict[str, Expr] = field(default_factory=dict)
    """The variables of the class as expressions over its parameters, for the code that builds it."""
    finals: dict[str, Expr] = field(default_factory=dict)
    """The values of loop-carried variables after their loops, where there is an expression for them."""
    before: int = 0
    """The newest variable that exists on both sides of the choice that is being closed."""
    loops: int = 0
    """The number of loops around the code that is being translated."""
    visited: dict[str, dict[Expr, Build]] = field(default_factory=dict)
    """The shared modules that have been built, and the names that each registers."""
    choices: int = 0
    """The number of undecided choices around the code that is being translated."""
    closing: frozenset[int] = frozenset()
    """The tensors at the end of the body: a `SM` that makes one of them is the head."""

    # -- the class

    def expr(self, e: Expr) -> Expr:
        """Translate an expression of the spec to one over the variables of the class."""
        return mapped(e, self._leaf, self.t.functions)

    def _leaf(self, leaf: Expr) -> Expr | None:
        if isinstance(leaf, Size) and leaf.axis == LENGTH:
            if leaf.tensor not in self.lists:
                raise Untranslatable("the length of a list that may not be there")
            return const(len(self.lists[leaf.tensor]))
        if isinstance(leaf, Size) and (listed := self.lists.get(leaf.tensor)) is not None:
            if any(leaf.axis >= len(v.dims) for v in listed):
                raise Untranslatable("the size of a tensor that may not be there")
            return lift(tuple(v.dims[leaf.axis] for v in listed))
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
        """Translate a condition."""
        condition = self.expr(e)
        return self.known_truth(self._none_tests(condition))

    def known_truth(self, condition: Expr) -> Expr:
        """Translate a condition, and decide it if the known facts do."""
        if condition in self.facts:
            return const(self.facts[condition])
        opposite = unary("not", condition)
        if opposite in self.facts:
            return const(not self.facts[opposite])
        if isinstance(condition, Const):
            return const(bool(condition.value))
        match condition:
            case BinaryExpr(operator="==", left=left, right=Const()):
                for fact, holds in self.facts.items():
                    match fact:
                        case BinaryExpr(operator="==", left=other, right=Const()) if holds and other == left:
                            return FALSE  # a different number: the fact itself was looked up above
        return condition

    def _none_tests(self, e: Expr) -> Expr:
        """`Act != none` is `act is not None`; other comparisons with layers must be known."""

        def go(x: Expr) -> Expr:
            if isinstance(x, BinaryExpr):
                if x.operator in ("==", "!="):
                    sides = (x.left, x.right)
                    if any(isinstance(s, Var) and s.type == "kind" for s in sides):
                        if any(isinstance(s, Const) and s.value is None for s in sides):
                            left, right = sides if isinstance(x.left, Var) else (x.right, x.left)
                            return binary("is not" if x.operator == "!=" else "is", left, right)
                        raise MustBeKnown(variables(x))
                return binary(x.operator, go(x.left), go(x.right))
            if isinstance(x, UnaryExpr) and x.operator == "not":
                return unary("not", go(x.operand))
            if isinstance(x, Var) and x.type == "kind":
                return binary("is not", x, const(None))
            return x

        return go(e)

    def assume(self, condition: Expr, value: bool) -> None:
        """Record that a condition holds, or does not, from here on."""
        match condition:
            case UnaryExpr(operator="not"):
                self.assume(condition.operand, not value)
            case BinaryExpr(operator="and") if value:
                self.assume(condition.left, True)
                self.assume(condition.right, True)
            case BinaryExpr(operator="or") if not value:
                self.assume(condition.left, False)
                self.assume(condition.right, False)
            case _:
                self.facts[condition] = value

    def settled_under(self, values: Values) -> Values:
        """The tensors with the sizes that a condition, now known, selects."""

        def settle(e: Expr) -> Expr:
            while isinstance(e, ConditionalExpr) and isinstance(known := self.known_truth(e.condition), Const):
                e = e.then if known.value else e.otherwise
            return e

        return tuple(replace(v, dims=tuple(map(settle, v.dims))) for v in values)

    def either_size(self, one: Expr, condition: Expr, other: Expr) -> Expr:
        """A size chosen by a condition. A variable from before the choice is used if the other side means the same."""
        found = conditional(one, condition, other)
        if isinstance(found, ConditionalExpr):
            for side in (one, other):
                meaning = self.meanings.get(side.name) if isinstance(side, Var) else None
                if meaning is not None and isinstance(side, Var) and number_of(side.name) <= self.before:
                    sides = (meaning, other) if side is one else (one, meaning)
                    if conditional(sides[0], condition, sides[1]) == meaning:
                        return side
        return found

    def told(self, values: Values) -> tuple[Dims, ...]:
        """The sizes of results over the parameters of the class; an opaque variable if there is no such expression."""
        parameters = {a.name for a in self.made.arguments}

        def leaf(e: Expr) -> Expr | None:
            if isinstance(e, Var) and e.name not in parameters and not e.name.startswith("?"):
                if (known := self.meanings.get(e.name)) is not None:
                    return mapped(known, leaf, self.t.functions)
                return self.t.opaque(self.made.definition)
            return None

        return tuple(tuple(mapped(e, leaf, self.t.functions) for e in v.dims) for v in values)

    def put(self, e: Expr, known: Mapping[str, Expr]) -> Expr:
        """Substitute known variables in an expression."""
        return substituted(e, known, self.t.functions)

    def require_formulas(self) -> None:
        """Raise `Monomorphic` if the class depends on a size without a formula."""
        used = [x for s in (self.made.init, self.made.forward) for e in _opaque_in(s) for x in variables(e)]
        if used:
            owners = [self.t.owners[x] for x in used if self.t.owners.get(x, "") not in ("", *self.t.given_up)]
            raise Monomorphic(owners[0] if owners else key_of(self.definition), "a size has no formula")

    def chosen(self, term: d.BoundTensor) -> Values:
        """The tensors that a chain starts from: one, or a list, or one of a list, whose index must be known."""
        if term.tensor in self.tensors:
            return (self.tensors[term.tensor],)
        if term.tensor not in self.lists:
            raise Untranslatable("a tensor that may not be there")
        listed = self.lists[term.tensor]
        if term.index is None:
            return listed
        index = self.expr(term.index)
        if not isinstance(index, Const):
            raise MustBeKnown(variables(index))
        if not isinstance(index.value, int) or not -len(listed) <= index.value < len(listed):
            raise Untranslatable("a place that the list does not have")
        return (listed[index.value],)

    def incoming(self, number: int, values: Values) -> None:
        """Record the tensors that `in` names inside a macro or merge."""
        if len(values) == 1:
            self.tensors[number] = values[0]
        else:
            self.tensors.pop(number, None)
            self.lists[number] = values

    def counter(self, taken: frozenset[str]) -> Counter:
        """The counter that numbers translated terms, for variable names."""
        return Counter(self.called, self.expr, taken)

    def called(self, term: d.Term) -> str | None:
        """The name that a term suggests for variables; None for a layer that a parameter stands for."""
        match term:
            case d.BoundLayer():
                return term.kind
            case d.BlockCall():
                return self.t.definitions[term.block].called
            case d.BoundParameterCall():
                callee = self.expr(term.callee)
                if isinstance(callee, Const) and isinstance(callee.value, Callee):
                    known = self.t.definitions.get(callee.value.name)
                    return known.called if known else callee.value.name
        return None

    # The methods that the parts of a translation call on each other; `ClassBody` implements them all.

    def begin(
        self, names: Sequence[str], prefixes: Sequence[str], inputs: Sequence[Dims], numbers: Sequence[int]
    ) -> None:
        """Name the inputs; their sizes become parameters."""
        raise NotImplementedError

    def finish(self, results: Values | None) -> None:
        """Build the class."""
        raise NotImplementedError

    def give(self, result: Values) -> None:
        """Translate a `return`."""
        raise NotImplementedError

    def statements(self, body: Sequence[d.Statement], values: Values, scope: ModuleScope, tail: bool) -> Values | None:
        """Translate statements in order. The result of the body, or None if there is none yet."""
        raise NotImplementedError

    def chain(self, chain: d.Chain, values: Values, scope: ModuleScope, tail: bool) -> Values:
        """Translate the terms of a chain in order."""
        raise NotImplementedError

    def term(self, term: d.Term, values: Values, scope: ModuleScope, tail: bool) -> Values:
        """Translate one term."""
        raise NotImplementedError

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
        raise NotImplementedError


def _opaque_in(statements: Sequence[Statement]) -> list[Expr]:
    return [e for s in walk(statements) for e in exprs(s) if is_opaque(e)]


def argument_of(leaf: Expr, arguments: Mapping[str, Expr]) -> Expr | None:
    """The argument for a parameter that an expression of a block names."""
    if isinstance(leaf, Var):
        found = arguments.get(leaf.name)
        if found is None and not leaf.name.startswith("?"):
            raise Untranslatable(f"`{leaf.name}` of a block is unknown outside")
        return found
    return None


def number_of(var: str) -> int:
    """The position at which a variable was defined; 0 for a parameter."""
    number = var.rpartition("~")[2]
    return int(number) if number.isdecimal() else 0


def axis_name(axis: int, rank: int) -> str:
    """The word for an axis of a tensor."""
    return AXES[axis] if axis == 0 or rank == 3 else f"size{axis}"


def hint_of(var: str) -> str:
    """The word at the start of a variable's name."""
    return var.partition("~")[0]
