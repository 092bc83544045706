"""LN: layer normalisation."""

from __future__ import annotations

from archc.network.arguments import Flag, Positive
from archc.network.autograd import Saved, new
from archc.network.cost import Cost, each, extent
from archc.network.op import Example, Op, Weight
from archc.network.types import TensorType, Types
from archc.network.window import Window


class LN(Op):
    """Layer normalisation over all numbers of a sample.

    Shape:  unchanged
    Cost:   element-wise: five operations a number (add for the mean; subtract, square, add; divide), two more if affine
    Source: Ba, Kiros, Hinton 2016, arXiv:1607.06450, equation 3
    """

    eps: Positive = 1e-5
    affine: Flag = True

    aliases = ("LayerNorm",)
    family = "norm"
    examples = (Example("LN", "512", "512"), Example("LN(eps=1e-6, affine=false)", "8x7x7", "8x7x7"))

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def weights(self, xs: Types) -> dict[str, Weight]:
        weight = Weight(xs[0].dims, axes=tuple(symbol for symbol, _ in extent(xs[0])))
        return {"weight": weight, "bias": weight} if self.affine else {}

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(7 if self.affine else 5, xs[0]))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        statistics = (new(name, 1, "float32") for name in ("mean", "deviation"))
        return Saved("input"), *statistics

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None
