"""Linear: a matrix product over the last axis."""

from __future__ import annotations

from archc.ir.arguments import Flag, PositiveInt
from archc.ir.autograd import Saved
from archc.ir.cost import Cost, Formula, each
from archc.ir.op import Example, Op, Weight
from archc.ir.types import TensorType, Types
from archc.ir.window import POINT, Window


class Linear(Op):
    """Linear map of the last axis; on a vector it is `FC` without its flattening.

    Shape:  (…, n) -> (…, width)
    Cost:   macs = n * width for each vector; element-wise: one addition per output for the bias
    Source: torch.nn.Linear
    """

    width: PositiveInt
    bias: Flag = True

    family = "linear"
    pointwise = True
    examples = (
        Example("Linear(10)", "84", "10"),
        Example("Linear(32, bias=false)", "49x8", "49x32"),
        Example("Linear(5)", "3x4x6", "3x4x5"),
    )

    def infer(self, xs: Types) -> TensorType:
        return TensorType.model_construct(dims=(*xs[0].dims[:-1], self.width))

    def weights(self, xs: Types) -> dict[str, Weight]:
        weights = {"weight": Weight((self.width, xs[0].dims[-1]), axes=("N", "M"))}
        return weights | {"bias": Weight((self.width,))} if self.bias else weights

    def cost(self, xs: Types, ys: Types) -> Cost:
        rows = tuple((f"L_{i}", n) for i, n in enumerate(xs[0].dims[:-1], 1))
        macs = Formula.of(*rows, ("M", xs[0].dims[-1]), ("N", self.width))
        bias = each(1, ys[0]) if self.bias else Formula()
        return Cost(macs, elementwise=bias, connections=macs + bias)

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return (Saved("input", trained=True),)

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None if xs[0].axes else POINT
