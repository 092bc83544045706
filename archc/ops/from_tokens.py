"""FromTokens: an image from a list of tokens."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, ParamRef, Problem
from archc.diagnostics.problems.axes import OtherNumbers, WantsTokens
from archc.ir.arguments import Size
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types, image
from archc.ir.window import Window


class FromTokens(Op):
    """The image of `size` rows and columns whose positions, row by row, are the tokens; features become channels.

    Shape:  (h * w, c) -> (c, h, w)
    Cost:   none
    Source: the inverse of `Tokens`
    """

    size: Size

    family = "shape"
    examples = (Example("FromTokens(14)", "196x768", "768x14x14"), Example("FromTokens(3x5)", "15x8", "8x3x5"))
    keeps = "nothing"
    needs_output = True
    shares = True

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if x.axes != 1:
            return WantsTokens(kind="FromTokens", input=x.dims, at=InputRef(0))
        if len(self.size) != 2 or self.size[0] * self.size[1] != x.channels:
            return OtherNumbers(shape=(*self.size, x.dims[1]), input=x.dims, at=ParamRef("size"))
        return image(x.dims[1], self.size[0], self.size[1])

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None
