"""GN: group normalisation."""

from __future__ import annotations

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.shapes import GroupsDoNotDivide
from archc.ir.arguments import Flag, Positive, PositiveInt
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, each
from archc.ir.op import Example, Op, Weight
from archc.ir.types import TensorType, Types
from archc.ir.window import Window


class GN(Op):
    """Group normalisation: each sample's channels in groups, each group over its channels, rows and columns.

    Shape:  unchanged
    Cost:   element-wise: five operations per number (mean: add; variance: subtract, square, add; divide),
            two more if affine
    Source: Wu & He 2018, arXiv:1803.08494, equation 7
    """

    groups: PositiveInt = 32
    eps: Positive = 1e-5
    affine: Flag = True

    aliases = ("GroupNorm",)
    family = "norm"
    examples = (Example("GN", "64x7x7", "64x7x7"), Example("GN(4, affine=false)", "12x5x5", "12x5x5"))

    def module_of(self, x: TensorType) -> tuple[int, ...]:
        return (x.channels,)

    def infer(self, xs: Types) -> TensorType | Problem:
        if xs[0].channels % self.groups:
            return GroupsDoNotDivide(kind="GN", groups=self.groups, channels=xs[0].channels, at=ParamRef("groups"))
        return xs[0]

    def weights(self, xs: Types) -> dict[str, Weight]:
        shape = (xs[0].channels,)
        return {"weight": Weight(shape), "bias": Weight(shape)} if self.affine else {}

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(7 if self.affine else 5, xs[0]))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        statistics = (new(name, self.groups, "float32") for name in ("mean", "deviation"))
        return Saved("input"), *statistics

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None
