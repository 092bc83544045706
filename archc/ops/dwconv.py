"""DWConv: the depthwise convolution."""

from __future__ import annotations

from archc.diagnostics.core import Problem
from archc.ir.arguments import Flag, Pad, PadMode, PositiveInt, Size
from archc.ir.autograd import Saved
from archc.ir.cost import Cost
from archc.ir.op import Example, Weight
from archc.ir.types import TensorType, Types
from archc.ir.window import Window
from archc.ops._spatial import Spatial
from archc.ops.conv import Conv


class DWConv(Spatial):
    """Depthwise convolution: each channel has its own kernel (`multiplier` of them).

    It is a `Conv` with as many groups as input channels, and the same `pad` and `pad_mode`.

    Shape:  (c, h, w) -> (c * multiplier, h', w'), as `Conv`
    Cost:   macs = kernel_h * kernel_w * c * multiplier * h' * w'; element-wise: one addition per output for the bias
    Source: Howard et al. 2017, arXiv:1704.04861, section 3.1
    """

    kernel: Size = (3, 3)
    stride: Size = (1, 1)
    pad: Pad = "half"
    multiplier: PositiveInt = 1
    dilation: Size = (1, 1)
    bias: Flag = True
    pad_mode: PadMode = "zeros"

    family = "conv"
    examples = (
        Example("DWConv", "32x112x112", "32x112x112"),
        Example("DWConv(5, 2, bias=false)", "72x56x56", "72x28x28"),
        Example("DWConv(3, multiplier=2)", "16x9x9", "32x9x9"),
        Example('DWConv(5, 2, pad="same")', "72x56x56", "72x28x28"),
        Example("DWConv(9)", "16x100", "16x100"),
        Example("DWConv(3)", "8x4x7x7", "8x4x7x7"),
    )

    def infer(self, xs: Types) -> TensorType | Problem:
        return self.misfit(xs[0]) or self.grouped(xs).infer(xs)

    def weights(self, xs: Types) -> dict[str, Weight]:
        return self.grouped(xs).weights(xs)

    def cost(self, xs: Types, ys: Types) -> Cost:
        return self.grouped(xs).cost(xs, ys)

    def window(self, xs: Types, ys: Types) -> Window:
        return self.grouped(xs).window(xs, ys)

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return self.grouped(xs).saves(xs, ys)

    def grouped(self, xs: Types) -> Conv:
        channels = xs[0].channels
        return Conv.model_construct(
            channels=channels * self.multiplier,
            kernel=self.kernel,
            stride=self.stride,
            pad=self.pad,
            groups=channels,
            dilation=self.dilation,
            bias=self.bias,
            pad_mode=self.pad_mode,
        )
