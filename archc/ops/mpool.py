"""MPool: max pooling."""

from __future__ import annotations

from archc.diagnostics.core import Problem
from archc.ir.arguments import Flag, Pad0, Size, Stride
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost
from archc.ir.op import Example
from archc.ir.types import TensorType, Types
from archc.ir.window import Window, reach
from archc.ops._pooling import pooled, pooling_cost
from archc.ops._spatial import Spatial


class MPool(Spatial):
    """Max pooling; the default stride is the size of the kernel.

    With `ceil`, a last partial window counts, unless it would start in the padding after the image.

    Shape:  (c, h, w) -> (c, h', w'), h' = (h + 2*pad - dilation*(kernel-1) - 1) // stride + 1, or rounded up
    Cost:   element-wise: one comparison for each number in each window
    Source: Dumoulin & Visin 2016, arXiv:1603.07285, relationship 15; ceil mode as in PyTorch
    """

    kernel: Size = (2, 2)
    stride: Stride = None
    pad: Pad0 = (0, 0)
    ceil: Flag = False
    dilation: Size = (1, 1)

    aliases = ("Pool", "Mpool", "MaxPool")
    pools = True
    family = "pool"
    examples = (
        Example("MPool", "6x28x28", "6x14x14"),
        Example("MPool(3, 2, pad=1)", "64x112x112", "64x56x56"),
        Example("Pool(3, 2, ceil=true)", "64x112x112", "64x56x56"),
        Example("MPool(2, 2, pad=1, ceil=true)", "4x4x5", "4x3x3"),
        Example("MPool(3, 1, pad=1)", "192x28x28", "192x28x28"),
        Example("MPool(4)", "128x16000", "128x4000"),
        Example("MPool(1x2x2)", "64x16x56x56", "64x16x28x28"),
    )

    def infer(self, xs: Types) -> TensorType | Problem:
        if problem := self.misfit(xs[0]):
            return problem
        stride = self.stride or self.kernel
        return pooled("MPool", xs[0], self.kernel, stride, self.pad, self.dilation, self.ceil)

    def cost(self, xs: Types, ys: Types) -> Cost:
        return pooling_cost(self.kernel, ys[0])

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return Saved("input"), new("indices", ys[0].elements, "int64")

    def window(self, xs: Types, ys: Types) -> Window:
        return Window.of(reach(self.kernel, self.dilation), self.stride or self.kernel, self.pad)
