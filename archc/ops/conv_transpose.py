"""ConvTranspose: the transposed convolution."""

from __future__ import annotations

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.paddings import OutputPadding, PaddedAway
from archc.diagnostics.problems.shapes import GroupsDoNotDivide
from archc.ir.arguments import Flag, Pad0, PositiveInt, Size
from archc.ir.cost import Cost, Formula, each, extent, window
from archc.ir.op import Example, Weight
from archc.ir.types import TensorType, Types
from archc.ir.window import Window, reach, slide_back, window_back
from archc.ops._spatial import Spatial


class ConvTranspose(Spatial):
    """Transposed convolution: the gradient of a `Conv` with regard to its input, which enlarges the image.

    `output_pad` adds rows and columns at the end. It chooses among the sizes that a `Conv` with a stride maps to one.

    Shape:  (c, h, w) -> (channels, h', w'), h' = (h - 1)*stride - 2*pad + dilation*(kernel-1) + output_pad + 1
    Cost:   macs = kernel_h * kernel_w * c * (channels / groups) * h * w; element-wise: an addition per output (bias)
    Source: Dumoulin & Visin 2016, arXiv:1603.07285, section 4; Zeiler et al. 2010, "Deconvolutional networks"
    """

    channels: PositiveInt
    kernel: Size = (2, 2)
    stride: Size = (2, 2)
    pad: Pad0 = (0, 0)
    output_pad: Pad0 = (0, 0)
    groups: PositiveInt = 1
    dilation: Size = (1, 1)
    bias: Flag = True

    aliases = ("Deconv",)
    family = "conv"
    examples = (
        Example("ConvTranspose(64)", "128x28x28", "64x56x56"),
        Example("ConvTranspose(64, 3, 2, pad=1, output_pad=1)", "128x28x28", "64x56x56"),
        Example("ConvTranspose(12, 3x5, 2x3, pad=1x2, groups=3, bias=false)", "6x7x5", "12x13x13"),
        Example("ConvTranspose(4, 3, 1, dilation=2)", "4x9x9", "4x13x13"),
        Example("ConvTranspose(16, 4, 4)", "32x100", "16x400"),
        Example("ConvTranspose(8)", "16x4x7x7", "8x8x14x14"),
    )

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if problem := self.misfit(x):
            return problem
        for channels, side in ((x.channels, "input"), (self.channels, "output")):
            if channels % self.groups:
                return GroupsDoNotDivide(
                    kind="ConvTranspose", groups=self.groups, channels=channels, side=side, at=ParamRef("groups")
                )
        most = tuple(max(step, d) - 1 for step, d in zip(self.stride, self.dilation, strict=True))
        if any(given > m for given, m in zip(self.output_pad, most, strict=True)):
            return OutputPadding(given=self.output_pad, most=most, at=ParamRef("output_pad"))
        space = tuple(self._side(size, axis) for axis, size in enumerate(x.space))
        if any(size < 1 for size in space):
            return PaddedAway(kind="ConvTranspose", input=x.dims, pad=self.pad, at=ParamRef("pad"))
        return TensorType.model_construct(dims=(self.channels, *space))

    def _side(self, size: int, axis: int) -> int:
        covered = reach(self.kernel, self.dilation)[axis]
        return slide_back(size, covered, self.stride[axis], self.pad[axis]) + self.output_pad[axis]

    def weights(self, xs: Types) -> dict[str, Weight]:
        axes = "M", "N" if self.groups == 1 else "N/G", *(symbol for symbol, _ in window(self.kernel))
        weights = {"weight": Weight((xs[0].channels, self.channels // self.groups, *self.kernel), axes=axes)}
        return weights | {"bias": Weight((self.channels,))} if self.bias else weights

    def cost(self, xs: Types, ys: Types) -> Cost:
        (x,) = xs
        made = "N" if self.groups == 1 else "N/G", self.channels // self.groups
        macs = Formula.of(*window(self.kernel), ("M", x.channels), made, *extent(x)[1:])
        bias = each(1, ys[0]) if self.bias else Formula()
        return Cost(macs, elementwise=bias, connections=macs + bias)

    def window(self, xs: Types, ys: Types) -> Window:
        return window_back(reach(self.kernel, self.dilation), self.stride, self.pad)
