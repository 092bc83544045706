"""RMSNorm: normalisation by the root of the mean square."""

from __future__ import annotations

from archc.ir.arguments import Flag, Over, PositiveOrNone
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, each, extent
from archc.ir.op import Example, Weight
from archc.ir.types import Types
from archc.ops._layerwise import Layerwise


class RMSNorm(Layerwise):
    """All numbers of a sample divided by the root of the mean of their squares; `affine` learns a scale for each.

    `over` is as for `LN`. The default `eps` is the machine epsilon of the dtype, as in PyTorch.

    Shape:  unchanged
    Cost:   element-wise: three operations per number (square, add; divide), one more if affine
    Source: Zhang & Sennrich 2019, arXiv:1910.07467, equation 4
    """

    eps: PositiveOrNone = None
    affine: Flag = True
    over: Over = "all"

    family = "norm"
    examples = (
        Example("RMSNorm", "512", "512"),
        Example("RMSNorm(1e-6, affine=false)", "8x7x7", "8x7x7"),
        Example('RMSNorm(1e-6, over="last")', "197x768", "197x768"),
        Example('RMSNorm(over="channels")', "32x7x7", "32x7x7"),
    )

    def weights(self, xs: Types) -> dict[str, Weight]:
        (x,) = xs
        names = {"all": slice(None), "last": slice(-1, None), "channels": slice(1)}[self.over]
        axes = tuple(symbol for symbol, _ in extent(x))[names]
        return {"weight": Weight(self.normal(x), axes=axes)} if self.affine else {}

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(4 if self.affine else 3, xs[0]))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        scaled = (new("scaled input", xs[0].elements, trained=True),) if self.affine else ()
        return Saved("input", needs=0), Saved("new", name="deviation", elements=self.sets(xs[0]), needs=0), *scaled
