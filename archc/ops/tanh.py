"""Tanh: the hyperbolic tangent."""

from __future__ import annotations

from archc.ir.arguments import Number
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, each
from archc.ir.op import Example, Op
from archc.ir.sym import same
from archc.ir.types import TensorType, Types


class Tanh(Op):
    """scale * tanh(slope * x); LeNet-5's squashing function is `Tanh(1.7159, 2/3)`.

    Shape:  unchanged
    Cost:   element-wise: one operation per number, and two products if it is scaled
    Source: LeCun et al. 1998, appendix A
    """

    scale: Number = 1.0
    slope: Number = 1.0

    family = "activation"
    examples = (Example("Tanh", "120", "120"), Example("Tanh(1.7159, 2/3)", "6x28x28", "6x28x28"))
    needs_output = True
    keeps = "outputs"

    @property
    def plain(self) -> bool:
        """Whether it is tanh itself."""
        return same(self.scale, 1) and same(self.slope, 1)

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(1 if (self.scale, self.slope) == (1, 1) else 3, xs[0]))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return super().saves(xs, ys) if self.plain else (new("tanh", xs[0].elements),)
