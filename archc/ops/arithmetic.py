"""Arithmetic: an operator between a tensor and a number."""

from __future__ import annotations

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.branches import DividedByZero
from archc.diagnostics.problems.shapes import WrongCount
from archc.ir.arguments import Flag, NumberOrNumbers, Sign
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, each
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types


class Arithmetic(Op):
    """A tensor and a number, written `0.17 * x`, `x + 3`, `1 - x`, `x / 6`.

    With `first`, the number is the left operand. A list has a number for each channel: `x - mean`.

    Shape:  unchanged; a list has c numbers
    Cost:   element-wise: one operation per number
    Source: Szegedy et al. 2016, arXiv:1602.07261, section 3.3; Srivastava et al. 2015, arXiv:1505.00387, equation 3
    """

    sign: Sign
    number: NumberOrNumbers
    first: Flag = False

    family = "merge"
    pointwise = True
    examples = (
        Example('Arithmetic("*", 0.17, true)', "320x17x17", "320x17x17"),
        Example('Arithmetic("-", 1, first=true)', "64", "64"),
        Example('Arithmetic("/", 2)', "8x16x16", "8x16x16"),
        Example('Arithmetic("/", 2, true)', "8x6x6", "8x6x6"),
        Example('Arithmetic("-", [0.485, 0.456, 0.406])', "3x224x224", "3x224x224"),
    )

    def module_of(self, x: TensorType) -> tuple[int, ...]:
        return (len(x.dims),) if isinstance(self.number, tuple) else ()

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        numbers = self.number if isinstance(self.number, tuple) else (self.number,)
        if len(numbers) != 1 and len(numbers) != x.channels:
            return WrongCount(name="", count=len(numbers), channels=x.channels, at=ParamRef("number"))
        if self.sign == "/" and not self.first and any(n == 0 for n in numbers):
            return DividedByZero(at=ParamRef("number"))
        return x

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(1, xs[0]))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        """Only division by the tensor keeps something: torch multiplies by the reciprocal."""
        if self.sign != "/" or not self.first:
            return ()
        return (Saved("input"),) if isinstance(self.number, tuple) else (new("reciprocal", xs[0].elements),)
