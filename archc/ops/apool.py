"""APool: average pooling."""

from __future__ import annotations

from archc.diagnostics.core import Problem
from archc.ir.arguments import Flag, Pad0, Size, Stride
from archc.ir.cost import Cost
from archc.ir.op import Example
from archc.ir.types import TensorType, Types
from archc.ir.window import Window
from archc.ops._pooling import pooled, pooling_cost
from archc.ops._spatial import Spatial


class APool(Spatial):
    """Average pooling; the default stride is the size of the kernel.

    With `ceil`, a last partial window counts, unless it would start in the padding after the image. `count_pad`
    determines whether the zeros of the padding count in the average. `APool(1, 2)` takes every second row and column.

    Shape:  (c, h, w) -> (c, h', w'), h' = (h + 2*pad - kernel) // stride + 1, or rounded up
    Cost:   element-wise: one operation for each number in each window (its additions and the division)
    Source: Dumoulin & Visin 2016, arXiv:1603.07285, relationship 15; ceil mode as in PyTorch
    """

    kernel: Size = (2, 2)
    stride: Stride = None
    pad: Pad0 = (0, 0)
    ceil: Flag = False
    count_pad: Flag = True

    aliases = ("Apool", "AvgPool")
    pools = True
    family = "pool"
    examples = (
        Example("APool", "6x28x28", "6x14x14"),
        Example("APool(5, 3)", "512x14x14", "512x4x4"),
        Example("AvgPool(3, 1, pad=1, count_pad=false)", "192x35x35", "192x35x35"),
        Example("APool(3x1, 2x1, ceil=true)", "8x8x5", "8x4x5"),
        Example("APool(4)", "128x1600", "128x400"),
        Example("APool(2, pad=1)", "8x4x6x6", "8x3x4x4"),
    )

    def infer(self, xs: Types) -> TensorType | Problem:
        if problem := self.misfit(xs[0]):
            return problem
        return pooled(
            "APool", xs[0], self.kernel, self.stride or self.kernel, self.pad, (1,) * len(self.kernel), self.ceil
        )

    def cost(self, xs: Types, ys: Types) -> Cost:
        return pooling_cost(self.kernel, ys[0])

    def window(self, xs: Types, ys: Types) -> Window:
        return Window.of(self.kernel, self.stride or self.kernel, self.pad)
