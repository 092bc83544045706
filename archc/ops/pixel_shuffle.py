"""PixelShuffle: turns channels into rows and columns."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.axes import UnevenPixels
from archc.diagnostics.problems.shapes import WantsImage
from archc.ir.arguments import PositiveInt
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types, image
from archc.ir.window import Window


class PixelShuffle(Op):
    """Enlarges the image by `scale`: each group of scale*scale channels becomes one, in squares of scale x scale.

    Shape:  (c, h, w) -> (c / scale^2, h * scale, w * scale)
    Cost:   none: it only moves numbers
    Source: Shi et al. 2016, arXiv:1609.05158, equation 4
    """

    scale: PositiveInt = 2

    family = "shape"
    examples = (
        Example("PixelShuffle", "64x7x7", "16x14x14"),
        Example("PixelShuffle(3)", "27x8x5", "3x24x15"),
    )
    keeps = "nothing"

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if not x.is_image:
            return WantsImage(kind="PixelShuffle", input=x.dims, at=InputRef(0))
        if x.channels % (self.scale * self.scale):
            return UnevenPixels(kind="PixelShuffle", scale=self.scale, input=x.dims, at=InputRef(0))
        return image(x.channels // (self.scale * self.scale), x.height * self.scale, x.width * self.scale)

    def window(self, xs: Types, ys: Types) -> Window:
        return Window(scale=(self.scale, self.scale))
