"""SM: the softmax."""

from __future__ import annotations

from archc.ir.cost import Cost, each
from archc.ir.op import Example
from archc.ir.types import TensorType, Types
from archc.ops._axiswise import Axiswise


class SM(Axiswise):
    """Softmax over the channels: exp(x_i) / sum of exp(x_j). At the end of a model it is its probability head.

    `over="last"` is over the last axis: for weights `8x197x197`, over those of each query.

    Shape:  unchanged
    Cost:   element-wise: three operations per number (exponential, addition, division)
    Source: Bridle 1990
    """

    aliases = ("Softmax", "SoftMax")
    family = "head"
    examples = (
        Example("SM", "1000", "1000"),
        Example("Softmax", "21x8x8", "21x8x8"),
        Example('SM(over="last")', "8x49x49", "8x49x49"),
    )
    needs_output = True
    keeps = "outputs"
    probability_head = True

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(3, xs[0]))
