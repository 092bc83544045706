"""Slice: some of the channels."""

from __future__ import annotations

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.shapes import EmptyOutput, SliceOutOfRange
from archc.ir.arguments import End, Whole
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types


class Slice(Op):
    """The channels from `start` up to, but not including, `stop`; without `stop`, all from `start` on.

    Shape:  (c, h, w) -> (stop - start, h, w)
    Cost:   none
    Source: Chen et al. 2017, arXiv:1707.01629, equation 8 (the two paths)
    """

    start: Whole
    stop: End = None

    family = "shape"
    examples = (
        Example("Slice(0, 256)", "272x56x56", "256x56x56"),
        Example("Slice(256)", "272x56x56", "16x56x56"),
        Example("Slice(2, 3)", "5", "1"),
    )
    needs_output = True
    keeps = "nothing"
    shares = True

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        stop = x.channels if self.stop is None else self.stop
        if stop > x.channels:
            return SliceOutOfRange(index=stop - 1, channels=x.channels, at=ParamRef("stop"))
        if self.start >= x.channels:
            return SliceOutOfRange(index=self.start, channels=x.channels, at=ParamRef("start"))
        if self.start >= stop:
            return EmptyOutput(kind="Slice", input=x.dims, start=self.start, stop=stop, at=ParamRef("stop"))
        return TensorType.model_construct(dims=(stop - self.start, *x.dims[1:]))
