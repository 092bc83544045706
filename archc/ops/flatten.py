"""Flatten: any tensor as a vector."""

from __future__ import annotations

from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types, vector


class Flatten(Op):
    """All numbers of a sample as a vector, channel by channel, row by row.

    Shape:  (c, h, w) -> (c*h*w)
    Cost:   none
    Source: torch.nn.Flatten
    """

    family = "shape"
    examples = (Example("Flatten", "256x6x6", "9216"), Example("Flatten", "84", "84"))
    needs_output = True
    keeps = "nothing"
    shares = True

    def infer(self, xs: Types) -> TensorType:
        return vector(xs[0].elements)
