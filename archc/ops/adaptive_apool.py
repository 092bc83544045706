"""AdaptiveAPool: average pooling to a given size."""

from __future__ import annotations

from archc.ir.autograd import Saved
from archc.ir.op import Example
from archc.ir.types import Types
from archc.ops._adaptive import AdaptivePool


class AdaptiveAPool(AdaptivePool):
    """Average pooling to a given number of rows and columns.

    Output row i averages rows floor(i*h/h') to ceil((i+1)*h/h') - 1.

    Shape:  (c, h, w) -> (c, size_h, size_w)
    Cost:   element-wise: one operation for each number in each window (its additions and the division)
    Source: torch.nn.AdaptiveAvgPool2d
    """

    aliases = ("AdaptiveAvgPool",)
    family = "pool"
    examples = (
        Example("AdaptiveAPool(6)", "256x13x13", "256x6x6"),
        Example("AdaptiveAPool(1x3)", "8x7x7", "8x1x3"),
        Example("AdaptiveAPool(10)", "8x64", "8x10"),
        Example("AdaptiveAPool(2x3x3)", "8x4x7x7", "8x2x3x3"),
    )

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return () if self.to_one else super().saves(xs, ys)  # torch uses the mean, which keeps only the sizes
