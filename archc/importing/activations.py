"""Activation functions that a model computes itself: `x * sigmoid(x)` is `SiLU`.

The layer's results may differ from the model's by rounding, which the proof of an import allows for.
"""

from __future__ import annotations

from collections.abc import Sequence

from archc.importing.steps import OpStep, SingleReaderSteps, absorbed
from archc.support.record import replace

Expression = tuple["str | Expression", ...]
"""The name of a step and its operands. `x` is the tensor that the function is applied to."""

_CLIPPED: Expression = ("ReLU6", ("+3", "x"))
FUNCTIONS: tuple[tuple[str, Expression], ...] = (
    ("HSigmoid", ("/6", _CLIPPED)),
    ("HSwish", ("/6", ("Mul", "x", _CLIPPED))),
    ("HSwish", ("Mul", "x", ("HSigmoid", "x"))),
    ("HSwish", ("Mul", "x", ("/6", _CLIPPED))),
    ("SiLU", ("Mul", "x", ("Sigmoid", "x"))),
    ("Mish", ("Mul", "x", ("Tanh", ("Softplus", "x")))),
)
_BY_OUTERMOST = {name: [f for f in FUNCTIONS if f[1][0] == name] for name in {f[1][0] for f in FUNCTIONS}}
"""The functions by the name of their last step."""


def activated(steps: Sequence[OpStep], outputs: Sequence[int]) -> list[OpStep]:
    """The steps, with each computation of an activation function replaced by its layer."""
    return absorbed(steps, outputs, _layer)


def _layer(step: OpStep, inner: SingleReaderSteps) -> tuple[OpStep, Sequence[OpStep]] | None:
    """The layer of the activation function that a step ends, and the steps before it that are in it."""
    one = _function(step, inner)
    if one is None:
        return None
    kind, (start, parts) = one
    return replace(step, kind=kind, arguments={}, inputs=(start,)), parts


Match = tuple[int, tuple[OpStep, ...]]
"""The tensor that `x` stands for, and the steps inside the expression."""


def _function(step: OpStep, inner: SingleReaderSteps) -> tuple[str, Match] | None:
    candidates = _BY_OUTERMOST.get(_name(step), ())
    found = ((kind, _match(expression, step, inner)) for kind, expression in candidates)
    return next(((kind, match) for kind, match in found if match is not None), None)


def _match(expression: Expression, step: OpStep, inner: SingleReaderSteps) -> Match | None:
    """Read a step as an expression, with its operands in either order."""
    name, *operands = expression
    if _name(step) != name or len(step.inputs) != len(operands):
        return None
    for inputs in (step.inputs, step.inputs[::-1]):
        pairs = zip(operands, inputs, strict=True)
        found = [m for operand, number in pairs if (m := _operand(operand, number, inner)) is not None]
        if len(found) == len(operands) and len({start for start, _ in found}) == 1:
            return found[0][0], tuple(part for _, parts in found for part in parts)
    return None


def _operand(operand: str | Expression, number: int, inner: SingleReaderSteps) -> Match | None:
    """Read a tensor as an operand."""
    if isinstance(operand, str):
        return number, ()
    step = inner[number]
    match = _match(operand, step, inner) if step is not None else None
    return (match[0], (step, *match[1])) if step is not None and match is not None else None


def _name(step: OpStep) -> str:
    """The kind of a step; of arithmetic with a number, the operation and the number."""
    if step.kind != "Arithmetic":
        return step.kind if all(value == 1 for value in step.arguments.values()) else ""
    sign, number, first = (step.arguments[name] for name in ("sign", "number", "first"))
    if first:
        return ""
    return "/6" if (sign, number) == ("*", 1 / 6) else f"{sign}{number:g}"
