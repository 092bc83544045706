"""Add: the sum of branches."""

from __future__ import annotations

from archc.diagnostics.core import Problem
from archc.ir.cost import Cost, Formula, extent
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types
from archc.ops._joint import equal


class Add(Op):
    """The sum of its inputs, written `add { A | B }` or `x + y`: the shortcut of a residual block.

    Shape:  all inputs have one shape, which is unchanged
    Cost:   element-wise: one addition per number for each input after the first
    Source: He et al. 2015, arXiv:1512.03385, equation 1
    """

    inputs = (2, None)
    merge = "add"
    family = "merge"
    pointwise = True
    examples = (Example("Add", "256x56x56; 256x56x56", "256x56x56"), Example("Add", "8; 8; 8", "8"))
    keeps = "nothing"

    def infer(self, xs: Types) -> TensorType | Problem:
        return equal("add", xs)

    def cost(self, xs: Types, ys: Types) -> Cost:
        times = len(xs) - 1
        counted = (("(inputs-1)", times),) if times != 1 else ()
        return Cost(elementwise=Formula.of(*counted, *extent(ys[0])))
