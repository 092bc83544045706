"""ConvTranspose: the transposed convolution."""

from __future__ import annotations

from archc.diagnostics import Input, Param, Problem
from archc.network.arguments import Flag, Pad0, PositiveInt, Size2
from archc.network.cost import Cost, Formula, each, extent, window
from archc.network.op import Example, Op, Weight
from archc.network.types import TensorType, Types, image
from archc.network.window import Window, reach, slide_back, window_back
from archc.problems.shapes import GroupsDoNotDivide, OutputPadding, PaddedAway, WantsImage


class ConvTranspose(Op):
    """Transposed convolution: the gradient of a `Conv` with regard to its input, which enlarges the image.

    `output_pad` adds rows and columns at the end: a `Conv` with a stride maps several sizes to one; this says which.

    Shape:  (c, h, w) -> (channels, h', w'), h' = (h - 1)*stride - 2*pad + dilation*(kernel-1) + output_pad + 1
    Cost:   macs = kernel_h * kernel_w * c * (channels / groups) * h * w; element-wise: an addition an output (bias)
    Source: Dumoulin & Visin 2016, arXiv:1603.07285, section 4; Zeiler et al. 2010, "Deconvolutional networks"
    """

    channels: PositiveInt
    kernel: Size2 = (2, 2)
    stride: Size2 = (2, 2)
    pad: Pad0 = (0, 0)
    output_pad: Pad0 = (0, 0)
    groups: PositiveInt = 1
    dilation: Size2 = (1, 1)
    bias: Flag = True

    aliases = ("Deconv",)
    family = "conv"
    examples = (
        Example("ConvTranspose(64)", "128x28x28", "64x56x56"),
        Example("ConvTranspose(64, 3, 2, pad=1, output_pad=1)", "128x28x28", "64x56x56"),
        Example("ConvTranspose(12, 3x5, 2x3, pad=1x2, groups=3, bias=false)", "6x7x5", "12x13x13"),
        Example("ConvTranspose(4, 3, 1, dilation=2)", "4x9x9", "4x13x13"),
    )

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if not x.is_image:
            return WantsImage(kind="ConvTranspose", input=x.dims, at=Input(0))
        for channels, side in ((x.channels, "input"), (self.channels, "output")):
            if channels % self.groups:
                return GroupsDoNotDivide(
                    kind="ConvTranspose", groups=self.groups, channels=channels, side=side, at=Param("groups")
                )
        most = max(self.stride[0], self.dilation[0]) - 1, max(self.stride[1], self.dilation[1]) - 1
        if self.output_pad[0] > most[0] or self.output_pad[1] > most[1]:
            return OutputPadding(given=self.output_pad, most=most, at=Param("output_pad"))
        height, width = (self._side(size, axis) for axis, size in enumerate((x.height, x.width)))
        if height < 1 or width < 1:
            return PaddedAway(kind="ConvTranspose", input=x.dims, pad=self.pad, at=Param("pad"))
        return image(self.channels, height, width)

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
