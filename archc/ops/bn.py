"""BN: batch normalisation."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.shapes import TooManyAxes
from archc.ir.arguments import Flag, Fraction, Positive
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, each
from archc.ir.op import Example, Op, Weight
from archc.ir.types import TensorType, Types


class BN(Op):
    """Batch normalisation of each channel. `momentum` is PyTorch's: the weight of the new statistics.

    Shape:  unchanged
    Cost:   element-wise: two operations per number, a product and a sum (as in evaluation, with constant statistics)
    Source: Ioffe & Szegedy 2015, arXiv:1502.03167, algorithm 1
    """

    eps: Positive = 1e-5
    momentum: Fraction = 0.1
    affine: Flag = True

    aliases = ("BatchNorm",)
    family = "norm"
    examples = (
        Example("BN", "64x56x56", "64x56x56"),
        Example("BN(eps=1e-3, momentum=0.01)", "32x8x8", "32x8x8"),
        Example("BN(affine=false)", "100", "100"),
        Example("BN", "16x100", "16x100"),
        Example("BN", "8x4x7x7", "8x4x7x7"),
    )

    def module_of(self, x: TensorType) -> tuple[int, ...]:
        return (max(2, len(x.dims)),)  # a class for vectors and signals, one for images, one for volumes

    def infer(self, xs: Types) -> TensorType | Problem:
        if xs[0].axes > 3:
            return TooManyAxes(kind="BN", input=xs[0].dims, most=4, at=InputRef(0))
        return xs[0]

    def weights(self, xs: Types) -> dict[str, Weight]:
        shape = (xs[0].channels,)
        trained = {"weight": Weight(shape), "bias": Weight(shape)} if self.affine else {}
        return trained | {
            "running_mean": Weight(shape, "buffer"),
            "running_var": Weight(shape, "buffer"),
            "num_batches_tracked": Weight((), "buffer", "int64"),
        }

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(2, xs[0]))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        statistics = (new(name, xs[0].channels, "float32", batch=True, trained=True) for name in ("mean", "deviation"))
        return Saved("input"), *statistics
