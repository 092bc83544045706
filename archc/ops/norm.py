"""Norm: local response normalisation."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.shapes import WantsImage
from archc.ir.arguments import Number, Positive, PositiveInt
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, Formula, extent
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types


class Norm(Op):
    """Local response normalisation across channels, with AlexNet's constants.

    y = x / (k + alpha * sum of x^2 over `size` neighbouring channels) ** beta. This is the paper's `alpha`; PyTorch
    (like Caffe) divides its `alpha` by `size`, so the emitted code has `alpha * size`: 5e-4 for the default.

    Shape:  unchanged
    Cost:   element-wise: size + 4 operations per number (square, size - 1 additions, scale, add k, power, divide)
    Source: Krizhevsky, Sutskever, Hinton 2012, section 3.3
    """

    size: PositiveInt = 5
    alpha: Positive = 1e-4
    beta: Number = 0.75
    k: Number = 2.0

    aliases = ("LRN",)
    family = "norm"
    examples = (Example("Norm", "96x27x27", "96x27x27"), Example("LRN(3, alpha=1e-3, k=1)", "8x5x5", "8x5x5"))

    def infer(self, xs: Types) -> TensorType | Problem:
        if not xs[0].is_image:
            return WantsImage(kind="Norm", input=xs[0].dims, at=InputRef(0))
        return xs[0]

    def cost(self, xs: Types, ys: Types) -> Cost:
        steps = Formula.of(("(size+4)", self.size + 4), *extent(xs[0]))
        return Cost(elementwise=steps)

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        """As in `F.local_response_norm`: the padded squares, the base of the power, and the divisor."""
        (x,) = xs
        squares = new("squares", (x.channels + self.size - 1) * x.height * x.width)
        return Saved("input"), squares, new("base", x.elements), new("divisor", x.elements)
