"""Crop: the centre of an image."""

from __future__ import annotations

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.axes import CropTooLarge
from archc.ir.arguments import Size
from archc.ir.op import Example
from archc.ir.types import TensorType, Types
from archc.ir.window import Window
from archc.ops._spatial import Spatial


class Crop(Spatial):
    """The centre of the image, `size` rows and columns; of an odd number of others, more are removed at the end.

    `size` may be that of another tensor, `size=[y.height, y.width]`, as the valid convolutions of U-Net need it.

    Shape:  (c, h, w) -> (c, size_h, size_w)
    Cost:   none
    Source: Ronneberger, Fischer, Brox 2015, arXiv:1505.04597, section 2
    """

    size: Size

    family = "shape"
    examples = (
        Example("Crop(56)", "512x64x64", "512x56x56"),
        Example("Crop(3x5)", "8x8x8", "8x3x5"),
        Example("Crop(100)", "2x117", "2x100"),
    )
    keeps = "nothing"
    needs_output = True
    shares = True

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if problem := self.misfit(x):
            return problem
        if any(size > n for size, n in zip(self.size, x.space, strict=True)):
            return CropTooLarge(size=self.size, input=x.dims, at=ParamRef("size"))
        return TensorType.model_construct(dims=(x.channels, *self.size))

    def before(self, x: TensorType) -> tuple[int, ...]:
        """How much is removed at the start of each axis."""
        return tuple((n - size) // 2 for n, size in zip(x.space, self.size, strict=True))

    def window(self, xs: Types, ys: Types) -> Window:
        before = self.before(xs[0])
        return Window.of((1,) * len(before), pad=tuple(0 - n for n in before))
