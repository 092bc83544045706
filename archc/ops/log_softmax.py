"""LogSoftmax: the logarithm of the softmax."""

from __future__ import annotations

from archc.ir.cost import Cost, each
from archc.ir.op import Example
from archc.ir.types import TensorType, Types
from archc.ops._axiswise import Axiswise


class LogSoftmax(Axiswise):
    """Logarithm of the softmax over the channels, or the last axis: x_i - log(sum of exp(x_j)).

    It is not a probability head: `forward` returns it, for a loss of logarithms (`nn.NLLLoss`). The cross-entropy does
    not need it, but gives the same result with it, since it does not change its own output.

    Shape:  unchanged
    Cost:   element-wise: three operations per number (exponential, addition, subtraction)
    Source: torch.nn.LogSoftmax
    """

    family = "head"
    examples = (
        Example("LogSoftmax", "1000", "1000"),
        Example("LogSoftmax", "21x8x8", "21x8x8"),
        Example('LogSoftmax("last")', "12x30", "12x30"),
    )
    needs_output = True
    keeps = "outputs"

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(3, xs[0]))
