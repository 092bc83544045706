"""Div: the quotient of two tensors."""

from __future__ import annotations

from archc.diagnostics.core import Problem
from archc.ir.autograd import Saved
from archc.ir.cost import Cost, each
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types
from archc.ops._joint import repeated


class Div(Op):
    """The first input divided by the second, written `x / y`.

    An axis of size 1 is repeated, so that a `c x 1 x 1` divides channels.

    Shape:  (c, h, w) and (c, 1, 1) -> (c, h, w)
    Cost:   element-wise: one division per number of the output
    Source: torch.div
    """

    inputs = (2, 2)
    family = "merge"
    pointwise = True
    examples = (
        Example("Div", "256x56x56; 256x1x1", "256x56x56"),
        Example("Div", "64x1x1; 64x7x7", "64x7x7"),
        Example("Div", "8; 8", "8"),
    )

    def infer(self, xs: Types) -> TensorType | Problem:
        return repeated("divide", xs)

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(1, ys[0]))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        """Both gradients need the divisor; that of the divisor also needs the dividend."""
        return Saved("input", 0, needs=1), Saved("input", 1)
