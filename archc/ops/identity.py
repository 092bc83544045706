"""Identity: no operation."""

from __future__ import annotations

from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types


class Identity(Op):
    """Returns its input: with `replace fc: Identity`, a classifier returns its features.

    Shape:  unchanged
    Cost:   none
    Source: torch.nn.Identity
    """

    family = "shape"
    pointwise = True
    examples = (Example("Identity", "512", "512"), Example("Identity", "8x7x7", "8x7x7"))
    needs_output = True
    keeps = "nothing"
    shares = True

    def infer(self, xs: Types) -> TensorType:
        return xs[0]
