"""AdaptiveAPool: average pooling to a given size."""

from __future__ import annotations

from archc.diagnostics import Input, Problem
from archc.network.arguments import Size2
from archc.network.autograd import Saved
from archc.network.cost import Cost, Formula, each, extent
from archc.network.op import Example, Op
from archc.network.types import TensorType, Types, image
from archc.network.window import Window
from archc.problems.shapes import WantsImage


class AdaptiveAPool(Op):
    """Average pooling to a given number of rows and columns.

    Output row i averages rows floor(i*h/h') to ceil((i+1)*h/h') - 1.

    Shape:  (c, h, w) -> (c, size_h, size_w)
    Cost:   element-wise: one operation for each number in each window (its additions and the division)
    Source: torch.nn.AdaptiveAvgPool2d
    """

    size: Size2

    aliases = ("AdaptiveAvgPool",)
    family = "pool"
    examples = (Example("AdaptiveAPool(6)", "256x13x13", "256x6x6"), Example("AdaptiveAPool(1x3)", "8x7x7", "8x1x3"))

    def infer(self, xs: Types) -> TensorType | Problem:
        if not xs[0].is_image:
            return WantsImage(kind="AdaptiveAPool", input=xs[0].dims, at=Input(0))
        return image(xs[0].channels, *self.size)

    def cost(self, xs: Types, ys: Types) -> Cost:
        (x,), (y,) = xs, ys
        if x.dims == y.dims:
            return Cost(elementwise=each(1, x))
        rows, columns = _covered(x.height, y.height), _covered(x.width, y.width)
        return Cost(elementwise=Formula.of(extent(y)[0], ("W_H", rows), ("W_W", columns)))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return () if self.size == (1, 1) else super().saves(xs, ys)  # torch takes the mean: it keeps only the sizes

    def window(self, xs: Types, ys: Types) -> Window | None:
        """None where the windows are not all of one size."""
        rows, columns = self.size
        if xs[0].height % rows or xs[0].width % columns or self.size == (1, 1):
            return None
        size = xs[0].height // rows, xs[0].width // columns
        return Window(size, size)


def _covered(size: int, windows: int) -> int:
    """The sum over all windows of one axis of how many rows each covers."""
    return sum(-(-(i + 1) * size // windows) - i * size // windows for i in range(windows))
