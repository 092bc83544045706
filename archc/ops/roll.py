"""Roll: rolls the axes."""

from __future__ import annotations

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.windows import WrongShift
from archc.ir.arguments import Steps
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types
from archc.ir.window import Window


class Roll(Op):
    """Rolls each axis by a number of positions; what leaves at one end re-enters at the other.

    `shift` has a number for each axis: `Roll([0, -3, -3])` moves the image three rows up and three columns to the left.

    Shape:  unchanged
    Cost:   none: it only moves numbers
    Source: Liu et al. 2021, arXiv:2103.14030, figure 4 (the cyclic shift)
    """

    shift: Steps

    family = "shape"
    examples = (
        Example("Roll([0, -3, -3])", "96x56x56", "96x56x56"),
        Example("Roll([3, 3, 0])", "56x56x96", "56x56x96"),
        Example("Roll([2, 0])", "9x8", "9x8"),
    )
    keeps = "nothing"

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if len(self.shift) != len(x.dims):
            return WrongShift(shift=self.shift, input=x.dims, at=ParamRef("shift"))
        return x

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None
