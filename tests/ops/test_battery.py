"""Every op of the registry agrees with torch: its examples, and arguments and inputs drawn by hypothesis.

Every registered op is tested. Draws start from an example and change some of its arguments and sizes according to the
JSON schema of the op's fields, so that no op needs its own strategy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archc.diagnostics.core import Problem
from archc.ir.expr import Expr, Var, evaluate
from archc.ir.op import Op
from archc.ir.sym import NeedsValue, PathAnswers, Sym, expr_of
from archc.ir.types import TensorType, Types
from archc.ops import registry
from archc.targets.figure.labels import label as label_of
from archc.targets.pytorch.registry import torch_call
from tests.support.autograd import keeping
from tests.support.terms import arguments_of, expanded, op_of, outputs, types_of
from tests.support.torch_calls import Lambda, dims, live, shapes, tensors

KINDS = list(registry().values())
EXAMPLES = [pytest.param(k, e, id=e.term) for k in KINDS for e in k.examples]
TRAINED = [
    pytest.param(k, e, id=e.term) for k in KINDS if k.weights is not Op.weights and k.inputs[0] for e in k.examples
]
DRAWS = 100
FITTING: Mapping[str, tuple[str, int | None, Callable[[TensorType], int]]] = {
    "Reshape": ("shape", None, lambda x: x.elements),
    "FromTokens": ("size", 2, lambda x: x.channels),
}
"""Ops with an argument whose product must be a size of the input: its name, how many numbers it has, and the size."""
DIVIDING: Mapping[str, tuple[str, Callable[[TensorType, Mapping[str, Any]], Sequence[int]]]] = {
    "Windows": ("size", lambda x, a: x.dims[:2] if a.get("channels") == "last" else x.dims[1:]),
    "WindowAttention": ("heads", lambda x, a: x.dims[-1:]),
    "CosineWindowAttention": ("heads", lambda x, a: x.dims[-1:]),
}
"""Ops with an argument that must divide sizes of the input, one number each."""
SEVERAL = settings(
    max_examples=DRAWS,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def agrees_with_torch(op: Op, xs: Types) -> None:
    """Compare the shape, state dict and multiply-accumulates of one op in each of its forms."""
    ys = outputs(op, xs)
    assert not isinstance(ys, Problem), ys
    for form in live(op, xs):
        form.eval()
        with torch.no_grad():
            result = form(*tensors(xs))
        assert shapes(result) == dims(ys)
        state = {name: (tuple(t.shape), str(t.dtype)) for name, t in form.state_dict().items()}
        weights = {name or "weight": (w.shape, f"torch.{w.dtype}") for name, w in op.weights(xs).items()}
        assert list(state.items()) == list(weights.items())
        trained = {name or "weight" for name, w in op.weights(xs).items() if w.kind == "parameter"}
        assert trained == {name for name, _ in form.named_parameters()}
        form.requires_grad_(False).to("meta")  # the counter misses some kernels of the CPU
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            form(*(x.to("meta") for x in tensors(xs, 1)))
        assert counter.get_total_flops() == 2 * op.cost(xs, ys).macs.value  # a MAC is 2 operations


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_example(kind: type[Op], example: Any) -> None:
    xs = types_of(example.inputs)
    op = op_of(example.term)
    assert type(op) is kind
    for part in expanded(op, xs):
        agrees_with_torch(part, xs) if torch_call(part, xs) != torch_call(op_of("Input([1])"), ()) else None
        found = outputs(part, xs)
        assert not isinstance(found, Problem)
        xs = found
    assert xs == types_of(example.outputs)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.kind())
def test_documented(kind: type[Op]) -> None:
    """A docstring with shape, cost and source; a label that can be filled; a JSON form that can be read."""
    assert kind.__doc__ is not None
    for heading in ("Shape:", "Cost:", "Source:"):
        assert heading in kind.__doc__, f"{kind.kind()} says no {heading}"
    assert len(kind.examples) >= 1
    for example in kind.examples:
        op = op_of(example.term)
        label = label_of(kind).format(**{name: getattr(op, name) for name in kind.model_fields})
        assert label and "\n" not in label
        assert kind.model_validate_json(op.model_dump_json()) == op
        hash(op)


# -- draws --------------------------------------------------------------------------------------------------------


def values(schema: Mapping[str, Any], axes: int) -> st.SearchStrategy[Any]:
    """Values for an argument with this JSON schema; sizes are small, so that torch is fast.

    A list with a number per axis usually has as many as the input of the example, `axes`.
    """
    if "anyOf" in schema:
        return st.one_of([values(s, axes) for s in schema["anyOf"]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            low = schema.get("minimum", -4)
            return st.sampled_from([n for n in (-3, -1, 0, 1, 2, 3, 4, 5, 6, 8, 12) if n >= low])
        case "number":
            low, high = schema.get("minimum", schema.get("exclusiveMinimum", -4)), schema.get("maximum", 4)
            return st.sampled_from([n for n in (-3.5, -1, 0, 0.01, 0.3, 0.5, 1, 2.25, 3) if low < n <= high])
        case "string":
            return st.sampled_from(["ReLU", "SM"])
        case "array":
            least, most = schema.get("minItems", 1), schema.get("maxItems", 4)
            items = values(schema["items"], axes)
            free = st.lists(items, min_size=least, max_size=most)
            fitting = st.lists(items, min_size=axes, max_size=axes)
            return st.one_of(fitting, fitting, fitting, free) if (least, most) == (1, 3) else free
    raise AssertionError(f"no strategy for {schema}")


@st.composite
def draws(draw: st.DrawFn, kind: type[Op]) -> tuple[dict[str, Any], Types]:
    """Arguments and inputs near one of the op's examples, with small sizes."""
    example = draw(st.sampled_from(kind.examples))
    arguments = arguments_of(example.term)[1]
    properties = kind.model_json_schema()["properties"] if kind.model_fields else {}
    xs = types_of(example.inputs)
    for name, schema in properties.items():
        if draw(st.integers(0, 3)) == 0:
            arguments[name] = draw(values(schema, max(1, xs[0].axes) if xs else 2))
    if xs:
        change = draw(st.sampled_from(["no", "no", "sizes", "sizes", "all", "one"]))
        xs = changed(draw, xs, change)
    if kind.kind() in FITTING and draw(st.integers(0, 3)):
        name, axes, number = FITTING[kind.kind()]
        arguments[name] = draw(factors(number(xs[0]), axes))
    if kind.kind() in DIVIDING and draw(st.integers(0, 3)):
        name, sizes = DIVIDING[kind.kind()]
        parts = [
            draw(st.sampled_from([n for n in range(1, size + 1) if size % n == 0])) for size in sizes(xs[0], arguments)
        ]
        arguments[name] = parts if len(parts) > 1 else parts[0]
    return arguments, xs


@st.composite
def factors(draw: st.DrawFn, number: int, count: int | None) -> list[int]:
    """Integers whose product is `number`: a given number of them, or a few."""
    found: list[int] = []
    for _ in range(count - 1 if count else draw(st.integers(0, 3))):
        found.append(draw(st.sampled_from([n for n in range(1, number + 1) if number % n == 0])))
        number //= found[-1]
    return [*found, number]


def changed(draw: st.DrawFn, xs: Types, change: str) -> Types:
    """The inputs, perhaps with other rows and columns (the same for all), other channels, or a different one."""
    few = [x.channels if x.channels <= 64 else 24 for x in xs]
    rest = [draw(st.integers(1, 13 if len(xs[0].dims) < 4 else 5)) for _ in xs[0].dims[1:]]
    if change == "no" and all(x.elements <= 4_000 for x in xs):
        return xs
    if change == "all":
        few = [draw(st.sampled_from([1, 2, 3, 4, 6, 8, 12]))] * len(xs)
    kept = [[1] * len(rest) if x.dims[1:] == (1, 1) else rest for x in xs]
    types = [TensorType(dims=(c, *r)) for c, r in zip(few, kept, strict=True)]
    if change == "one":
        odd = draw(st.integers(0, len(xs) - 1))
        types[odd] = TensorType(dims=tuple(draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))))
    return tuple(types)


def count_valid(kind: type[Op], check: Any) -> None:
    """Run `check` on many draws, and check that enough of them are valid for a meaningful test."""
    valid = total = 0

    @SEVERAL
    @given(draws(kind))
    def run(drawn: tuple[dict[str, Any], Types]) -> None:
        nonlocal valid, total
        total += 1
        op = kind.build(drawn[0])
        if isinstance(op, tuple):
            assert all(p.message() for p in op)
            return
        xs = drawn[1]
        for part in expanded(op, xs):
            ys = outputs(part, xs)
            if isinstance(ys, Problem):
                assert ys.code.startswith("E03") and ys.message()
                assert isinstance(ys.label() + ys.note() + ys.help(), str)
                return
            check(part, xs)
            xs = ys
        valid += 1

    run()
    distinct = bool(kind.model_fields) or kind.inputs != (0, 0)
    assert not distinct or (valid >= 20 and valid >= 0.3 * total), f"{valid} of {total} draws were valid"


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.kind())
def test_draws_agree_with_torch(kind: type[Op]) -> None:
    torch.manual_seed(0)
    count_valid(kind, agrees_with_torch)


# -- what autograd keeps ------------------------------------------------------------------------------------------


def keeps_what_autograd_keeps(op: Op, xs: Types) -> None:
    """Compare the storages that autograd keeps for a layer, except weights and buffers, and the views it makes."""
    ys = outputs(op, xs)
    assert not isinstance(ys, Problem)
    for form in live(op, xs):
        form.train()
        given = [t.requires_grad_() * 1 for t in tensors(xs)]
        state = {t.untyped_storage().data_ptr() for t in (*form.parameters(), *form.buffers())}
        with keeping() as kept:
            result = form(*given)
        made = (result,) if isinstance(result, torch.Tensor) else tuple(result)
        found = {s.data_ptr(): s.nbytes() for t in kept if (s := t.untyped_storage()).data_ptr() not in state}
        told: dict[int, int] = {}
        for i, saved in enumerate(op.saves(xs, ys)):
            if saved.of == "new":
                told[-i] = saved.elements * (1 if saved.batch else 2) * (8 if saved.dtype == "int64" else 4)
            else:
                storage = (given if saved.of == "input" else made)[saved.index].untyped_storage()
                told[storage.data_ptr()] = storage.nbytes()
        assert sorted(found.values()) == sorted(told.values()), op
        assert {p for p in told if p > 0} <= found.keys()
        sources = {t.untyped_storage().data_ptr() for t in given}
        shared = {t.untyped_storage().data_ptr() in sources for t in made}
        assert shared == {op.views(xs, training=True)}, op
        if shared == {True} or any(t.untyped_storage().data_ptr() in found for t in made):
            assert op.needs_output, op
        form.eval()
        with torch.no_grad():
            result = form(*given)
        made = (result,) if isinstance(result, torch.Tensor) else tuple(result)
        assert {t.untyped_storage().data_ptr() in sources for t in made} == {op.views(xs, training=False)}, op


@pytest.mark.parametrize("kind", [k for k in KINDS if k.inputs != (0, 0)], ids=lambda k: k.kind())
def test_autograd_keeps_what_the_op_says(kind: type[Op]) -> None:
    torch.manual_seed(0)
    count_valid(kind, keeps_what_autograd_keeps)


@pytest.mark.parametrize("kernel", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2])
def test_autograd_keeps_what_is_padded(kernel: int, stride: int) -> None:
    """Without padding, that is the input itself."""
    xs = types_of("4x6x6")
    op = op_of(f'Conv(3, {kernel}, {stride}, pad="same")').around(xs).op
    keeps_what_autograd_keeps(op, xs)


@pytest.mark.parametrize(("kind", "example"), TRAINED)
def test_a_frozen_layer_keeps_what_its_input_needs(kind: type[Op], example: Any) -> None:
    xs = types_of(example.inputs)
    for op in expanded(op_of(example.term), xs):
        ys = outputs(op, xs)
        assert not isinstance(ys, Problem)
        for form in live(op, xs):
            form.eval().requires_grad_(False)
            state = {t.untyped_storage().data_ptr() for t in (*form.parameters(), *form.buffers())}
            with keeping() as kept:
                form(*(t.requires_grad_() * 1 for t in tensors(xs)))
            storages = {s.data_ptr(): s.nbytes() for t in kept if (s := t.untyped_storage()).data_ptr() not in state}
            types = {"input": xs, "output": ys}
            told = [
                (s.elements if s.of == "new" else types[s.of][s.index].elements) * (1 if s.batch else 2) * 4
                for s in op.saves(xs, ys)
                if not s.trained
            ]
            assert sorted(n for n in storages.values() if n) == sorted(told), op
        xs = ys


# -- symbols ------------------------------------------------------------------------------------------------------


class Symbols:
    """Replaces numbers by symbols and remembers their values, which answer comparisons."""

    def __init__(self) -> None:
        self.variables: dict[str, object] = {}
        self.paths = Answers({})
        self.paths.values = self.variables

    def of(self, value: object) -> Any:
        """The value with every number in it replaced by a symbol."""
        if isinstance(value, tuple):
            return tuple(self.of(v) for v in value)
        if value is None or isinstance(value, str):
            return value
        name = f"v{len(self.variables)}"
        self.variables[name] = value
        kind = type(value).__name__
        return Sym(Var(name=name, type=cast(Any, kind)), self.paths, cast(Any, kind))


class Answers(PathAnswers):
    """Answers each comparison by the values."""

    values: dict[str, object]

    def decide(self, condition: Expr) -> bool:
        return bool(evaluate(condition, self.values, {}))


def worked_out(value: Any, known: dict[str, object]) -> Any:
    """A value with every symbol evaluated."""
    if isinstance(value, tuple):
        return tuple(worked_out(v, known) for v in value)
    return evaluate(expr_of(value), known, {}) if isinstance(value, Sym) else value


def keeps_symbols(op: Op, xs: Types) -> None:
    """Check that with symbolic arguments and sizes, the op gives equal sizes and weights, and equivalent code."""
    symbols = Symbols()
    symbolic = type(op).build({name: symbols.of(getattr(op, name)) for name in type(op).model_fields})
    assert isinstance(symbolic, Op), symbolic
    sym_xs = tuple(TensorType.model_construct(dims=symbols.of(x.dims)) for x in xs)
    try:
        ys, sym_ys = outputs(op, xs), outputs(symbolic, sym_xs)
    except NeedsValue:
        return  # the number of tensors is known: there is a class for each
    assert not isinstance(ys, Problem) and not isinstance(sym_ys, Problem)
    known = symbols.variables
    assert [tuple(y.dims) for y in ys] == [worked_out(y.dims, known) for y in sym_ys]
    shapes = {n: w.shape for n, w in op.weights(xs).items()}
    assert shapes == {n: worked_out(w.shape, known) for n, w in symbolic.weights(sym_xs).items()}
    for plain, form in zip(live(op, xs), live(symbolic, sym_xs, known), strict=True):
        assert squared(plain) == squared(form) or type(plain) is not type(form)  # a computed 1 is not left out
        form.load_state_dict(plain.state_dict())
        plain.eval(), form.eval()
        given = tensors(xs)
        with torch.no_grad():
            one, two = plain(*given), form(*given)
        torch.testing.assert_close(one, two, rtol=0, atol=0, equal_nan=True)


def squared(form: nn.Module) -> str:
    """Torch's text of a module, with sizes such as (2, 2) as 2; empty for an expression."""
    return "" if isinstance(form, Lambda) else re.sub(r"\(([\w.]+)(?:, \1)+\)", r"\1", repr(form))


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.kind())
def test_symbols_agree_with_numbers(kind: type[Op]) -> None:
    torch.manual_seed(0)
    count_valid(kind, keeps_symbols)
