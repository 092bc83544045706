"""The shape rule that the poolings share."""

from __future__ import annotations

from archc.diagnostics import Input, Param, Problem
from archc.network.cost import Cost, Formula, extent, window
from archc.network.types import TensorType, image
from archc.network.window import Pair, reach, slide, slide_ceil
from archc.problems.shapes import KernelTooLarge, PoolPadding, WantsImage


def pooled(
    kind: str, x: TensorType, kernel: Pair, stride: Pair, pad: Pair, dilation: Pair, ceil: bool
) -> TensorType | Problem:
    """The output of a pooling; `ceil` counts a last, partial window."""
    if not x.is_image:
        return WantsImage(kind=kind, input=x.dims, at=Input(0))
    most = kernel[0] // 2, kernel[1] // 2  # of the kernel as it is given: PyTorch does not count dilation here
    if pad[0] > most[0] or pad[1] > most[1]:
        return PoolPadding(kind=kind, pad=pad, most=most, at=Param("pad"))
    covered = reach(kernel, dilation)
    places = slide_ceil if ceil else slide
    height = places(x.height, covered[0], stride[0], pad[0])
    width = places(x.width, covered[1], stride[1], pad[1])
    if height < 1 or width < 1:
        padded = (x.height + 2 * pad[0], x.width + 2 * pad[1])
        return KernelTooLarge(kind=kind, input=x.dims, reach=covered, padded=padded, at=Param("kernel"))
    return image(x.channels, height, width)


def pooling_cost(kernel: Pair, y: TensorType) -> Cost:
    """One operation for each number in each window."""
    return Cost(elementwise=Formula.of(*window(kernel), *extent(y)))
