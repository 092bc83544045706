"""GAPool: global average pooling."""

from __future__ import annotations

from archc.diagnostics import Input, Problem
from archc.network.cost import Cost, each
from archc.network.op import Example, Op
from archc.network.types import TensorType, Types, image
from archc.network.window import Window
from archc.problems.shapes import WantsImage


class GAPool(Op):
    """Global average pooling: one number a channel.

    Shape:  (c, h, w) -> (c, 1, 1)
    Cost:   element-wise: one operation for each number that comes in (its additions and the division)
    Source: Lin, Chen, Yan 2013, arXiv:1312.4400, section 3.2
    """

    aliases = ("GlobalAPool", "GlobalAvgPool")
    family = "pool"
    examples = (Example("GAPool", "512x7x7", "512x1x1"), Example("GAPool", "16x1x5", "16x1x1"))
    keeps = "nothing"

    def infer(self, xs: Types) -> TensorType | Problem:
        if not xs[0].is_image:
            return WantsImage(kind="GAPool", input=xs[0].dims, at=Input(0))
        return image(xs[0].channels, 1, 1)

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(1, xs[0]))

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None
