"""GLU: the gated linear unit."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.shapes import UnevenChunks
from archc.ir.cost import Cost, each
from archc.ir.op import Example
from archc.ir.types import TensorType, Types
from archc.ops._axiswise import Axiswise


class GLU(Axiswise):
    """The first half of the channels times the sigmoid of the second half; `over="last"` applies to features of tokens.

    Shape:  (c, h, w) -> (c/2, h, w)
    Cost:   element-wise: five operations per output (the sigmoid's four and a product)
    Source: Dauphin et al. 2016, arXiv:1612.08083, equation 1
    """

    family = "activation"
    examples = (
        Example("GLU", "64x56x56", "32x56x56"),
        Example("GLU", "4096", "2048"),
        Example('GLU("last")', "197x768", "197x384"),
    )

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if self.length(x) % 2:
            return UnevenChunks(kind="GLU", parts=2, channels=self.length(x), at=InputRef(0))
        half = self.length(x) // 2
        dims = (half, *x.dims[1:]) if self.over == "channels" else (*x.dims[:-1], half)
        return TensorType.model_construct(dims=dims)

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(5, ys[0]))
