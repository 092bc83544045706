"""Affine: a fixed scale and shift of each channel."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, ParamRef, Problem
from archc.diagnostics.problems.shapes import WantsImage, WrongCount
from archc.ir.arguments import NumberOrNumbers
from archc.ir.cost import Cost, each
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types


class Affine(Op):
    """scale * x + shift with fixed numbers: adapts an input to other statistics.

    `scale` and `shift` are a number for all channels, or a list with one for each.

    Shape:  (c, h, w) -> (c, h, w); a list has c numbers
    Cost:   element-wise: two operations per number
    Source: torchvision's `transform_input` of GoogLeNet and Inception v3
    """

    scale: NumberOrNumbers
    shift: NumberOrNumbers

    family = "norm"
    examples = (
        Example("Affine([0.458, 0.448, 0.45], [-0.03, -0.088, -0.188])", "3x224x224", "3x224x224"),
        Example("Affine([2], [-1])", "1x5x5", "1x5x5"),
        Example("Affine(2, -1)", "3x5x5", "3x5x5"),
    )
    keeps = "nothing"

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if not x.is_image:
            return WantsImage(kind="Affine", input=x.dims, at=InputRef(0))
        for name, values in (("scale", self.scale), ("shift", self.shift)):
            if isinstance(values, tuple) and len(values) != x.channels:
                return WrongCount(name=name, count=len(values), channels=x.channels, at=ParamRef(name))
        return x

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(2, xs[0]))
