"""Subsample: LeNet-5's trainable pooling."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.shapes import WantsImage
from archc.ir.arguments import Size, Stride
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, Formula, extent, window
from archc.ir.op import Example, Weight
from archc.ir.types import TensorType, Types
from archc.ir.window import Window
from archc.ops._pooling import pooled
from archc.ops._spatial import Spatial


class Subsample(Spatial):
    """LeNet-5's trainable pooling: weight * (sum of the window) + bias, with one weight and one bias per channel.

    Shape:  (c, h, w) -> (c, h', w'), h' = (h - kernel) // stride + 1; the default stride is the size of the kernel
    Cost:   element-wise: kernel_h * kernel_w + 1 operations per output (additions, product, bias); as many connections
    Source: LeCun, Bottou, Bengio, Haffner 1998, section II.B (S2 and S4)
    """

    kernel: Size = (2, 2)
    stride: Stride = None

    pools = True
    family = "pool"
    examples = (Example("Subsample", "6x28x28", "6x14x14"), Example("Subsample(3, 2)", "4x9x8", "4x4x3"))

    def infer(self, xs: Types) -> TensorType | Problem:
        if not xs[0].is_image:
            return WantsImage(kind="Subsample", input=xs[0].dims, at=InputRef(0))
        if problem := self.misfit(xs[0]):
            return problem
        return pooled("Subsample", xs[0], self.kernel, self.stride or self.kernel, (0, 0), (1, 1), False)

    def weights(self, xs: Types) -> dict[str, Weight]:
        return {"weight": Weight((xs[0].channels,)), "bias": Weight((xs[0].channels,))}

    def cost(self, xs: Types, ys: Types) -> Cost:
        uses = Formula.of(*window(self.kernel), *extent(ys[0])) + Formula.of(*extent(ys[0]))
        return Cost(elementwise=uses, connections=uses)

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return Saved("input"), new("sums", ys[0].elements, trained=True)

    def window(self, xs: Types, ys: Types) -> Window:
        return Window(self.kernel, self.stride or self.kernel)
