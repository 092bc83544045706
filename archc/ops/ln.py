"""LN: layer normalisation."""

from __future__ import annotations

from archc.ir.arguments import Flag, Over, Positive
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, each, extent
from archc.ir.op import Example, Weight
from archc.ir.types import Types
from archc.ops._layerwise import Layerwise


class LN(Layerwise):
    """Layer normalisation over all numbers of a sample, or over one axis.

    `over="last"` normalises the features of each token (`197x768`) separately, as in transformers; `over="channels"`
    the channels of each pixel, as in ConvNeXt.

    Shape:  unchanged
    Cost:   element-wise: five operations per number (mean: add; variance: subtract, square, add; divide),
            two more if affine
    Source: Ba, Kiros, Hinton 2016, arXiv:1607.06450, equation 3
    """

    eps: Positive = 1e-5
    affine: Flag = True
    over: Over = "all"

    aliases = ("LayerNorm",)
    family = "norm"
    examples = (
        Example("LN", "512", "512"),
        Example("LN(eps=1e-6, affine=false)", "8x7x7", "8x7x7"),
        Example('LN(over="last")', "197x768", "197x768"),
        Example('LN(1e-6, over="channels")', "96x56x56", "96x56x56"),
    )

    def weights(self, xs: Types) -> dict[str, Weight]:
        (x,) = xs
        names = {"all": slice(None), "last": slice(-1, None), "channels": slice(1)}[self.over]
        weight = Weight(self.normal(x), axes=tuple(symbol for symbol, _ in extent(x))[names])
        return {"weight": weight, "bias": weight} if self.affine else {}

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(7 if self.affine else 5, xs[0]))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        statistics = (new(name, self.sets(xs[0]), "float32") for name in ("mean", "deviation"))
        return Saved("input"), *statistics
