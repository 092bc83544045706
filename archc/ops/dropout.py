"""Dropout."""

from __future__ import annotations

from archc.ir.arguments import Fraction
from archc.ir.autograd import Saved, new
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types


class Dropout(Op):
    """In training, sets each number to zero with probability `p` and scales the others by 1/(1-p); otherwise nothing.

    Shape:  unchanged
    Cost:   none: it does nothing in evaluation
    Source: Srivastava et al. 2014, JMLR 15(56)
    """

    p: Fraction = 0.5

    family = "regularization"
    examples = (Example("Dropout", "4096", "4096"), Example("Dropout(0.2)", "1280x7x7", "1280x7x7"))
    needs_output = True

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        if self.p == 0:
            return ()
        return (new("mask", 1, batch=True) if self.p == 1 else new("mask", xs[0].elements),)

    def views(self, xs: Types, training: bool) -> bool:
        return not training or self.p == 0
