"""Sub: the difference of two tensors."""

from __future__ import annotations

from archc.diagnostics.core import Problem
from archc.ir.cost import Cost, each
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types
from archc.ops._joint import equal


class Sub(Op):
    """The first input minus the second, written `x - y`.

    Shape:  both inputs have one shape, which is unchanged
    Cost:   element-wise: one subtraction per number
    Source: torch.sub
    """

    inputs = (2, 2)
    family = "merge"
    pointwise = True
    examples = (Example("Sub", "256x56x56; 256x56x56", "256x56x56"), Example("Sub", "8; 8", "8"))
    keeps = "nothing"

    def infer(self, xs: Types) -> TensorType | Problem:
        return equal("subtract", xs)

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(1, ys[0]))
