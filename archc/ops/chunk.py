"""Chunk: splits the channels into equal parts."""

from __future__ import annotations

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.shapes import UnevenChunks
from archc.ir.arguments import PositiveInt
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types


class Chunk(Op):
    """Splits the channels into n equal parts: `keep, work = Chunk(2)`.

    Shape:  (c, h, w) -> n times (c/n, h, w)
    Cost:   none
    Source: Ma et al. 2018, arXiv:1807.11164, section 3.2 (the channel split)
    """

    n: PositiveInt

    family = "shape"
    examples = (
        Example("Chunk(2)", "116x28x28", "58x28x28; 58x28x28"),
        Example("Chunk(3)", "12", "4; 4; 4"),
        Example("Chunk(1)", "5x2x2", "5x2x2"),
    )
    needs_output = True
    keeps = "nothing"
    shares = True

    def infer(self, xs: Types) -> Types | Problem:
        (x,) = xs
        if x.channels % self.n:
            return UnevenChunks(parts=self.n, channels=x.channels, at=ParamRef("n"))
        part = TensorType.model_construct(dims=(x.channels // self.n, *x.dims[1:]))
        return (part,) * self.n
