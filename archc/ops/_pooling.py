"""The shape rule and cost of poolings."""

from __future__ import annotations

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.paddings import PoolPadding
from archc.diagnostics.problems.shapes import KernelTooLarge
from archc.ir.cost import Cost, Formula, extent, window
from archc.ir.types import TensorType
from archc.ir.window import Sizes, reach, slide, slide_ceil

_WITHIN = ("APool", "LPPool")
"""Poolings whose kernel must fit into a volume without padding, as in PyTorch."""


def pooled(
    kind: str, x: TensorType, kernel: Sizes, stride: Sizes, pad: Sizes, dilation: Sizes, ceil: bool
) -> TensorType | Problem:
    """The output of a pooling over the axes after the channels; `ceil` includes a last, partial window."""
    most = tuple(k // 2 for k in kernel)  # without dilation, as in PyTorch
    if any(p > m for p, m in zip(pad, most, strict=True)):
        return PoolPadding(kind=kind, pad=pad, most=most, at=ParamRef("pad"))
    if kind in _WITHIN and x.axes == 3 and any(k > n for k, n in zip(kernel, x.space, strict=True)):
        return KernelTooLarge(kind=kind, input=x.dims, reach=kernel, padded=x.space, at=ParamRef("kernel"))
    covered = reach(kernel, dilation)
    places = slide_ceil if ceil else slide
    space = tuple(places(*axis) for axis in zip(x.space, covered, stride, pad, strict=True))
    if any(n < 1 for n in space):
        padded = tuple(n + 2 * p for n, p in zip(x.space, pad, strict=True))
        return KernelTooLarge(kind=kind, input=x.dims, reach=covered, padded=padded, at=ParamRef("kernel"))
    return TensorType.model_construct(dims=(x.channels, *space))


def pooling_cost(kernel: Sizes, y: TensorType) -> Cost:
    """One operation for each number in each window."""
    return Cost(elementwise=Formula.of(*window(kernel), *extent(y)))
