"""Guards and `if` statements, whose conditions may be unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archc.ir import definition as d
from archc.ir.expr import (
    TRUE,
    Const,
    Expr,
    conditional,
    variables,
)
from archc.support.record import Record, replace
from archc.targets.pytorch.code import (
    CallModule,
    Choose,
    Compute,
    Copy,
    ModuleBuild,
    Operation,
    PyIf,
    PyReturn,
    Register,
    Sequential,
    Statement,
)
from archc.targets.pytorch.names import Counts, larger
from archc.targets.pytorch.translate.context import ModuleScope, TensorVariable, Values
from archc.targets.pytorch.translate.ends import gives_training
from archc.targets.pytorch.translate.errors import MustBeKnown
from archc.targets.pytorch.translate.loops import Loops
from archc.targets.pytorch.walk import writes


class Side(Record):
    """The translation of one side of a choice: its statements and results, and the state after it."""

    init: list[Statement]
    forward: list[Statement]
    body: list[Statement]
    results: Values | None
    tensors: dict[int, TensorVariable]
    names: dict[str, Expr]
    counts: Counts
    position: Expr
    head: Operation | None


class Choices(Loops):
    """Translates terms and statements under a condition."""

    def branch(
        self, s: d.BoundIf, rest: Sequence[d.Statement], values: Values, scope: ModuleScope, tail: bool
    ) -> tuple[Values | None, bool]:
        """Translate `if`: its result, if it has one, and whether that ends the body."""
        condition = self.truth(s.condition)
        counter = self.counter(scope.taken)
        if isinstance(condition, Const):
            taken, other = (s.then, s.otherwise) if condition.value else (s.otherwise, s.then)
            before = dict(scope.counts)
            ends = _returns(taken)
            if ends and not any(gives_training(x) for x in rest):
                result = self.statements(taken, values, scope, tail)
                return result, True
            result = self.inner(taken, values, scope, tail)
            scope.counts = larger(scope.counts, counter.statements(other, before))
            self.rejoin(s, bool(condition.value))
            if result is not None:
                return self.ended(result, rest, values, scope, tail), True
            return None, False
        if any(gives_training(x) for x in (*s.then, *s.otherwise)):
            raise MustBeKnown(variables(condition))
        return self.either(s, condition, rest, values, scope, tail)

    def ended(
        self, result: Values, rest: Sequence[d.Statement], values: Values, scope: ModuleScope, tail: bool
    ) -> Values:
        """Translate what follows a result: only tensors that training returns still matter."""
        for s in rest:
            if gives_training(s):
                self.statements((s,), values, scope, False) if not isinstance(s, d.BoundIf) else self.branch(
                    s, (), values, scope, False
                )
        self.give(result)
        return result

    def inner(self, body: Sequence[d.Statement], values: Values, scope: ModuleScope, tail: bool) -> Values | None:
        """Translate the statements of a side that falls through, without returning its result yet."""
        mark = len(self.forward)
        result = self.statements(body, values, scope, tail)
        if result is not None and len(self.forward) > mark and isinstance(self.forward[-1], PyReturn):
            self.forward.pop()
        return result

    def either(
        self, s: d.BoundIf, condition: Expr, rest: Sequence[d.Statement], values: Values, scope: ModuleScope, tail: bool
    ) -> tuple[Values | None, bool]:
        """Translate an `if` with an unknown condition."""
        counts = dict(scope.counts)
        returned = {True: _returns(s.then), False: _returns(s.otherwise)}

        def side(way: bool) -> Values | None:
            taken, left = (s.then, s.otherwise) if way else (s.otherwise, s.then)
            result = self.statements(taken, values, scope, tail)
            if returned[way] or not returned[not way]:
                return result
            # The other side has returned: the statements that follow belong to this one.
            scope.counts = larger(scope.counts, self.counter(scope.taken).statements(left, counts))
            self.rejoin(s, way)
            return self.statements(rest, values, scope, tail)

        one, other = self.sides(condition, scope, side)
        scope.counts = larger(self.behind(one, s.then, counts, scope), self.behind(other, s.otherwise, counts, scope))
        if any(returned.values()):
            self.choose(condition, one, other)
            return self.joined_results(condition, one.results, other.results), True
        for join in s.joins:
            if join.then in self.lists or join.otherwise in self.lists:
                raise MustBeKnown(variables(condition))  # the tensors of a list
            then = one.tensors.get(join.then) if join.then is not None else None
            otherwise = other.tensors.get(join.otherwise) if join.otherwise is not None else None
            self.join(condition, join.tensor, then, otherwise, one.forward, other.forward)
        for name in dict.fromkeys((*one.names, *other.names)):
            one_value, other_value = one.names.get(name), other.names.get(name)
            if name in self.names and one_value == other_value:
                continue
            if one_value is not None and other_value is not None:
                self.names[name] = conditional(one_value, condition, other_value)
            elif (only := one_value or other_value) is not None:
                self.names[name] = only
        self.choose(condition, one, other)
        return None, False

    def sides(
        self, condition: Expr, scope: ModuleScope, translate: Callable[[bool], Values | None]
    ) -> tuple[Side, Side]:
        """Translate both sides of an unknown choice, each from the state before it, which is then restored.

        The counts and the position of `scope` are left for the caller to join.
        """
        counts, position, mark = dict(scope.counts), scope.position, self.t.fresh
        facts, tensors, names = self.facts, self.tensors, self.names
        outer, head = (self.init, self.forward, scope.body), self.made.head
        found: list[Side] = []
        self.choices += 1
        for way in (True, False):
            self.facts, self.tensors, self.names = dict(facts), dict(tensors), dict(names)
            scope.counts, scope.position = dict(counts), position
            self.init, self.forward, scope.body, self.made.head = [], [], [], head
            self.assume(condition, way)
            results = translate(way)
            made = self.init, self.forward, scope.body, results
            found.append(Side(*made, self.tensors, self.names, scope.counts, scope.position, self.made.head))
        self.choices -= 1
        self.init, self.forward, scope.body = outer
        self.facts, self.tensors, self.names, self.before = facts, tensors, names, mark
        one, other = found
        if _without_inputs(one.head) != _without_inputs(other.head):  # a class has one head, or none
            raise MustBeKnown(variables(condition))
        return one, other

    def choose(self, condition: Expr, one: Side, other: Side) -> None:
        """Add what the sides of a choice do, in a body that has a `forward`."""
        if one.init or other.init:
            self.init.append(PyIf(condition, tuple(one.init), tuple(other.init)))
        if one.forward or other.forward:
            self.forward.append(PyIf(condition, tuple(one.forward), tuple(other.forward)))

    def behind(
        self, side: Side, text: tuple[d.Statement, ...] | d.Term | None, before: Counts, scope: ModuleScope
    ) -> Counts:
        """Express the sizes after one side of a choice in terms of values from before it: the side may not be taken."""
        own = set(writes([*side.init, *side.body]))
        if text is None or not any(variables(e) & own for e in side.counts.values()):
            return side.counts
        counter = self.counter(scope.taken)
        return counter.statements(text, before) if isinstance(text, tuple) else counter.term(text, before)

    def rejoin(self, s: d.BoundIf, way: bool) -> None:
        """Use, after a side that falls through, the names that it has assigned."""
        for join in s.joins:
            number = join.then if way else join.otherwise
            if number is not None and number in self.tensors:
                self.tensors[join.tensor] = self.tensors[number]
            if number is not None and number in self.lists:
                self.lists[join.tensor] = self.lists[number]

    def join(
        self,
        condition: Expr,
        number: int,
        then: TensorVariable | None,
        otherwise: TensorVariable | None,
        one: list[Statement],
        other: list[Statement],
    ) -> None:
        """Join a tensor that both sides of an `if` name."""
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
        self.tensors[number] = TensorVariable(var, dims)

    def joined_results(self, condition: Expr, one: Values | None, other: Values | None) -> Values:
        """Join the results of both sides of a choice: their sizes, under the variables of the first."""
        if one is None or other is None or list(map(_rank, one)) != list(map(_rank, other)):
            raise MustBeKnown(variables(condition))
        return tuple(
            TensorVariable(a.var, tuple(self.either_size(x, condition, y) for x, y in zip(a.dims, b.dims, strict=True)))
            for a, b in zip(one, other, strict=True)
        )

    def guard(self, term: d.BoundGuard, values: Values, scope: ModuleScope, tail: bool) -> Values:
        """Translate `term if (condition) else term`."""
        condition = self.truth(term.condition)
        counter = self.counter(scope.taken)
        if isinstance(condition, Const):
            taken, left = (term.then, term.otherwise) if condition.value else (term.otherwise, term.then)
            before = dict(scope.counts)
            made = self.term(taken, values, scope, tail) if taken is not None else values
            if left is not None:
                scope.counts = larger(scope.counts, counter.term(left, before))
            return made
        counts = dict(scope.counts)

        def side(way: bool) -> Values:
            text = term.then if way else term.otherwise
            return self.term(text, self.settled_under(values), scope, tail) if text is not None else values

        one, other = self.sides(condition, scope, side)
        scope.counts = larger(
            self.behind(one, term.then, counts, scope), self.behind(other, term.otherwise, counts, scope)
        )
        scope.position = conditional(one.position, condition, other.position)
        joined = self.joined_results(condition, one.results, other.results)
        if not scope.sequence:
            return self.guarded(condition, values, joined, one, other)
        scope.body.append(PyIf(condition, tuple(one.body), tuple(other.body)))
        same = [v.var for v in one.results or ()] == [v.var for v in other.results or ()]
        return joined if same else tuple(replace(v, var=self.t.variable("y")) for v in joined)

    def guarded(self, condition: Expr, values: Values, joined: Values, one: Side, other: Side) -> Values:
        """Translate a guard in a body that has a `forward`; `joined` are the sizes of its results."""
        if (simple := self.optional(condition, values, joined, one, other)) is not None:
            return simple
        found: list[TensorVariable] = []
        for v, a, b in zip(joined, one.results or (), other.results or (), strict=True):
            if a.var != b.var:
                v = replace(v, var=self.t.variable("y"))
                one.forward.append(Compute((v.var,), Copy((a.var,)), a.dims))
                other.forward.append(Compute((v.var,), Copy((b.var,)), b.dims))
            found.append(v)
        self.choose(condition, one, other)
        return tuple(found)

    def optional(self, condition: Expr, values: Values, joined: Values, one: Side, other: Side) -> Values | None:
        """Translate a guard to one module: optional (else `nn.Identity`), or one of two of the same name."""

        def alone(side: Side) -> tuple[Register, Compute] | None:
            if len(values) != 1 or len(joined) != 1:
                return None
            match side.init, side.forward:
                case ([Register() as register], [Compute(value=CallModule(inputs=(var,))) as call]) if (
                    var == values[0].var
                ):
                    learned = isinstance(register.build, ModuleBuild) and register.build.use
                    return (register, call) if register.condition == TRUE and not learned else None
            return None

        first = alone(one)
        if first is None:
            return None
        register, call = first
        assert isinstance(call.value, CallModule)
        if not other.init and not other.forward and [v.var for v in other.results or ()] == [v.var for v in values]:
            known = isinstance(register.name, Const) and not str(register.name.value).isdecimal()
            if self.loops and known:  # it exists in one turn, and must not be called in the others
                return None
            if not known or register.name in self.t.not_optional.get(self.made.definition, ()):
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
        made = replace(joined[0], var=call.targets[0])
        self.forward.append(Compute((made.var,), replace(call.value, build=build), made.dims))
        return (made,)


def _rank(value: TensorVariable) -> int:
    return len(value.dims)


def _without_inputs(head: Operation | None) -> Operation | None:
    return None if head is None else replace(head, inputs=())


def _returns(body: Sequence[d.Statement]) -> bool:
    """Whether every path through the statements reaches a result of the body."""
    for s in body:
        if isinstance(s, d.BoundReturn) and not s.training:
            return True
        if isinstance(s, d.BoundIf) and _returns(s.then) and _returns(s.otherwise):
            return True
    return False
