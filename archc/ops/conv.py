"""Conv: the convolution."""

from __future__ import annotations

from collections.abc import Mapping

from archc.diagnostics.core import InputRef, ParamRef, Problem
from archc.diagnostics.problems.paddings import BadPadding
from archc.diagnostics.problems.shapes import BadTable, GroupsDoNotDivide, KernelTooLarge, WantsImage
from archc.ir import padding
from archc.ir.arguments import Flag, Pad, PadMode, PositiveInt, Size, Table
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, Factor, Formula, each, extent, window
from archc.ir.op import Example, Sketch, Weight
from archc.ir.padding import Sides
from archc.ir.types import TensorType, Types
from archc.ir.window import Window, half, reach
from archc.ops._spatial import Spatial
from archc.ops._table import table_problem, table_uses, table_weights

_WIDEST_SKETCH = 512


class Conv(Spatial):
    """Convolution over the axes after the channels, of an image, a signal (c x length) or a volume.

    `pad="half"` is `dilation*(kernel-1)//2` on each axis. `pad="same"` is TensorFlow's: the output has ceil(h / stride)
    rows, and an odd row of zeros is added after the image. `pad=[[0, 1], [2, 3]]` gives the padding before and after
    each axis, `pad=[[0, 1]]` the same for all. `pad_mode` is the kind of padding: `"zeros"`, `"reflect"`,
    `"replicate"`, `"circular"`.

    `table` is LeNet-5's connection table: for each output channel the input channels that it reads. A bare `Conv` in a
    lecture's line has 64 channels if it is the first, twice those of the last convolution after a pooling (at most
    512), otherwise as many as the last one.

    Shape:  (c, h, w) -> (channels, h', w'), h' = (h + 2*pad - dilation*(kernel-1) - 1) // stride + 1
    Cost:   macs = kernel_h * kernel_w * (c / groups) * channels * h' * w'; element-wise: an addition per output (bias)
    Source: Dumoulin & Visin 2016, arXiv:1603.07285, relationship 6; the notation: arXiv:1704.04861, section 3.1
    """

    channels: PositiveInt
    kernel: Size = (3, 3)
    stride: Size = (1, 1)
    pad: Pad = "half"
    groups: PositiveInt = 1
    dilation: Size = (1, 1)
    bias: Flag = True
    table: Table = None
    pad_mode: PadMode = "zeros"

    family = "conv"
    examples = (
        Example("Conv(64, 7, stride=2)", "3x224x224", "64x112x112"),
        Example("Conv(128, 3, groups=32, bias=false)", "128x56x56", "128x56x56"),
        Example("Conv(192, 1x7)", "192x17x17", "192x17x17"),
        Example("Conv(96, 11, 4, pad=0)", "3x227x227", "96x55x55"),
        Example("Conv(8, 3, pad=2x0, dilation=2)", "4x9x9", "8x9x5"),
        Example('Conv(32, 3, 2, pad="same")', "3x224x224", "32x112x112"),
        Example("Conv(8, 3, 2, pad=[[0, 1]])", "4x8x8", "8x4x4"),
        Example('Conv(16, 7, pad_mode="reflect")', "3x32x32", "16x32x32"),
        Example("Conv(3, 5, pad=0, table=[[0, 1], [1, 2], [0, 1, 2]])", "3x14x14", "3x10x10"),
        Example("Conv(32, 9)", "1x16000", "32x16000"),
        Example("Conv(16, 3x7x7, 1x2x2)", "3x16x112x112", "16x16x56x56"),
    )

    @classmethod
    def sketch(cls, given: Sketch) -> Mapping[str, object]:
        if given.previous is None:
            return {"channels": 64}
        doubled = max(given.previous, min(2 * given.previous, _WIDEST_SKETCH))
        return {"channels": doubled if given.pooled else given.previous}

    def sides(self, x: TensorType) -> Sides:
        """The padding before and after each axis."""
        if self.pad == "same":
            return padding.same(x.space, reach(self.kernel, self.dilation), self.stride)
        if self.pad == "half":
            return tuple((n, n) for n in half(self.kernel, self.dilation))
        return padding.both(self.pad)

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if problem := self.misfit(x):
            return problem
        if x.channels % self.groups:
            return GroupsDoNotDivide(kind="Conv", groups=self.groups, channels=x.channels, at=ParamRef("groups"))
        if self.channels % self.groups:
            return GroupsDoNotDivide(
                kind="Conv", groups=self.groups, channels=self.channels, side="output", at=ParamRef("groups")
            )
        if self.table is not None and (problem := self._table_problem(x)):
            return problem
        if self.pad == "same":
            return self._as_tensorflow(x)
        sides, covered = self.sides(x), reach(self.kernel, self.dilation)
        padded = tuple(n + before + behind for n, (before, behind) in zip(x.space, sides, strict=True))
        if any(r > n for r, n in zip(covered, padded, strict=True)):
            return KernelTooLarge(kind="Conv", input=x.dims, reach=covered, padded=padded, at=ParamRef("kernel"))
        if problem := padding.padding_problem("Conv", x, sides, self.pad_mode):
            return problem
        space = ((n - r) // s + 1 for n, r, s in zip(padded, covered, self.stride, strict=True))
        return TensorType.model_construct(dims=(self.channels, *space))

    def _as_tensorflow(self, x: TensorType) -> TensorType | Problem:
        if self.pad_mode != "zeros":
            return BadPadding(mode=self.pad_mode, at=ParamRef("pad_mode"))
        space = ((n - 1) // step + 1 for n, step in zip(x.space, self.stride, strict=True))
        return TensorType.model_construct(dims=(self.channels, *space))

    def _table_problem(self, x: TensorType) -> Problem | None:
        if not x.is_image:
            return WantsImage(kind="Conv with a table", input=x.dims, at=InputRef(0))
        if self.groups != 1:
            return BadTable(why="it replaces groups", at=ParamRef("groups"))
        if self.pad_mode != "zeros" or self.pad == "same" or not self.plain(x):
            return BadTable(why="it needs equal zero padding on both sides", at=ParamRef("pad"))
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
        (x,) = xs
        if self.table is not None:
            read = sum(map(len, self.table))  # one copy of each channel for each row that reads it
            return (new("channels read", read * x.places),)
        if self.plain(x) and self.pad_mode == "zeros":
            return super().saves(xs, ys)
        sides, padded = self.sides(x), x.channels
        if self.pad == "same" and not any(map(any, sides)):
            return super().saves(xs, ys)
        for n, (before, behind) in zip(x.space, sides, strict=True):
            padded *= n + before + behind
        kept = (Saved("input", needs=0),) if self.pad_mode in ("reflect", "replicate") else ()
        return *kept, new("padded input", padded)

    def window(self, xs: Types, ys: Types) -> Window:
        before = tuple(side[0] for side in self.sides(xs[0]))
        return Window.of(reach(self.kernel, self.dilation), self.stride, before)

    def plain(self, x: TensorType) -> bool:
        """Whether the padding is equal on both sides of each axis, for all sizes."""
        return self.pad != "same" and padding.even(self.sides(x))
