"""Concat: branches behind each other along the channels."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.branches import CannotConcat
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types


class Concat(Op):
    """Its inputs behind each other along the first axis, written `concat { A | B }`.

    Shape:  (c1, h, w), (c2, h, w), … -> (c1 + c2 + …, h, w)
    Cost:   none
    Source: Szegedy et al. 2014, arXiv:1409.4842, figure 2; Huang et al. 2016, arXiv:1608.06993, equation 2
    """

    inputs = (2, None)
    merge = "concat"
    family = "merge"
    examples = (
        Example("Concat", "64x28x28; 128x28x28; 32x28x28", "224x28x28"),
        Example("Concat", "10; 5", "15"),
    )
    keeps = "nothing"

    def infer(self, xs: Types) -> TensorType | Problem:
        first = xs[0]
        for i, x in enumerate(xs):
            if len(x.dims) != len(first.dims) or x.dims[1:] != first.dims[1:]:
                return CannotConcat(first=first.dims, other=x.dims, at=InputRef(i))
        channels = first.channels
        for x in xs[1:]:
            channels = channels + x.channels
        return TensorType.model_construct(dims=(channels, *first.dims[1:]))
