"""Concat: joins branches along the channels."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.branches import CannotConcat
from archc.diagnostics.problems.windows import UnlikeRests
from archc.ir.arguments import Axis
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types
from archc.ir.window import POINT, Window


class Concat(Op):
    """Joins its inputs along the first axis, written `concat { A | B }`.

    `( A, B ) - Concat(over="last")` joins them along the last.

    Shape:  (c1, h, w), (c2, h, w), … -> (c1 + c2 + …, h, w)
    Cost:   none
    Source: Szegedy et al. 2014, arXiv:1409.4842, figure 2; Huang et al. 2016, arXiv:1608.06993, equation 2
    """

    over: Axis = "channels"

    inputs = (2, None)
    merge = "concat"
    family = "merge"
    examples = (
        Example("Concat", "64x28x28; 128x28x28; 32x28x28", "224x28x28"),
        Example("Concat", "10; 5", "15"),
        Example('Concat(over="last")', "8x7x64; 8x7x32", "8x7x96"),
    )
    keeps = "nothing"

    def infer(self, xs: Types) -> TensorType | Problem:
        first = xs[0]
        if self.over == "last":
            return self._behind(xs)
        for i, x in enumerate(xs):
            if len(x.dims) != len(first.dims) or x.dims[1:] != first.dims[1:]:
                return CannotConcat(first=first.dims, other=x.dims, at=InputRef(i))
        channels = first.channels
        for x in xs[1:]:
            channels = channels + x.channels
        return TensorType.model_construct(dims=(channels, *first.dims[1:]))

    def _behind(self, xs: Types) -> TensorType | Problem:
        """The type of inputs joined along the last axis."""
        first, features = xs[0], 0
        for i, x in enumerate(xs):
            if x.dims[:-1] != first.dims[:-1]:
                return UnlikeRests(first=first.dims, other=x.dims, at=InputRef(i))
            features = features + x.dims[-1]
        return TensorType.model_construct(dims=(*first.dims[:-1], features))

    def window(self, xs: Types, ys: Types) -> Window | None:
        return POINT if self.over == "channels" else None
