"""LogSoftmax: the logarithm of the softmax."""

from __future__ import annotations

from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class LogSoftmax(Elementwise):
    """Logarithm of the softmax over the first axis: x_i - log(sum of exp(x_j)).

    It is no probability head: `forward` returns it, for a loss that takes logarithms (`nn.NLLLoss`). For the
    cross-entropy it is not needed and does no harm, since it leaves its own output as it is.

    Shape:  unchanged
    Cost:   element-wise: three operations a number (exponential, addition, subtraction)
    Source: torch.nn.LogSoftmax
    """

    family = "head"
    examples = (Example("LogSoftmax", "1000", "1000"), Example("LogSoftmax", "21x8x8", "21x8x8"))
    needs_output = True
    keeps = "outputs"
    steps = 3
