"""Upsample: resizes an image."""

from __future__ import annotations

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.axes import WrongMode
from archc.ir.arguments import Flag, Interpolation, Size, SizeOrNone
from archc.ir.cost import Cost, each
from archc.ir.op import Example
from archc.ir.types import TensorType, Types
from archc.ir.window import Window
from archc.ops._spatial import Spatial

_INTERPOLATIONS = (("linear",), ("bilinear", "bicubic"), ("trilinear",))
"""The linear modes for one, two and three axes."""
_STEPS = {"linear": 3, "bilinear": 7, "trilinear": 15, "bicubic": 31}
"""Products and additions per output: for 2, 4 and 8 numbers, and for 16."""


class Upsample(Spatial):
    """Resizes the image by `scale`, or to `size`, with the nearest number or by interpolation.

    `mode` is "nearest", "nearest-exact", "bilinear" or "bicubic"; for a signal "linear", for a volume "trilinear". With
    `align=true` the centres of the corner pixels of both images are aligned, otherwise their edges. `size` may be that
    of another tensor, `size=[y.height, y.width]`.

    Shape:  (c, h, w) -> (c, h * scale_h, w * scale_w), or (c, size_h, size_w)
    Cost:   none for nearest; element-wise: seven operations per output for bilinear (four products, three additions),
            three for linear, fifteen for trilinear, 31 for bicubic
    Source: torch.nn.Upsample
    """

    scale: Size = (2, 2)
    mode: Interpolation = "nearest"
    align: Flag = False
    size: SizeOrNone = None

    family = "shape"
    examples = (
        Example("Upsample", "64x7x7", "64x14x14"),
        Example('Upsample(1x3, mode="bilinear")', "8x4x4", "8x4x12"),
        Example('Upsample(2, mode="bicubic", align=true)', "8x4x4", "8x8x8"),
        Example('Upsample(size=13, mode="bilinear")', "8x7x7", "8x13x13"),
        Example('Upsample(4, mode="linear")', "8x100", "8x400"),
        Example('Upsample(2, mode="trilinear")', "8x4x7x7", "8x8x14x14"),
    )
    keeps = "nothing"

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if problem := self.misfit(x) or self._mode_problem(x):
            return problem
        if self.size is None:
            return TensorType.model_construct(
                dims=(x.channels, *(n * scale for n, scale in zip(x.space, self.scale, strict=True)))
            )
        return TensorType.model_construct(dims=(x.channels, *self.size))

    def _mode_problem(self, x: TensorType) -> Problem | None:
        fitting = _INTERPOLATIONS[x.axes - 1]
        if not self.nearest and self.mode not in fitting:
            return WrongMode(mode=self.mode, fitting=fitting, input=x.dims, at=ParamRef("mode"))
        if self.align and self.nearest:
            return WrongMode(mode=self.mode, fitting=fitting, input=x.dims, at=ParamRef("align"))
        return None

    @property
    def nearest(self) -> bool:
        """Whether it uses the nearest number."""
        return self.mode in ("nearest", "nearest-exact")

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost() if self.nearest else Cost(elementwise=each(_STEPS[self.mode], ys[0]))

    def window(self, xs: Types, ys: Types) -> Window | None:
        """The window.

        Linear interpolation reads at most one neighbour on each side, bicubic two. None for other scales.
        """
        (x,), (y,) = xs, ys
        if any(m % n for n, m in zip(x.space, y.space, strict=True)):
            return None
        near = 0 if self.nearest else 2 if self.mode == "bicubic" else 1
        scale = tuple(m // n for n, m in zip(x.space, y.space, strict=True))
        return Window.of((2 * near + 1,) * x.axes, pad=(near,) * x.axes, scale=scale)
