"""StochasticDepth: drops a residual branch at random."""

from __future__ import annotations

from archc.ir.arguments import Fraction, Mode
from archc.ir.autograd import Saved, new
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types


class StochasticDepth(Op):
    """In training, sets a residual branch to zero with probability `p` and scales it by 1/(1-p) otherwise.

    The choice is made for each sample (`mode="row"`), or for the whole batch (`mode="batch"`).

    Shape:  unchanged
    Cost:   none: it does nothing in evaluation
    Source: Huang et al. 2016, arXiv:1603.09382; `mode` as in torchvision.ops.StochasticDepth
    """

    p: Fraction
    mode: Mode = "row"

    family = "regularization"
    examples = (
        Example("StochasticDepth(0.2)", "64x7x7", "64x7x7"),
        Example('StochasticDepth(0.1, mode="batch")', "16", "16"),
    )
    needs_output = True

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return () if self.p == 0 else (new("mask", 1, batch=self.mode == "batch"),)

    def views(self, xs: Types, training: bool) -> bool:
        return not training or self.p == 0
