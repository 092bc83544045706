"""The base of the poolings to a given size."""

from __future__ import annotations

from archc.diagnostics.core import Problem
from archc.ir.arguments import Size
from archc.ir.cost import Cost, Formula, by_axis, each
from archc.ir.types import TensorType, Types
from archc.ir.window import Window
from archc.ops._spatial import Spatial


class AdaptivePool(Spatial):
    """A pooling to a size."""

    size: Size

    def infer(self, xs: Types) -> TensorType | Problem:
        if problem := self.misfit(xs[0]):
            return problem
        return TensorType.model_construct(dims=(xs[0].channels, *self.size))

    def cost(self, xs: Types, ys: Types) -> Cost:
        (x,), (y,) = xs, ys
        if x.dims == y.dims:
            return Cost(elementwise=each(1, x))
        covered = tuple(_covered(n, windows) for n, windows in zip(x.space, y.space, strict=True))
        return Cost(elementwise=Formula.of(("N", y.channels), *zip(by_axis("W", x.axes), covered, strict=True)))

    @property
    def to_one(self) -> bool:
        """Whether it is a global pooling."""
        return all(n == 1 for n in self.size)

    def window(self, xs: Types, ys: Types) -> Window | None:
        """The window, or None if the windows differ in size."""
        if self.to_one or any(n % windows for n, windows in zip(xs[0].space, self.size, strict=True)):
            return None
        size = tuple(n // windows for n, windows in zip(xs[0].space, self.size, strict=True))
        return Window.of(size, size)


def _covered(size: int, windows: int) -> int:
    """The number of rows that each window of one axis covers, summed over all windows."""
    return sum(-(-(i + 1) * size // windows) - i * size // windows for i in range(windows))
