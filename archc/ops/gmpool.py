"""GMPool: global max pooling."""

from __future__ import annotations

from archc.ir.autograd import Saved, new
from archc.ir.op import Example
from archc.ir.types import Types
from archc.ops._global import GlobalPool


class GMPool(GlobalPool):
    """Global max pooling: the largest number of each channel.

    Shape:  (c, h, w) -> (c, 1, 1)
    Cost:   element-wise: one comparison for each number of the input
    Source: Oquab et al. 2015, Is object localization for free?, section 3
    """

    aliases = ("GlobalMPool", "GlobalMaxPool")
    family = "pool"
    examples = (
        Example("GMPool", "512x7x7", "512x1x1"),
        Example("GMPool", "16x1x5", "16x1x1"),
        Example("GMPool", "16x100", "16x1"),
        Example("GMPool", "8x4x7x7", "8x1x1x1"),
    )

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return Saved("input"), new("indices", ys[0].elements, "int64")
