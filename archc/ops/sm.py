"""SM: the softmax."""

from __future__ import annotations

from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class SM(Elementwise):
    """Softmax over the first axis: exp(x_i) / sum of exp(x_j). At the end of a model it is its probability head.

    Shape:  unchanged
    Cost:   element-wise: three operations a number (exponential, addition, division)
    Source: Bridle 1990
    """

    aliases = ("Softmax", "SoftMax")
    family = "head"
    examples = (Example("SM", "1000", "1000"), Example("Softmax", "21x8x8", "21x8x8"))
    needs_output = True
    keeps = "outputs"
    probability_head = True
    steps = 3
