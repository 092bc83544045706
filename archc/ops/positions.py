"""Positions: a learned tensor that is added."""

from __future__ import annotations

from archc.ir.arguments import NotNegative
from archc.ir.cost import Cost, each
from archc.ir.op import Example, Op, Weight
from archc.ir.types import TensorType, Types


class Positions(Op):
    """Adds a learned tensor of the shape of the input: the position embedding of a transformer.

    It is initialised with 0, or normally distributed with standard deviation `std`. It is a parameter of the enclosing
    module rather than a module: its label is the key in the state dict, where it has a first axis of size 1 for the
    batch.

    Shape:  unchanged
    Cost:   element-wise: one addition per number
    Source: Dosovitskiy et al. 2020, arXiv:2010.11929, equation 1
    """

    std: NotNegative = 0.0

    family = "norm"
    examples = (
        Example("Positions(0.02)", "197x768", "197x768"),
        Example("Positions", "64x8x8", "64x8x8"),
    )
    keeps = "nothing"

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def weights(self, xs: Types) -> dict[str, Weight]:
        return {"": Weight((1, *xs[0].dims))}

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(1, xs[0]))

    def channel_axis(self, came: int, x: TensorType, y: TensorType) -> int:
        return 1 if len(y.dims) == 2 else came
