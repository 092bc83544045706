"""GLU: the gated linear unit."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.shapes import UnevenChunks
from archc.ir.cost import Cost, each
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types


class GLU(Op):
    """The first half of the channels times the sigmoid of the second half.

    Shape:  (c, h, w) -> (c/2, h, w)
    Cost:   element-wise: five operations an output (the sigmoid's four and a product)
    Source: Dauphin et al. 2016, arXiv:1612.08083, equation 1
    """

    family = "activation"
    examples = (Example("GLU", "64x56x56", "32x56x56"), Example("GLU", "4096", "2048"))

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if x.channels % 2:
            return UnevenChunks(kind="GLU", parts=2, channels=x.channels, at=InputRef(0))
        return TensorType.model_construct(dims=(x.channels // 2, *x.dims[1:]))

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(5, ys[0]))
