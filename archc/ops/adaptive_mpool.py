"""AdaptiveMPool: max pooling to a given size."""

from __future__ import annotations

from archc.ir.autograd import Saved, new
from archc.ir.op import Example
from archc.ir.types import Types
from archc.ops._adaptive import AdaptivePool


class AdaptiveMPool(AdaptivePool):
    """Max pooling to a given number of rows and columns.

    Output row i is the largest of rows floor(i*h/h') to ceil((i+1)*h/h') - 1.

    Shape:  (c, h, w) -> (c, size_h, size_w)
    Cost:   element-wise: one comparison for each number in each window
    Source: torch.nn.AdaptiveMaxPool2d
    """

    aliases = ("AdaptiveMaxPool",)
    family = "pool"
    examples = (
        Example("AdaptiveMPool(6)", "256x13x13", "256x6x6"),
        Example("AdaptiveMPool(1x3)", "8x7x7", "8x1x3"),
        Example("AdaptiveMPool(10)", "8x64", "8x10"),
        Example("AdaptiveMPool(2x3x3)", "8x4x7x7", "8x2x3x3"),
    )

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return Saved("input"), new("indices", ys[0].elements, "int64")
