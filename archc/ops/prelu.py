"""PReLU: the rectifier with a learned slope below zero."""

from __future__ import annotations

from archc.ir.arguments import Flag, Number
from archc.ir.cost import Cost, each
from archc.ir.op import Example, Op, Weight
from archc.ir.types import TensorType, Types


class PReLU(Op):
    """x where it is positive, elsewhere x times a learned slope, which is initialised with `init`.

    There is a single slope, or with `shared=false` one per channel.

    Shape:  unchanged
    Cost:   element-wise: two operations per number (a comparison and a product)
    Source: He et al. 2015, arXiv:1502.01852, equation 1
    """

    shared: Flag = True
    init: Number = 0.25

    family = "activation"
    examples = (
        Example("PReLU", "64x56x56", "64x56x56"),
        Example("PReLU(shared=false)", "16x8x8", "16x8x8"),
        Example("PReLU(false, init=0.1)", "4096", "4096"),
    )

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def weights(self, xs: Types) -> dict[str, Weight]:
        return {"weight": Weight((1,), axes=("1",)) if self.shared else Weight((xs[0].channels,))}

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(2, xs[0]))
