"""Mul: the product of branches."""

from __future__ import annotations

from math import prod

from archc.diagnostics.core import Problem
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, Formula, extent
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types
from archc.ops._joint import repeated


class Mul(Op):
    """The product of its inputs, written `mul { A | B }` or `x * y`.

    An axis of size 1 is repeated, so that a `c x 1 x 1` scales channels.

    Shape:  (c, h, w) and (c, 1, 1) -> (c, h, w)
    Cost:   element-wise: one product per number of the output for each input after the first
    Source: Hu et al. 2017, arXiv:1709.01507, equation 4
    """

    inputs = (2, None)
    merge = "mul"
    family = "merge"
    pointwise = True
    examples = (
        Example("Mul", "256x56x56; 256x1x1", "256x56x56"),
        Example("Mul", "64x1x1; 64x7x7", "64x7x7"),
        Example("Mul", "8; 8", "8"),
    )

    def infer(self, xs: Types) -> TensorType | Problem:
        return repeated("multiply", xs)

    def cost(self, xs: Types, ys: Types) -> Cost:
        times = len(xs) - 1
        counted = (("(inputs-1)", times),) if times != 1 else ()
        return Cost(elementwise=Formula.of(*counted, *extent(ys[0])))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        """Each product keeps both factors for each other's gradient; after the first product, one of them is new."""
        kept = [Saved("input", 0, needs=1), Saved("input", 1, needs=0)]
        dims = xs[0].dims
        for i, x in enumerate(xs[1:-1], 2):
            dims = tuple(max(a, b) for a, b in zip(dims, x.dims, strict=True))
            kept += [new("product", prod(dims)), Saved("input", i)]
        return tuple(kept)
