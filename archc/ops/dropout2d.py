"""Dropout2d: dropout of whole channels."""

from __future__ import annotations

from archc.diagnostics.core import Problem
from archc.ir.arguments import Fraction
from archc.ir.autograd import Saved, new
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types
from archc.ops._spatial import unspatial


class Dropout2d(Op):
    """In training, sets each channel to zero with probability `p` and scales the others by 1/(1-p); otherwise nothing.

    Shape:  unchanged
    Cost:   none: it does nothing in evaluation
    Source: Tompson et al. 2014, arXiv:1411.4280, section 3.2
    """

    p: Fraction = 0.5

    family = "regularization"
    examples = (
        Example("Dropout2d", "64x28x28", "64x28x28"),
        Example("Dropout2d(0.2)", "16x100", "16x100"),
        Example("Dropout2d(0.1)", "8x4x7x7", "8x4x7x7"),
    )
    needs_output = True

    def module_of(self, x: TensorType) -> tuple[int, ...]:
        return (len(x.dims),)

    def infer(self, xs: Types) -> TensorType | Problem:
        return unspatial("Dropout2d", xs[0]) or xs[0]

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        if self.p == 0:
            return ()
        return (new("mask", 1, batch=True) if self.p == 1 else new("mask", xs[0].channels),)

    def views(self, xs: Types, training: bool) -> bool:
        return not training or self.p == 0
