"""InstanceNorm: instance normalisation."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.axes import OnePlace
from archc.ir.arguments import Flag, Positive
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, each
from archc.ir.op import Example, Op, Weight
from archc.ir.types import TensorType, Types
from archc.ir.window import Window
from archc.ops._spatial import unspatial


class InstanceNorm(Op):
    """Instance normalisation: each channel of each sample over its rows and columns.

    It has a learned scale and shift per channel only with `affine=true`, and no running statistics.

    Shape:  unchanged
    Cost:   element-wise: five operations per number (mean: add; variance: subtract, square, add; divide),
            two more if affine
    Source: Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022, equation 5
    """

    eps: Positive = 1e-5
    affine: Flag = False

    family = "norm"
    examples = (
        Example("InstanceNorm", "64x56x56", "64x56x56"),
        Example("InstanceNorm(affine=true)", "32x8x8", "32x8x8"),
        Example("InstanceNorm(1e-3)", "16x100", "16x100"),
        Example("InstanceNorm(affine=true)", "4x3x8x8", "4x3x8x8"),
    )

    def module_of(self, x: TensorType) -> tuple[int, ...]:
        return len(x.dims), x.channels

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if problem := unspatial("InstanceNorm", x):
            return problem
        if x.places == 1:
            return OnePlace(kind="InstanceNorm", input=x.dims, at=InputRef(0))
        return x

    def weights(self, xs: Types) -> dict[str, Weight]:
        shape = (xs[0].channels,)
        return {"weight": Weight(shape), "bias": Weight(shape)} if self.affine else {}

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(7 if self.affine else 5, xs[0]))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        """As in torch, which computes a batch normalisation of the channels of all samples, with repeated weights."""
        names = ("mean", "deviation", *(("weights of each sample",) if self.affine else ()))
        return Saved("input"), *(new(name, xs[0].channels, "float32") for name in names)

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None
