"""Tokens: the positions of an image as a list."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.shapes import WantsImage
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types
from archc.ir.window import Window


class Tokens(Op):
    """The positions of an image, row by row, as tokens whose features are the channels. `FromTokens` is the inverse.

    Shape:  (c, h, w) -> (h * w, c)
    Cost:   none
    Source: Dosovitskiy et al. 2020, arXiv:2010.11929, section 3.1
    """

    family = "shape"
    examples = (Example("Tokens", "768x14x14", "196x768"), Example("Tokens", "8x3x5", "15x8"))
    keeps = "nothing"
    needs_output = True
    shares = True

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if not x.is_image:
            return WantsImage(kind="Tokens", input=x.dims, at=InputRef(0))
        return TensorType.model_construct(dims=(x.height * x.width, x.channels))

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None

    def channel_axis(self, came: int, x: TensorType, y: TensorType) -> int:
        return len(y.dims) - 1
