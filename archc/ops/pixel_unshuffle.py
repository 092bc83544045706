"""PixelUnshuffle: turns rows and columns into channels."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.axes import UnevenPixels
from archc.diagnostics.problems.shapes import WantsImage
from archc.ir.arguments import PositiveInt
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types, image
from archc.ir.window import Window


class PixelUnshuffle(Op):
    """Reduces the image by `scale`: each square of scale x scale numbers becomes as many channels.

    It is the inverse of `PixelShuffle`, called "space to depth" or "focus" in other libraries.

    Shape:  (c, h, w) -> (c * scale^2, h / scale, w / scale)
    Cost:   none: it only moves numbers
    Source: Shi et al. 2016, arXiv:1609.05158; torch.nn.PixelUnshuffle
    """

    scale: PositiveInt = 2

    family = "shape"
    examples = (
        Example("PixelUnshuffle", "16x14x14", "64x7x7"),
        Example("PixelUnshuffle(3)", "3x24x15", "27x8x5"),
        Example("PixelUnshuffle(1)", "3x5x7", "3x5x7"),
    )
    keeps = "nothing"

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if not x.is_image:
            return WantsImage(kind="PixelUnshuffle", input=x.dims, at=InputRef(0))
        if x.height % self.scale or x.width % self.scale:
            return UnevenPixels(kind="PixelUnshuffle", scale=self.scale, input=x.dims, at=InputRef(0))
        return image(x.channels * (self.scale * self.scale), x.height // self.scale, x.width // self.scale)

    def window(self, xs: Types, ys: Types) -> Window:
        return Window((self.scale, self.scale), (self.scale, self.scale))
