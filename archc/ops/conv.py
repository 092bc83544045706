"""Conv: the 2-D convolution."""

from __future__ import annotations

from collections.abc import Mapping

from archc.diagnostics import Input, Param, Problem
from archc.network.arguments import Flag, Pad, PositiveInt, Size2, Table
from archc.network.autograd import Saved, new
from archc.network.cost import Cost, Factor, Formula, each, extent, window
from archc.network.op import Example, Op, Sketch, Weight
from archc.network.types import TensorType, Types, image
from archc.network.window import Pair, Window, half, reach, slide
from archc.ops._table import table_problem, table_uses, table_weights
from archc.problems.shapes import BadTable, GroupsDoNotDivide, KernelTooLarge, WantsImage

_WIDEST_SKETCH = 512


class Conv(Op):
    """2-D convolution.

    `pad=half` is `dilation*(kernel-1)//2` on each axis. `table` is LeNet-5's connection table: for each output channel
    the input channels that it reads. A bare `Conv` in a lecture's line makes 64 channels if it is the first, twice the
    last convolution's after a pooling (at most 512), otherwise as many as the last one.

    Shape:  (c, h, w) -> (channels, h', w'), h' = (h + 2*pad - dilation*(kernel-1) - 1) // stride + 1
    Cost:   macs = kernel_h * kernel_w * (c / groups) * channels * h' * w'; element-wise: an addition an output (bias)
    Source: Dumoulin & Visin 2016, arXiv:1603.07285, relationship 6; the notation: arXiv:1704.04861, section 3.1
    """

    channels: PositiveInt
    kernel: Size2 = (3, 3)
    stride: Size2 = (1, 1)
    pad: Pad = "half"
    groups: PositiveInt = 1
    dilation: Size2 = (1, 1)
    bias: Flag = True
    table: Table = None

    family = "conv"
    examples = (
        Example("Conv(64, 7, stride=2)", "3x224x224", "64x112x112"),
        Example("Conv(128, 3, groups=32, bias=false)", "128x56x56", "128x56x56"),
        Example("Conv(192, 1x7)", "192x17x17", "192x17x17"),
        Example("Conv(96, 11, 4, pad=0)", "3x227x227", "96x55x55"),
        Example("Conv(8, 3, pad=2x0, dilation=2)", "4x9x9", "8x9x5"),
        Example("Conv(3, 5, pad=0, table=[[0, 1], [1, 2], [0, 1, 2]])", "3x14x14", "3x10x10"),
    )

    @classmethod
    def sketch(cls, given: Sketch) -> Mapping[str, object]:
        if given.previous is None:
            return {"channels": 64}
        doubled = max(given.previous, min(2 * given.previous, _WIDEST_SKETCH))
        return {"channels": doubled if given.pooled else given.previous}

    @property
    def padding(self) -> Pair:
        """The padding in numbers."""
        return half(self.kernel, self.dilation) if isinstance(self.pad, str) else self.pad

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if not x.is_image:
            return WantsImage(kind="Conv", input=x.dims, at=Input(0))
        if x.channels % self.groups:
            return GroupsDoNotDivide(kind="Conv", groups=self.groups, channels=x.channels, at=Param("groups"))
        if self.channels % self.groups:
            return GroupsDoNotDivide(
                kind="Conv", groups=self.groups, channels=self.channels, side="output", at=Param("groups")
            )
        if self.table is not None and (problem := self._table_problem(x)):
            return problem
        covered, pad = reach(self.kernel, self.dilation), self.padding
        padded = x.height + 2 * pad[0], x.width + 2 * pad[1]
        if covered[0] > padded[0] or covered[1] > padded[1]:
            return KernelTooLarge(kind="Conv", input=x.dims, reach=covered, padded=padded, at=Param("kernel"))
        height = slide(x.height, covered[0], self.stride[0], pad[0])
        return image(self.channels, height, slide(x.width, covered[1], self.stride[1], pad[1]))

    def _table_problem(self, x: TensorType) -> BadTable | None:
        if self.groups != 1:
            return BadTable(why="it takes the place of groups", at=Param("groups"))
        return table_problem(self.table or (), x.channels, self.channels)

    def weights(self, xs: Types) -> dict[str, Weight]:
        if self.table is not None:
            return table_weights(self.table, self.kernel, self.bias)
        depth = xs[0].channels // self.groups
        axes = "N", "M" if self.groups == 1 else "M/G", *(symbol for symbol, _ in window(self.kernel))
        weights = {"weight": Weight((self.channels, depth, *self.kernel), axes=axes)}
        return weights | {"bias": Weight((self.channels,))} if self.bias else weights

    def cost(self, xs: Types, ys: Types) -> Cost:
        (y,) = ys
        if self.table is not None:
            macs = table_uses(self.table, window(self.kernel), extent(y)[1:])
        else:
            macs = Formula.of(*window(self.kernel), *self._between(xs[0], y), *extent(y)[1:])
        bias = each(1, y) if self.bias else Formula()
        return Cost(macs, elementwise=bias, connections=macs + bias)

    def _between(self, x: TensorType, y: TensorType) -> tuple[Factor, ...]:
        """The channels as factors: `M·N`, `M/G·N` in groups, `M` for a depthwise one that keeps their number."""
        depth = x.channels // self.groups
        if self.groups == 1:
            return ("M", depth), ("N", y.channels)
        if depth == 1:
            return (("M" if x.channels == y.channels else "N", y.channels),)
        return ("M/G", depth), ("N", y.channels)

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        if self.table is None:
            return super().saves(xs, ys)
        read = sum(map(len, self.table))  # one copy of each channel for each row that reads it
        return (new("channels read", read * xs[0].height * xs[0].width),)

    def window(self, xs: Types, ys: Types) -> Window:
        return Window(reach(self.kernel, self.dilation), self.stride, self.padding)
