"""Slice: selects channels."""

from __future__ import annotations

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.shapes import EmptyOutput, SliceOutOfRange
from archc.diagnostics.problems.windows import NoSuchAxis
from archc.ir.arguments import End, PositiveInt, Whole
from archc.ir.op import Example, Op
from archc.ir.sym import same
from archc.ir.types import TensorType, Types
from archc.ir.window import POINT, Window


class Slice(Op):
    """The channels from `start` up to, but not including, `stop`; without `stop`, all from `start` on.

    `Slice(1, step=2)` takes every second channel from the second on. `axis` is the number of another axis to slice;
    axis 0 is the channels.

    Shape:  (c, h, w) -> (c', h, w), c' = (stop - start) / step, rounded up; another `axis` likewise
    Cost:   none
    Source: Chen et al. 2017, arXiv:1707.01629, equation 8 (the two paths)
    """

    start: Whole
    stop: End = None
    step: PositiveInt = 1
    axis: Whole = 0

    family = "shape"
    examples = (
        Example("Slice(0, 256)", "272x56x56", "256x56x56"),
        Example("Slice(256)", "272x56x56", "16x56x56"),
        Example("Slice(2, 3)", "5", "1"),
        Example("Slice(1, step=2, axis=1)", "8x7x5", "8x3x5"),
    )
    needs_output = True
    keeps = "nothing"
    shares = True

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        axes = len(x.dims)
        if self.axis >= axes:
            return NoSuchAxis(axis=self.axis, input=x.dims, at=ParamRef("axis"))
        at = next(i for i in range(axes) if self.axis == i)
        size = x.dims[at]
        stop = size if self.stop is None else self.stop
        if stop > size:
            return SliceOutOfRange(index=stop - 1, channels=size, axis=at, at=ParamRef("stop"))
        if self.start >= size:
            return SliceOutOfRange(index=self.start, channels=size, axis=at, at=ParamRef("start"))
        if self.start >= stop:
            return EmptyOutput(kind="Slice", input=x.dims, start=self.start, stop=stop, at=ParamRef("stop"))
        kept = stop - self.start
        if self.step != 1:
            kept = (kept + self.step - 1) // self.step
        return TensorType.model_construct(dims=(*x.dims[:at], kept, *x.dims[at + 1 :]))

    def window(self, xs: Types, ys: Types) -> Window | None:
        return POINT if same(self.axis, 0) else None
