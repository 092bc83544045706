"""Reshape: the same numbers in another shape."""

from __future__ import annotations

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.axes import OtherNumbers
from archc.ir.arguments import Sizes
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types
from archc.ir.window import Window


class Reshape(Op):
    """The numbers of a sample, in their order, in another shape.

    Shape:  (…) -> shape, with as many numbers
    Cost:   none
    Source: torch.reshape
    """

    shape: Sizes

    family = "shape"
    examples = (
        Example("Reshape([16, 7, 7])", "784", "16x7x7"),
        Example("Reshape([8, 49])", "8x7x7", "8x49"),
    )
    keeps = "nothing"
    needs_output = True
    shares = True

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        y = TensorType.model_construct(dims=self.shape)
        if y.elements != x.elements:
            return OtherNumbers(shape=self.shape, input=x.dims, at=ParamRef("shape"))
        return y

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None
