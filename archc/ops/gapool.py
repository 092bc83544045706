"""GAPool: global average pooling."""

from __future__ import annotations

from archc.ir.op import Example
from archc.ops._global import GlobalPool


class GAPool(GlobalPool):
    """Global average pooling: one number per channel.

    Shape:  (c, h, w) -> (c, 1, 1)
    Cost:   element-wise: one operation for each number of the input (its additions and the division)
    Source: Lin, Chen, Yan 2013, arXiv:1312.4400, section 3.2
    """

    aliases = ("GlobalAPool", "GlobalAvgPool")
    family = "pool"
    examples = (
        Example("GAPool", "512x7x7", "512x1x1"),
        Example("GAPool", "16x1x5", "16x1x1"),
        Example("GAPool", "16x100", "16x1"),
        Example("GAPool", "8x4x7x7", "8x1x1x1"),
    )
    keeps = "nothing"
