"""BlurPool: a smaller image without aliasing."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, ParamRef, Problem
from archc.diagnostics.problems.paddings import FarReflection
from archc.diagnostics.problems.shapes import WantsImage
from archc.ir.arguments import PositiveInt
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, Formula, extent, window
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types, image
from archc.ir.window import Window


class BlurPool(Op):
    """Blurs each channel with a binomial filter of `kernel` x `kernel` numbers, then takes every `stride`th number.

    `MPool(2, 1) - BlurPool` and `Conv(c, 3, 1) - ReLU - BlurPool` replace a max pooling and a convolution with stride
    2. The image is padded with its own reflection, for even kernels by one more after it than before. The filter is
    fixed and not in the state dict.

    Shape:  (c, h, w) -> (c, h', w'), h' = (h - 1) // stride + 1
    Cost:   macs = kernel * kernel * c * h' * w'
    Source: Zhang 2019, arXiv:1904.11486, section 3.2
    """

    kernel: PositiveInt = 3
    stride: PositiveInt = 2

    pools = True
    family = "pool"
    examples = (
        Example("BlurPool", "64x56x56", "64x28x28"),
        Example("BlurPool(5)", "8x9x9", "8x5x5"),
        Example("BlurPool(4, 1)", "8x7x6", "8x7x6"),
    )

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if not x.is_image:
            return WantsImage(kind="BlurPool", input=x.dims, at=InputRef(0))
        far = self.kernel // 2
        if far >= x.height or far >= x.width:
            return FarReflection(kind="BlurPool", mode="reflect", far=far, input=x.dims, at=ParamRef("kernel"))
        return image(x.channels, (x.height - 1) // self.stride + 1, (x.width - 1) // self.stride + 1)

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(macs=Formula.of(*window((self.kernel, self.kernel)), *extent(ys[0])))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        (x,) = xs
        padded = x.channels * (x.height + self.kernel - 1) * (x.width + self.kernel - 1)
        return Saved("input"), new("padded input", padded)

    def window(self, xs: Types, ys: Types) -> Window:
        before = (self.kernel - 1) // 2
        return Window((self.kernel, self.kernel), (self.stride, self.stride), (before, before))
