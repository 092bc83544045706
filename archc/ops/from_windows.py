"""FromWindows: joins windows to an image."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.windows import WantsWindows
from archc.ir.arguments import Flag, Place
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types
from archc.ir.window import Window


class FromWindows(Op):
    """The image that `Windows`, with the same `spread` and `channels`, cuts into these windows.

    Shape:  (rows, columns, size_h, size_w, c) -> (c, rows * size_h, columns * size_w)
    Cost:   none: it only moves numbers
    Source: the inverse of `Windows`
    """

    spread: Flag = False
    channels: Place = "first"

    family = "shape"
    examples = (
        Example("FromWindows", "8x8x7x7x64", "64x56x56"),
        Example("FromWindows(spread=true)", "8x8x7x7x64", "64x56x56"),
        Example('FromWindows(channels="last")', "8x8x7x7x96", "56x56x96"),
        Example("FromWindows", "3x2x2x4x8", "8x6x8"),
    )
    keeps = "nothing"
    needs_output = True

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if len(x.dims) != 5:
            return WantsWindows(kind="FromWindows", input=x.dims, at=InputRef(0))
        rows, columns, height, width, c = x.dims
        h, w = rows * height, columns * width
        return TensorType.model_construct(dims=(c, h, w) if self.channels == "first" else (h, w, c))

    def views(self, xs: Types, training: bool) -> bool:
        """Whether no number moves: there is one window, or the windows are in the order of the image."""
        rows, columns, height, width, _ = xs[0].dims
        if self.spread:
            rows, columns, height, width = height, width, rows, columns
            return bool((rows == 1 or height == 1) and (columns == 1 or width == 1))
        return bool((columns == 1 or height == 1 or rows == 1) and (columns == 1 or height == 1 or width == 1))

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None

    def channel_axis(self, came: int, x: TensorType, y: TensorType) -> int:
        return len(y.dims) - 1 if self.channels == "last" else 0
