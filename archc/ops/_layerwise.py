"""The base of normalisations of each sample, over all its numbers, its last axis or its channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archc.ir.op import Op
from archc.ir.types import TensorType, Types
from archc.ir.window import POINT, Window


class Layerwise(Op):
    """Base of normalisations over axes of a sample. Subclasses have the argument `over`."""

    if TYPE_CHECKING:  # its position among the arguments differs
        over: str

    def module_of(self, x: TensorType) -> tuple[int, ...]:
        return self.normal(x)

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def normal(self, x: TensorType) -> tuple[int, ...]:
        """The sizes of the axes that are normalised over."""
        if self.over == "all":
            return x.dims
        return x.dims[-1:] if self.over == "last" else x.dims[:1]

    def sets(self, x: TensorType) -> int:
        """The number of sets of numbers that are normalised separately."""
        if self.over == "all":
            return 1
        found = 1
        for size in x.dims[:-1] if self.over == "last" else x.dims[1:]:
            found *= size
        return found

    def window(self, xs: Types, ys: Types) -> Window | None:
        return POINT if self.over == "channels" else None
