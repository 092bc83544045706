"""LPPool: pooling by a power mean."""

from __future__ import annotations

from archc.diagnostics.core import Problem
from archc.ir.arguments import Flag, Positive, Size, Stride
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, each
from archc.ir.op import Example
from archc.ir.types import TensorType, Types
from archc.ir.window import Window
from archc.ops._pooling import pooled, pooling_cost
from archc.ops._spatial import Spatial


class LPPool(Spatial):
    """Power pooling: (sum of x**p over each window) ** (1/p); the default stride is the size of the kernel.

    With p = 1 it is the sum of the window; with a larger `p` it approaches the maximum. As in PyTorch, the root of a
    negative sum is not a number, and with `ceil` the last, partial window is scaled up to a whole one.

    Shape:  (c, h, w) -> (c, h', w'), h' = (h - kernel) // stride + 1, or rounded up
    Cost:   element-wise: a power for each number of the input, an addition for each in each window, a root per output
    Source: Sermanet, Chintala, LeCun 2012, arXiv:1204.3968, section 2.1
    """

    kernel: Size = (2, 2)
    stride: Stride = None
    p: Positive = 2.0
    ceil: Flag = False

    pools = True
    family = "pool"
    examples = (
        Example("LPPool", "6x28x28", "6x14x14"),
        Example("LPPool(3, 2, p=4)", "8x9x9", "8x4x4"),
        Example("LPPool(3x2, ceil=true)", "8x8x5", "8x3x3"),
        Example("LPPool(4)", "8x64", "8x16"),
        Example("LPPool(2)", "8x4x6x6", "8x2x3x3"),
    )

    def infer(self, xs: Types) -> TensorType | Problem:
        if problem := self.misfit(xs[0]):
            return problem
        nothing, ones = (0,) * len(self.kernel), (1,) * len(self.kernel)
        return pooled("LPPool", xs[0], self.kernel, self.stride or self.kernel, nothing, ones, self.ceil)

    def cost(self, xs: Types, ys: Types) -> Cost:
        windows = pooling_cost(self.kernel, ys[0]).elementwise
        return Cost(elementwise=each(1, xs[0]) + windows + each(1, ys[0]))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        """As in `F.lp_pool2d`, which consists of an average pooling and the parts of the root."""
        parts = ("sums", "signs", "rectified", "scaled")
        return Saved("input"), new("powers", xs[0].elements), *(new(name, ys[0].elements) for name in parts)

    def window(self, xs: Types, ys: Types) -> Window:
        return Window.of(self.kernel, self.stride or self.kernel)
