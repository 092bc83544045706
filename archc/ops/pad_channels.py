"""PadChannels: adds channels of zeros."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, ParamRef, Problem
from archc.diagnostics.problems.shapes import TooManyAxes, TooManyChannels
from archc.ir.arguments import PositiveInt, Whole
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types


class PadChannels(Op):
    """Adds channels of zeros, `before` of them first and the rest last, for a total of `channels`.

    With `APool(1, 2)` before it, which takes every second row and column, it is the shortcut without parameters
    ("option A") of a ResNet.

    Shape:  (c, h, w) -> (channels, h, w)
    Cost:   none
    Source: He et al. 2015, arXiv:1512.03385, section 3.3, option (A)
    """

    channels: PositiveInt
    before: Whole = 0

    family = "shape"
    examples = (
        Example("PadChannels(32)", "16x16x16", "32x16x16"),
        Example("PadChannels(64, before=16)", "32x8x8", "64x8x8"),
        Example("PadChannels(9)", "7", "9"),
    )
    keeps = "nothing"

    def module_of(self, x: TensorType) -> tuple[int, ...]:
        return len(x.dims), x.channels

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if len(x.dims) > 3:
            return TooManyAxes(kind="PadChannels", input=x.dims, at=InputRef(0))
        if x.channels + self.before > self.channels:
            wanted = self.channels - self.before
            return TooManyChannels(channels=x.channels, wanted=wanted, at=ParamRef("channels"))
        return TensorType.model_construct(dims=(self.channels, *x.dims[1:]))
