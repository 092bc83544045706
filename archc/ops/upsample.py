"""Upsample: an enlarged image."""

from __future__ import annotations

from archc.diagnostics import Input, Problem
from archc.network.arguments import Interpolation, Size2
from archc.network.cost import Cost, each
from archc.network.op import Example, Op
from archc.network.types import TensorType, Types, image
from archc.network.window import Window
from archc.problems.shapes import WantsImage


class Upsample(Op):
    """The image `scale` times as large, by the nearest number or by bilinear interpolation.

    Shape:  (c, h, w) -> (c, h * scale_h, w * scale_w)
    Cost:   none for nearest; element-wise: seven operations an output for bilinear (four products, three additions)
    Source: torch.nn.Upsample
    """

    scale: Size2 = (2, 2)
    mode: Interpolation = "nearest"

    family = "shape"
    examples = (
        Example("Upsample", "64x7x7", "64x14x14"),
        Example('Upsample(1x3, mode="bilinear")', "8x4x4", "8x4x12"),
    )
    keeps = "nothing"

    def infer(self, xs: Types) -> TensorType | Problem:
        if not xs[0].is_image:
            return WantsImage(kind="Upsample", input=xs[0].dims, at=Input(0))
        return image(xs[0].channels, xs[0].height * self.scale[0], xs[0].width * self.scale[1])

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost() if self.mode == "nearest" else Cost(elementwise=each(7, ys[0]))

    def window(self, xs: Types, ys: Types) -> Window:
        """Bilinear interpolation reads at most one place before and one behind."""
        near = self.mode == "nearest"
        return Window((1, 1) if near else (3, 3), pad=(0, 0) if near else (1, 1), scale=self.scale)
