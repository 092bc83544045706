"""Activation functions that a model computes itself: `x * sigmoid(x)` is `SiLU`.

The layer's results may differ from the model's by rounding, which the proof of an import allows for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archc.importing.steps import OpStep
from archc.support.record import Record, replace

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


def activated(steps: Sequence[OpStep], outputs: Sequence[int]) -> list[OpStep]:
    """The steps, with each computation of an activation function replaced by its layer."""
    readers: dict[int, int] = dict.fromkeys(outputs, 1)
    for step in steps:
        for number in step.inputs:
            readers[number] = readers.get(number, 0) + 1
    makers = {number: step for step in steps for number in step.outputs}
    gone: set[int] = set()
    found: list[OpStep] = []
    for step in steps:
        one = _function(step, SingleReaderSteps(step.run, makers, readers))
        if one is not None:
            kind, (start, parts) = one
            gone |= {id(part) for part in parts}
            found.append(replace(step, kind=kind, arguments={}, inputs=(start,)))
        else:
            found.append(step)
    return [step for step in found if id(step) not in gone]


class SingleReaderSteps(Record):
    """The steps that only one other step reads, in one run of a module."""

    run: int
    makers: Mapping[int, OpStep]
    readers: Mapping[int, int]

    def __getitem__(self, number: int) -> OpStep | None:
        """The step that makes a tensor."""
        step = self.makers.get(number)
        return step if step is not None and step.run == self.run and self.readers[number] == 1 else None


Match = tuple[int, tuple[OpStep, ...]]
"""The tensor that `x` stands for, and the steps inside the expression."""


def _function(step: OpStep, inner: SingleReaderSteps) -> tuple[str, Match] | None:
    for kind, expression in FUNCTIONS:
        for match in _matches(expression, step, inner):
            return kind, match
    return None


def _matches(expression: Expression, step: OpStep, inner: SingleReaderSteps) -> Iterator[Match]:
    """The ways to read a step as an expression."""
    name, *operands = expression
    if _name(step) != name or len(step.inputs) != len(operands):
        return
    for inputs in (step.inputs, step.inputs[::-1]):
        starts, parts = set[int](), tuple[OpStep, ...]()
        for operand, number in zip(operands, inputs, strict=True):
            if isinstance(operand, str):
                starts.add(number)
            elif (within := inner[number]) is not None:
                for start, more in _matches(operand, within, inner):
                    starts.add(start)
                    parts += (within, *more)
                    break
                else:
                    break
            else:
                break
        else:
            if len(starts) == 1:
                yield starts.pop(), parts


def _name(step: OpStep) -> str:
    """The kind of a step; of arithmetic with a number, the operation and the number."""
    if step.kind != "Arithmetic":
        return step.kind if all(value == 1 for value in step.arguments.values()) else ""
    sign, number, first = (step.arguments[name] for name in ("sign", "number", "first"))
    if first:
        return ""
    return "/6" if (sign, number) == ("*", 1 / 6) else f"{sign}{number:g}"
