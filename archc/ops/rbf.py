"""RBF: LeNet-5's output layer."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.shapes import WantsVector
from archc.ir.arguments import PositiveInt
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, Formula
from archc.ir.op import Example, Op, Weight
from archc.ir.types import TensorType, Types, vector


class RBF(Op):
    """Euclidean radial basis functions: the squared distance of the input to a fixed code of +1 and -1 for each output.

    The output is a distance: the smallest one wins. The codes are a buffer, not trained.

    Shape:  (n) -> (width)
    Cost:   element-wise: three operations for each number of each code (subtract, square, add); one connection each
    Source: LeCun, Bottou, Bengio, Haffner 1998, section II.B, equation 7
    """

    width: PositiveInt

    family = "linear"
    examples = (Example("RBF(10)", "84", "10"), Example("RBF(3)", "5", "3"))

    def infer(self, xs: Types) -> TensorType | Problem:
        if len(xs[0].dims) != 1:
            return WantsVector(kind="RBF", input=xs[0].dims, at=InputRef(0))
        return vector(self.width)

    def weights(self, xs: Types) -> dict[str, Weight]:
        return {"weight": Weight((self.width, xs[0].channels), "buffer", axes=("N", "M"))}

    def cost(self, xs: Types, ys: Types) -> Cost:
        sizes = ("M", xs[0].channels), ("N", self.width)
        return Cost(elementwise=Formula.of(("3", 3), *sizes), connections=Formula.of(*sizes))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return (new("differences", xs[0].elements * self.width),)
