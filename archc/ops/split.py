"""Split: splits the channels into parts of given sizes."""

from __future__ import annotations

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.shapes import SplitSizes
from archc.ir.arguments import Sizes
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types


class Split(Op):
    """Splits the channels into parts of these sizes: `a, b = Split([16, 48])`.

    Shape:  (c, h, w) -> (sizes[0], h, w), (sizes[1], h, w), …
    Cost:   none
    Source: torch.split
    """

    sizes: Sizes

    family = "shape"
    examples = (
        Example("Split([16, 48])", "64x28x28", "16x28x28; 48x28x28"),
        Example("Split([1, 2, 4])", "7", "1; 2; 4"),
    )
    needs_output = True
    keeps = "nothing"
    shares = True

    def infer(self, xs: Types) -> Types | Problem:
        (x,) = xs
        if sum(self.sizes) != x.channels:
            return SplitSizes(sizes=self.sizes, channels=x.channels, at=ParamRef("sizes"))
        return tuple(TensorType.model_construct(dims=(size, *x.dims[1:])) for size in self.sizes)
