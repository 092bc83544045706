"""Guards and `if` statements, whose conditions may be unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archc.ir import definition as d
from archc.ir.expr import (
    TRUE,
    Const,
    Expr,
    conditional,
    variables,
)
from archc.support.record import replace
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
        counts, facts, tensors, names = dict(scope.counts), dict(self.facts), dict(self.tensors), dict(self.names)
        position, mark = scope.position, self.t.fresh
        outer, head, heads = (self.init, self.forward), self.made.head, list[Operation | None]()
        sides: list[
            tuple[
                list[Statement],
                list[Statement],
                Values | None,
                dict[int, TensorVariable],
                dict[str, Expr],
                dict[str, Expr],
                bool,
            ]
        ] = []
        returned = [_returns(s.then), _returns(s.otherwise)]
        self.choices += 1
        for way, body in ((True, s.then), (False, s.otherwise)):
            scope.counts, self.facts, self.tensors, self.names = dict(counts), dict(facts), dict(tensors), dict(names)
            scope.position = position
            self.init, self.forward, self.made.head = [], [], head
            self.assume(condition, way)
            whole = list(body)
            ends = returned[0 if way else 1]
            result = self.statements(whole, values, scope, tail)
            if not ends and any(returned):
                # The other side has returned: the statements that follow belong to this one.
                other_side = s.otherwise if way else s.then
                scope.counts = larger(scope.counts, self.counter(scope.taken).statements(other_side, counts))
                self.rejoin(s, way)
                result = self.statements(rest, values, scope, tail)
            sides.append((self.init, self.forward, result, self.tensors, self.names, scope.counts, ends))
            heads.append(self.made.head)
        self.choices -= 1
        _require_one_head(condition, heads)
        self.init, self.forward = outer
        self.facts, self.names, self.before = facts, names, mark
        scope.counts = larger(
            self.behind(sides[0][5], sides[0][0], s.then, counts, scope),
            self.behind(sides[1][5], sides[1][0], s.otherwise, counts, scope),
        )
        if any(returned):
            self.init.append(PyIf(condition, tuple(sides[0][0]), tuple(sides[1][0])))
            self.forward.append(PyIf(condition, tuple(sides[0][1]), tuple(sides[1][1])))
            one, other = sides[0][2], sides[1][2]
            if one is None or other is None or len(one) != len(other):
                raise MustBeKnown(variables(condition))
            return self.joined_results(condition, one, other), True
        for join in s.joins:
            if join.then in self.lists or join.otherwise in self.lists:
                raise MustBeKnown(variables(condition))  # the tensors of a list
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
        self.init.append(PyIf(condition, tuple(sides[0][0]), tuple(sides[1][0])))
        self.forward.append(PyIf(condition, tuple(sides[0][1]), tuple(sides[1][1])))
        return None, False

    def behind(
        self,
        counts: Counts,
        init: Sequence[Statement],
        text: tuple[d.Statement, ...] | d.Term | None,
        before: Counts,
        scope: ModuleScope,
    ) -> Counts:
        """Express the sizes after one side of a choice in terms of values from before it: the side may not be taken."""
        own = set(writes(init))
        if text is None or not any(variables(e) & own for e in counts.values()):
            return counts
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

    def joined_results(self, condition: Expr, one: Values, other: Values) -> Values:
        """Join the results of a body that returns on both sides."""
        if any(len(a.dims) != len(b.dims) for a, b in zip(one, other, strict=True)):
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
            taken, other = (term.then, term.otherwise) if condition.value else (term.otherwise, term.then)
            before = dict(scope.counts)
            made = self.term(taken, values, scope, tail) if taken is not None else values
            if other is not None:
                scope.counts = larger(scope.counts, counter.term(other, before))
            return made
        counts, facts, tensors, position = dict(scope.counts), dict(self.facts), dict(self.tensors), scope.position
        loose, mark = dict(scope.loose), self.t.fresh
        outer, head, heads = (self.init, self.forward, scope.body), self.made.head, list[Operation | None]()
        sides: list[tuple[list[Statement], list[Statement], list[Statement], Values, dict[str, Expr], Expr]] = []
        marks: list[dict[str, Expr]] = []
        self.choices += 1
        for way, side in ((True, term.then), (False, term.otherwise)):
            scope.counts, self.facts, self.tensors = dict(counts), dict(facts), dict(tensors)
            scope.position, scope.loose = position, dict(loose) if way else marks[0]
            self.init, self.forward, scope.body, self.made.head = [], [], [], head
            self.assume(condition, way)
            made = self.term(side, self.settled_under(values), scope, tail) if side is not None else values
            sides.append((self.init, self.forward, scope.body, made, scope.counts, scope.position))
            marks.append(scope.loose)
            heads.append(self.made.head)
        self.choices -= 1
        _require_one_head(condition, heads)
        self.init, self.forward, scope.body = outer
        self.facts, self.tensors, self.before = facts, tensors, mark
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
            scope.body.append(PyIf(condition, tuple(one[2]), tuple(other_side[2])))
            dims = tuple(
                self.either_size(x, condition, y) for x, y in zip(one[3][0].dims, other_side[3][0].dims, strict=True)
            )
            same = one[3][0].var == other_side[3][0].var
            return (TensorVariable(one[3][0].var if same else self.t.variable("y"), dims),)
        return self.guarded(condition, term, values, one, other_side)

    def guarded(self, condition: Expr, term: d.BoundGuard, values: Values, one: Any, other: Any) -> Values:
        """Translate a guard in a body that has a `forward`."""
        if (simple := self.optional(condition, values, one, other)) is not None:
            return simple
        joined: list[TensorVariable] = []
        for a, b in zip(one[3], other[3], strict=True):
            dims = tuple(self.either_size(x, condition, y) for x, y in zip(a.dims, b.dims, strict=True))
            if a.var == b.var:
                joined.append(TensorVariable(a.var, dims))
                continue
            var = self.t.variable("y")
            one[1].append(Compute((var,), Copy((a.var,)), a.dims))
            other[1].append(Compute((var,), Copy((b.var,)), b.dims))
            joined.append(TensorVariable(var, dims))
        if one[0] or other[0]:
            self.init.append(PyIf(condition, tuple(one[0]), tuple(other[0])))
        if one[1] or other[1]:
            self.forward.append(PyIf(condition, tuple(one[1]), tuple(other[1])))
        return tuple(joined)

    def optional(self, condition: Expr, values: Values, one: Any, other: Any) -> Values | None:
        """Translate a guard to one module: optional (else `nn.Identity`), or one of two of the same name."""

        def alone(side: Any) -> tuple[Register, Compute] | None:
            if len(side[0]) != 1 or len(side[1]) != 1 or len(values) != 1 or len(side[3]) != 1:
                return None
            match side[0][0], side[1][0]:
                case (Register() as register, Compute(value=CallModule(inputs=(var,))) as call) if var == values[0].var:
                    learned = isinstance(register.build, ModuleBuild) and register.build.use
                    return (register, call) if register.condition == TRUE and not learned else None
            return None

        first = alone(one)
        if first is None:
            return None
        register, call = first
        assert isinstance(call.value, CallModule)
        dims = tuple(self.either_size(x, condition, y) for x, y in zip(one[3][0].dims, other[3][0].dims, strict=True))
        if not other[0] and not other[1] and [v.var for v in other[3]] == [v.var for v in values]:
            known = isinstance(register.name, Const) and not str(register.name.value).isdecimal()
            if self.loops and known:  # it exists in one turn, and must not be called in the others
                return None
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
        return (TensorVariable(var, dims),)


def _require_one_head(condition: Expr, heads: Sequence[Operation | None]) -> None:
    """A class has one head, or none, whichever side of a choice is taken."""
    one, other = (None if head is None else replace(head, inputs=()) for head in heads)
    if one != other:
        raise MustBeKnown(variables(condition))


def _returns(body: Sequence[d.Statement]) -> bool:
    """Whether every path through the statements reaches a result of the body."""
    for s in body:
        if isinstance(s, d.BoundReturn) and not s.training:
            return True
        if isinstance(s, d.BoundIf) and _returns(s.then) and _returns(s.otherwise):
            return True
    return False
