"""The base of layers that work along one axis: the channels of each pixel, or the features of each token."""

from __future__ import annotations

from archc.ir.arguments import Axis
from archc.ir.op import Op
from archc.ir.types import TensorType, Types
from archc.ir.window import POINT, Window


class Axiswise(Op):
    """Base of layers along an axis: the first, the channels, unless `over` is "last"."""

    over: Axis = "channels"

    def axis(self) -> int:
        """The number of the axis, counting the batch axis."""
        return 1 if self.over == "channels" else -1

    def length(self, x: TensorType) -> int:
        """The size of the axis."""
        return x.dims[0 if self.over == "channels" else -1]

    def window(self, xs: Types, ys: Types) -> Window | None:
        return POINT if self.over == "channels" else None
