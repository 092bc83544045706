"""Lowering ops with symbolic values: their output types and their calls in torch, for all values of the unknowns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archc.diagnostics.core import Problem
from archc.ir.data import Callee
from archc.ir.expr import (
    TRUE,
    Const,
    Expr,
    Functions,
    Items,
    binary,
    conditional,
    type_of,
    unary,
    weight,
)
from archc.ir.op import Around, Op
from archc.ir.sym import NeedsValue, PathAnswers, Sym, expr_of, follow, known_or
from archc.ir.torch_call import TorchCall, TorchModule
from archc.ir.types import TensorType
from archc.support.record import Record
from archc.targets.pytorch.code import Arguments, ModuleBuild, Operation
from archc.targets.pytorch.registry import torch_call

Dims = tuple[Expr, ...]


class Untranslatable(Exception):
    """A definition has no class that is right for all its arguments."""


class Lowered(Record):
    """An op applied to tensors: the symbolic op, its output types, the conditions under which it is valid, its call."""

    outputs: tuple[Dims, ...]
    facts: Mapping[Expr, bool]
    call: TorchCall
    stateful: bool
    before: tuple[str, ...]
    after: tuple[str, ...]
    op: Op


def symbol(e: Expr, paths: PathAnswers) -> Any:
    """The value of an op's argument: a plain value if it is known, otherwise a `Sym`."""
    if isinstance(e, Const):
        return e.value.name if isinstance(e.value, Callee) else e.value
    if isinstance(e, Items):
        return tuple(symbol(i, paths) for i in e.items)
    kind = type_of(e)
    if kind in ("str", "kind", "any"):
        raise NeedsValue(e)
    return known_or(e, paths, kind)


class _Application(Record):
    """An op applied to symbols. Its rules are followed along `paths`, the answers to their questions about symbols."""

    kind: type[Op]
    arguments: Mapping[str, Expr]
    inputs: Sequence[Dims]

    def types(self, paths: PathAnswers) -> tuple[TensorType, ...]:
        return tuple(TensorType.model_construct(dims=tuple(known_or(d, paths, "int") for d in x)) for x in self.inputs)

    def around(self, paths: PathAnswers) -> Around:
        """The op with what is done before and after it."""
        op = self.kind.build({n: symbol(e, paths) for n, e in self.arguments.items()})
        if isinstance(op, tuple):
            raise Untranslatable(f"{self.kind.kind()} does not take these arguments")
        return op.around(self.types(paths))

    def inferred(self, paths: PathAnswers) -> tuple[tuple[Dims, ...], Around] | None:
        """The sizes of its outputs; None on a path that ends in a problem."""
        around = self.around(paths)
        if around.before:
            return (), around
        result = around.op.infer(self.types(paths))
        if isinstance(result, Problem):
            return None
        outputs = (result,) if isinstance(result, TensorType) else result
        return tuple(tuple(expr_of(d) for d in y.dims) for y in outputs), around

    def called(self, paths: PathAnswers) -> TorchCall:
        return torch_call(self.around(paths).op, self.types(paths))

    def has_weights(self, paths: PathAnswers) -> bool:
        return bool(self.around(paths).op.weights(self.types(paths)))


def lower(
    kind: type[Op],
    arguments: Mapping[str, Expr],
    inputs: Sequence[Dims],
    known: Mapping[Expr, bool],
    functions: Functions,
) -> Lowered:
    """Apply an op with these arguments to tensors of these types. Raises `NeedsValue` and `Untranslatable`."""
    application = _Application(kind, arguments, inputs)
    try:
        ways = [(answers, made) for answers, made in follow(known, application.inferred) if made is not None]
    except (TypeError, AttributeError, IndexError) as error:
        raise Untranslatable(f"the rule of {kind.kind()} does not take symbols: {error}") from None
    if not ways:
        raise Untranslatable(f"{kind.kind()} is not allowed here")
    facts = {c: v for c, v in ways[0][0].items() if all(answers.get(c) == v for answers, _ in ways)}
    first_outputs, around = ways[0][1]
    outputs = tuple(
        tuple(_joined([(answers, made[0][i][axis]) for answers, made in ways]) for axis in range(len(dims)))
        for i, dims in enumerate(first_outputs)
    )
    now = {**known, **facts}
    calls = [_shown(made) for _, made in follow(now, application.called)]
    first = calls[0]
    if any(c[0] != first[0] for c in calls):
        raise Untranslatable(f"torch writes {kind.kind()} in several ways here")
    stateful = any(made for _, made in follow(now, application.has_weights))
    return Lowered(_lightest(outputs, inputs, now), facts, first[1], stateful, around.before, around.after, around.op)


def _joined(ways: Sequence[tuple[Mapping[Expr, bool], Expr]]) -> Expr:
    """A size that depends on the path taken, as a conditional expression."""
    if all(e == ways[0][1] for _, e in ways):
        return ways[0][1]
    result = ways[-1][1]
    for answers, e in reversed(ways[:-1]):
        condition: Expr = TRUE
        for question, answer in answers.items():
            condition = binary("and", condition, question if answer else unary("not", question))
        result = conditional(e, condition, result)
    return result


def _lightest(outputs: tuple[Dims, ...], inputs: Sequence[Dims], facts: Mapping[Expr, bool]) -> tuple[Dims, ...]:
    """The shortest of several expressions for a size that are known to be equal, as for the branches of a sum."""
    if len(inputs) < 2 or len(outputs) != 1:
        return outputs
    found: list[Expr] = []
    for axis, size in enumerate(outputs[0]):
        others = [x[axis] for x in inputs if len(x) == len(outputs[0])]
        equal = [o for o in others if o == size or _known_equal(size, o, facts)]
        found.append(min([size, *equal], key=weight))
    return (tuple(found),)


def _known_equal(one: Expr, other: Expr, facts: Mapping[Expr, bool]) -> bool:
    return any(
        facts.get(binary("==", a, b)) is True or facts.get(binary("!=", a, b)) is False
        for a, b in ((one, other), (other, one))
    )


def divides(facts: Mapping[Expr, bool]) -> Callable[[Expr, int], bool]:
    """Whether a number is known to be a multiple of another."""

    def known(e: Expr, by: int) -> bool:
        rest = binary("%", e, Const(value=by))
        if isinstance(rest, Const):
            return rest.value == 0
        return facts.get(binary("!=", rest, Const(value=0))) is False

    return known


def _shown(call: TorchCall) -> tuple[object, TorchCall]:
    """The parts of a call that are printed, as comparable data."""
    module = call.module and (call.module.target, expr_of(call.module.args), arguments_of(call.module.kwargs))
    expression = call.expression and (call.expression.template, arguments_of(call.expression.values))
    return (module, expression, call.definition), call


def arguments_of(values: Mapping[str, object]) -> Arguments:
    """Keyword arguments as expressions."""
    return tuple((n, _plain(v)) for n, v in values.items())


def _plain(value: object) -> Expr:
    return expr_of(value)


def layer(kind: type[Op], call: TorchCall) -> ModuleBuild:
    """The module of a call. Raises `Untranslatable` for an op without one."""
    module: TorchModule | None = call.module
    if module is None:
        raise Untranslatable(f"{kind.kind()} is no module of its own")
    sources = tuple(s for s in (call.definition, call.module_definition) if s)
    args = tuple(expr_of(a) for a in module.args)
    kwargs = module.kwargs
    defaults = arguments_of(kwargs.defaults)
    use, precedence = ("", "call") if module.use is None else (module.use.template, module.use.precedence)
    return ModuleBuild(
        kind, module.target, args, arguments_of(kwargs), defaults, sources, call.inplace, use=use, precedence=precedence
    )


def operation(kind: type[Op], call: TorchCall, inputs: tuple[str, ...]) -> Operation:
    """The function of a call, applied to these variables. Raises `Untranslatable` for an op without one."""
    made = call.expression
    if made is None:
        raise Untranslatable(f"{kind.kind()} is no function")
    sources = (call.definition,) if call.definition else ()
    written = {n: value for n, value in made.values.items() if f"{{{n}}}" in made.template}
    return Operation(kind, made.template, arguments_of(written), inputs, made.precedence, sources, call.inplace)


def is_symbol(value: object) -> bool:
    """Whether a value is unknown."""
    return isinstance(value, Sym)
