"""Evaluating expressions. This is pure, total and bounded: no input makes it raise, hang or exhaust memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

from archc.diagnostics.core import REPORTED, ErrorSentinel, Label, Problem, Reporter
from archc.diagnostics.problems.limits import TooDeep, TooLarge
from archc.diagnostics.problems.names import MissingArgument, UnknownArgument, UnknownName
from archc.diagnostics.problems.parameters import BadArithmetic, WrongType
from archc.diagnostics.problems.structure import TensorCount
from archc.diagnostics.problems.warnings.structure import UnequalZip
from archc.diagnostics.source import Frame, Span
from archc.diagnostics.words.near import nearest
from archc.elaborate.values import (
    DEPTH,
    Binding,
    DefinitionRef,
    Entry,
    Env,
    OpRef,
    Poisoned,
    Tensors,
    Unresolved,
    Value,
    describe,
    items_in,
)
from archc.ir.expr import BUILTINS, OPERATORS, Var
from archc.ir.types import TensorType
from archc.resolve.arguments import ArgumentMismatch, argument_name, match_names
from archc.resolve.budget import Budget
from archc.support.record import Record, replace
from archc.syntax import tree
from archc.syntax.arguments import call_with, counted
from archc.syntax.unparse import expression as expression_text
from archc.syntax.walk import walk

LEVELS = 600
"""The maximum nesting of expressions in nested `fn` calls, since evaluation recurses once per level."""

_CALL = 10
"""The steps for a call of a `fn`."""
_AT_ONCE = 16
"""The number of items of a list, or characters of a text, per step."""


class _Failure(Exception):
    """Ends an evaluation with a problem to report. Never leaves this module."""

    def __init__(self, problem: Problem, span: Span) -> None:
        self.problem = problem
        self.span = span


class _AlreadyReported(Exception):
    """Ends an evaluation silently: the error has been reported."""


class Evaluator(Record):
    """Evaluates expressions at one place of a spec. `meaning` resolves names that are not variables of `env`."""

    env: Env
    reporter: Reporter
    budget: Budget
    frame: Frame | None
    type_of: Callable[[Tensors], TensorType | None]
    meaning: Callable[[tree.Tree, str, Env], Entry | OpRef | None]
    depth: int = 0
    levels: int = 0

    def value(self, expression: tree.Expression) -> Value | ErrorSentinel:
        """The value, or an error sentinel if it has none, which is reported."""
        if type(expression) is tree.Literal_:
            return expression.value
        if type(expression) is tree.Name and type(entry := self.env.find(expression.name)) is Binding:
            return entry.value
        try:
            return self._value(expression)
        except _Failure as failure:
            labels = tuple(self._passed(expression, failure))
            return self.reporter.add(failure.problem, failure.span, frame=self.frame, labels=labels)
        except _AlreadyReported:
            return REPORTED

    def _reported(self, entry: Poisoned) -> _AlreadyReported:
        """The exception for a name whose value could not be computed."""
        if isinstance(entry, Unresolved):
            self.reporter.again()
        return _AlreadyReported()

    def _passed(self, expression: tree.Expression, failure: _Failure) -> Iterator[Label]:
        """The places where the values of wrong names were written, if elsewhere."""
        if not isinstance(failure.problem, WrongType | BadArithmetic):
            return
        names = (n for n, _ in walk(expression) if isinstance(n, tree.Name))
        for name in dict.fromkeys(n.name for n in names if n.span.file == failure.span.file):
            entry = self.env.find(name)
            if isinstance(entry, Binding) and isinstance(entry.value, int | float | str | tuple):
                yield Label(entry.span, f"`{name}` is {describe(entry.value)} from here")

    def _value(self, e: tree.Expression) -> Value:
        match e:  # most frequent first
            case tree.Name():
                return self._name(e)
            case tree.Literal_():
                return e.value
            case tree.Binary():
                return self._binary(e)
            case tree.Conditional():
                return self._value(e.then if self._truth(e.condition) else e.otherwise)
            case tree.Attribute():
                return self._attribute(e)
            case tree.Shape():
                return e.dims
            case tree.Sequence():
                return self._bounded(tuple(self._value(i) for i in e.items), e.span)
            case tree.Unary():
                return self._unary(e)
            case tree.Index():
                return self._index(e)
            case tree.CallExpression():
                return self._call(e)
            case tree.Template():
                return self._text(e)

    def _name(self, e: tree.Name) -> Value:
        match self.meaning(e, e.name, self.env):
            case Binding(value=value):
                return value
            case Poisoned() as poisoned:
                raise self._reported(poisoned)
            case DefinitionRef() | OpRef() as callee:
                return callee
            case Tensors():
                raise _Failure(WrongType(what="an expression", found=f"the tensor `{e.name}`"), e.span)
            case None:  # it is assigned in a branch that is not taken
                pass
        from archc.diagnostics.words.unknown import unknown_value  # needed only for unknown names

        raise _Failure(unknown_value(e.name, tuple(self.env.all_names())), e.span)

    def _attribute(self, e: tree.Attribute) -> Value:
        match e.of:
            case tree.Name() as name:
                return self._size(e, self._named(e, name))
            case tree.Index(of=tree.Name() as name) if not isinstance(self.env.find(name.name), Binding):
                return self._size(e, self._item(e.of, name))
            case _:
                raise _Failure(WrongType(what=f"`.{e.name}`", found="anything but a tensor"), e.span)

    def _named(self, e: tree.Attribute, name: tree.Name) -> Tensors:
        entry = self.meaning(name, name.name, self.env)
        if isinstance(entry, Binding) and isinstance(entry.value, tuple):
            advice = f"the length of a list is `len({name.name})`, an item `{name.name}[0]`"
            raise _Failure(UnknownName(name=e.name, what="property of a list", advice=advice), e.name_span)
        return self._tensors(name, entry)

    def _item(self, e: tree.Index, name: tree.Name) -> Tensors:
        """One tensor of a list."""
        tensors = self._tensors(name, self.meaning(name, name.name, self.env))
        if not tensors.is_list:
            advice = "a list of tensors is named with a star: `*xs = …`"
            raise _Failure(WrongType(what="an index", found=f"the tensor `{name.name}`", advice=advice), name.span)
        if tensors.of_any_number(self.type_of):
            raise _AlreadyReported
        return Tensors((tensors.refs[self._position(e, len(tensors.refs))],), tensors.called)

    def _size(self, e: tree.Attribute, tensors: Tensors) -> Value:
        type_ = self.type_of(tensors)
        if type_ is None:
            several = TensorCount(name=f"`{expression_text(e)}`", wanted="1 tensor", given=len(tensors.refs))
            raise _Failure(several, e.span)
        places = {"channels": 0, "height": 1, "width": 2}
        if not type_.is_known:
            raise _AlreadyReported
        if e.name not in places:
            from archc.diagnostics.words.unknown import unknown_property

            raise _Failure(unknown_property(e.name, places), e.name_span)
        if places[e.name] >= len(type_.dims):
            found = f"a tensor of shape {type_}, which is no image"
            sizes = " and ".join(f"`.{name}` ({size})" for name, size in zip(places, type_.dims, strict=False))
            advice = f"its {'size is' if len(type_.dims) == 1 else 'sizes are'} {sizes}"
            raise _Failure(WrongType(what=f"`.{e.name}`", found=found, advice=advice), e.span)
        return type_.dims[places[e.name]]

    def _tensors(self, e: tree.Name, entry: Entry | OpRef | None) -> Tensors:
        match entry:
            case Tensors() as tensors:
                return tensors
            case Poisoned() as poisoned:
                raise self._reported(poisoned)
            case None:
                near = nearest(e.name, self.env.tensor_names())
                raise _Failure(UnknownName(name=e.name, what="tensor", nearest=near), e.span)
            case other:
                found = describe(other.value if isinstance(other, Binding) else other)
                raise _Failure(WrongType(what="a tensor's property", found=found), e.span)

    def _truth(self, e: tree.Expression) -> bool:
        value = self._value(e)
        if isinstance(value, DefinitionRef | OpRef):
            raise _Failure(WrongType(what="a condition", found=describe(value)), e.span)
        return bool(value)

    def _unary(self, e: tree.Unary) -> Value:
        if e.operator == "not":
            return not self._truth(e.operand)
        value = self._value(e.operand)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _Failure(WrongType(what=f"`{e.operator}`", found=describe(value)), e.operand.span)
        return -value if e.operator == "-" else value

    def _binary(self, e: tree.Binary) -> Value:
        if e.operator == "and":
            return self._value(e.right) if self._truth(e.left) else self._value(e.left)
        if e.operator == "or":
            return self._value(e.left) if self._truth(e.left) else self._value(e.right)
        left, right = self._value(e.left), self._value(e.right)
        if type(left) is type(right) is int and e.operator in OPERATORS:
            return self._arithmetic(e, left, right)
        if e.operator in ("==", "!="):
            return (left == right) == (e.operator == "==")
        if e.operator == "in":
            return self._contains(e, left, right)
        if e.operator == "+" and isinstance(left, tuple) and isinstance(right, tuple):
            return self._bounded(left + right, e.span)
        if e.operator == "*" and isinstance(left, tuple) and type(right) is int:
            if len(left) * right > self.budget.limits.items:
                raise _Failure(TooLarge(what="this list", limit=f"{self.budget.limits.items:,} items"), e.span)
            return self._bounded(left * right, e.span)
        for side, value in ((e.left, left), (e.right, right)):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise _Failure(WrongType(what=f"`{e.operator}`", found=describe(value)), side.span)
        return self._arithmetic(e, cast("int | float", left), cast("int | float", right))

    def _contains(self, e: tree.Binary, left: Value, right: Value) -> bool:
        if not isinstance(right, tuple):
            raise _Failure(WrongType(what="`in`", found=describe(right)), e.right.span)
        return left in right

    def _arithmetic(self, e: tree.Binary, left: int | float, right: int | float) -> Value:
        power = e.operator == "**" and isinstance(left, int) and isinstance(right, int) and right > 0
        if power and (int(left).bit_length() - 1) * right > self.budget.limits.bits:  # the result has at least as many
            raise _Failure(TooLarge(what="this power", limit=f"2**{self.budget.limits.bits}"), e.span)
        try:
            return self._bounded(OPERATORS[e.operator](left, right), e.span)
        except ZeroDivisionError:
            raise _Failure(BadArithmetic(reason="this divides by zero"), e.right.span) from None
        except (OverflowError, ValueError):
            limit = f"2**{self.budget.limits.bits}"
            raise _Failure(TooLarge(what="this number", limit=limit), e.span) from None

    def _bounded(self, value: Value | range, span: Span) -> Value:
        limits = self.budget.limits
        if isinstance(value, int):
            if value.bit_length() > limits.bits:
                raise _Failure(TooLarge(what="this number", limit=f"2**{limits.bits}"), span)
            return value
        if isinstance(value, complex):
            raise _Failure(BadArithmetic(reason="this root of a negative number is not a real number"), span)
        if isinstance(value, str):
            if len(value) > limits.items:
                raise _Failure(TooLarge(what="this text", limit=f"{limits.items:,} characters"), span)
            self._spend(len(value) // _AT_ONCE, span)
        if isinstance(value, tuple | range):
            items = len(value) if isinstance(value, range) else items_in(value, limits.items)
            if items > limits.items:
                problem = TooLarge(what="this list", limit=f"{limits.items:,} items, {DEPTH} lists deep")
                raise _Failure(problem, span)
            self._spend(items // _AT_ONCE, span)
        return tuple(value) if isinstance(value, range) else value

    def _spend(self, steps: int, span: Span) -> None:
        if steps and (passed := self.budget.spend(steps)) is not None:
            raise _AlreadyReported if isinstance(passed, ErrorSentinel) else _Failure(passed, span)

    def _index(self, e: tree.Index) -> Value:
        of = self._value(e.of)
        if not isinstance(of, tuple):
            text = expression_text(e.of)
            advice = f"`{text}` is one value: write it without the index, or make it a list, `[{text}, …]`"
            if isinstance(of, int | float) and not isinstance(of, bool):
                advice = f"`{text}` is one number: write it without the index, or make it a list, `[{of}, {of * 2}]`"
            raise _Failure(WrongType(what="an index", found=describe(of), advice=advice), e.of.span)
        return of[self._position(e, len(of))]

    def _position(self, e: tree.Index, count: int) -> int:
        """The index into a list of `count` items."""
        index = self._value(e.index)
        if isinstance(index, bool) or not isinstance(index, int):
            raise _Failure(WrongType(what="an index", found=describe(index)), e.index.span)
        if not -count <= index < count:
            advice = ""
            if isinstance(e.of, tree.Name):
                last = f"0 to {count - 1}" if count else "none"
                advice = f"`{e.of.name}` has the items {last}; `range(len({e.of.name}))` goes through them"
            problem = BadArithmetic(reason=f"there is no item {index} in a list of {count}", advice=advice)
            raise _Failure(problem, e.index.span)
        return index

    def _text(self, e: tree.Template) -> str:
        parts: list[str] = []
        for part in e.parts:
            value = part if isinstance(part, str) else self._value(part)
            if not isinstance(value, str | int | float):
                raise _Failure(WrongType(what="a text", found=describe(value)), e.span)
            parts.append(str(value))
        text = "".join(parts)
        self._bounded(text, e.span)
        return text

    def _call(self, e: tree.CallExpression) -> Value:
        entry = self.meaning(e, e.function, self.env)
        if isinstance(entry, DefinitionRef) and isinstance(entry.tree, tree.Function):
            return self._function(e, entry, entry.tree)
        if isinstance(entry, Poisoned):
            raise self._reported(entry)
        if any(a.name for a in e.arguments):
            named = next(a for a in e.arguments if a.name)
            extra = UnknownArgument(callee=e.function, name=str(named.name), nearest="", known=())
            raise _Failure(extra, argument_name(named))
        if (listed := self._listed(e)) is not None:
            return len(listed.refs)
        values = [self._value(a.value) for a in e.arguments]
        if e.function == "zip" and len({len(v) for v in values if isinstance(v, tuple)}) > 1:
            from archc.syntax.unparse import expression as expression_text

            texts = tuple(expression_text(a.value) for a in e.arguments)
            lengths = tuple(len(v) for v in values if isinstance(v, tuple))
            labels = tuple(self._passed(e, _Failure(WrongType(what="", found=""), e.span)))
            self.reporter.add(UnequalZip(lengths=lengths, texts=texts), e.span, frame=self.frame, labels=labels)
        try:
            return self._bounded(BUILTINS[e.function](*values), e.span)
        except (TypeError, AttributeError):
            found = ", ".join(describe(v) for v in values) or "nothing"
            raise _Failure(self._unfit(e, values, found), e.span) from None
        except (ValueError, OverflowError):
            raise _Failure(BadArithmetic(reason=f"`{e.function}` has no value here"), e.span) from None

    def _listed(self, e: tree.CallExpression) -> Tensors | None:
        """The list of tensors in a call of `len(xs)`."""
        named = counted(e)
        entry = self.meaning(named, named.name, self.env) if named is not None else None
        if not isinstance(entry, Tensors) or not entry.is_list:
            return None
        if entry.of_any_number(self.type_of):
            raise _AlreadyReported
        return entry

    def _unfit(self, e: tree.CallExpression, values: list[Value], found: str) -> WrongType:
        """The problem with the arguments of a function, most often a number instead of a list."""
        from archc.syntax.unparse import expression as expression_text

        single = len(values) == 1 and isinstance(values[0], int | float) and not isinstance(values[0], bool)
        if e.function in ("enumerate", "len", "sum", "zip") and single:
            given = e.arguments[0].value
            entry = self.env.find(given.name) if isinstance(given, tree.Name) else None
            text = str(values[0]) if isinstance(entry, Binding) else expression_text(given)
            advice = f"a list has brackets: `[{text}]`"
            return WrongType(what=f"`{e.function}`", found=found, wanted="a list", advice=advice)
        return WrongType(what=f"`{e.function}`", found=found)

    def _function(self, e: tree.CallExpression, defined: DefinitionRef, function: tree.Function) -> Value:
        self._spend(_CALL, e.span)
        levels = self.levels + max(depth for _, depth in walk(function))
        if self.depth >= DEPTH or levels > LEVELS:
            raise _Failure(TooDeep(limit=min(DEPTH, self.depth), what="`fn` calls", name=defined.name), e.span)
        inner = replace(self, env=Env(defined.home), depth=self.depth + 1, levels=levels)
        arguments = match_names(defined.name, tuple(p.name for p in function.parameters), e.arguments)
        if isinstance(arguments, ArgumentMismatch):
            raise _Failure(arguments.problem, arguments.span)
        for parameter in function.parameters:
            if (argument := arguments.get(parameter.name)) is not None:
                value, span = self._value(argument.value), argument.span
            elif parameter.default is not None:
                value, span = inner._value(parameter.default), parameter.span
            else:
                missing = [p.name for p in function.parameters if p.default is None and p.name not in arguments]
                call = call_with(defined.name, e.arguments, missing)
                problem = MissingArgument(callee=defined.name, name=parameter.name, call=call)
                raise _Failure(problem, e.span)
            inner.env.names[parameter.name] = Binding(value, Var(name=parameter.name), span)
        return inner._value(function.value)
