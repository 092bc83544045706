"""Every layer on inputs with other sizes and numbers of axes is rejected with a diagnostic, or compiles.

Emitted code is validated. Every registered op is tested.
"""

from __future__ import annotations

import pytest

from archc.ir.op import Op
from archc.ops import registry
from archc.targets.pytorch import emit
from tests.support.specs import codes, network

SHAPES = ("1", "9", "1x1", "9x8", "1x1x1", "3x2x2", "12x1x9", "64x4x4", "4x3x5x6", "2x3x4x4x8", "2x2x2x2x2x2")
EXAMPLES = [pytest.param(e.term, e.inputs, id=e.term) for kind in registry().values() for e in kind.examples]
SINGLE = [e for e in EXAMPLES if e.values[1] and ";" not in str(e.values[1])]


def written(text: str) -> list[str]:
    """The codes of the errors of a spec, which is compiled if it has none."""
    found = codes(text)
    if not found:
        emit((network(text),), "archc compile", "test")
    return found


def applied(term: str, shapes: list[str]) -> str:
    """A model that applies a layer to inputs of these shapes."""
    lines = "".join(f"  input x{i}: {shape}\n" for i, shape in enumerate(shapes))
    read = ", ".join(f"x{i}" for i in range(len(shapes)))
    return f"model m {{\n{lines}  ({read}) - {term}\n}}\n"


@pytest.mark.parametrize(("term", "inputs"), EXAMPLES)
def test_a_layer_takes_any_input_or_says_what_it_wants(term: str, inputs: str) -> None:
    for shape in SHAPES:
        written(applied(term, [shape] * (inputs.count(";") + 1)))


def others(shape: str) -> list[str]:
    """Shapes that differ from this one in one size, or in the number of axes."""
    dims = [int(n) for n in shape.split("x")]
    changed = [[*dims[:axis], 2 * n, *dims[axis + 1 :]] for axis, n in enumerate(dims)]
    more = [[*dims, 2], dims[:-1]] if len(dims) > 1 else [[*dims, 2]]
    return ["x".join(map(str, each)) for each in (*changed, *more)]


@pytest.mark.parametrize(("term", "shape"), SINGLE)
@pytest.mark.parametrize("form", ["{}", "({})"])
def test_a_shared_layer_takes_two_inputs_or_says_why_not(form: str, term: str, shape: str) -> None:
    for other in others(shape):
        inputs = f"  input a: {shape}\n  input b: {other}\n"
        found = written(f"model m {{\n{inputs}  shared e: {form.format(term)}\n  return a - e, b - e\n}}\n")
        if form != "{}" and shape.count("x") != other.count("x"):
            assert found


VALUES = (
    "0",
    "1",
    "2",
    "-1",
    "1.5",
    "1e30",
    "true",
    "none",
    '"same"',
    "[]",
    "[1, 2]",
    "[[0, 1], [1, 2]]",
    "3x3",
    "ReLU",
)


@pytest.mark.parametrize("kind", [pytest.param(k, id=k.kind()) for k in registry().values() if k.model_fields])
def test_an_argument_takes_any_value_or_says_what_it_wants(kind: type[Op]) -> None:
    for example in (e for e in kind.examples[:2] if e.inputs):
        name, bracket, given = example.term.removesuffix(")").partition("(")
        for field in kind.model_fields:
            for value in VALUES:
                for before in {"", f"{given}, " if bracket else ""}:
                    written(applied(f"{name}({before}{field}={value})", example.inputs.split("; ")))
