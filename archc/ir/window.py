"""Sliding windows: the arithmetic that convolutions and poolings share.

It works on `Sym`s as on numbers. Source: Dumoulin & Visin 2016, arXiv:1603.07285, relationships 6 and 15.
"""

from __future__ import annotations

from typing import NamedTuple, Self

Sizes = tuple[int, ...]
"""A number for each axis after the channels: rows and columns of an image."""


class Window(NamedTuple):
    """The rows and columns of an image from which one position of the output is computed.

    Position i reads `reach` rows, beginning with row `i * stride // scale - pad`; `scale` is the factor of an
    upsampling.
    """

    reach: Sizes = (1, 1)
    stride: Sizes = (1, 1)
    pad: Sizes = (0, 0)
    scale: Sizes = (1, 1)

    @classmethod
    def of(cls, reach: Sizes, stride: Sizes = (), pad: Sizes = (), scale: Sizes = ()) -> Self:
        """A window on as many axes as `reach` has."""
        one, nothing = (1,) * len(reach), (0,) * len(reach)
        return cls(reach, stride or one, pad or nothing, scale or one)


POINT = Window()
"""Each position is computed from the same position, on any number of axes."""


def half(kernel: Sizes, dilation: Sizes) -> Sizes:
    """The padding `dilation*(kernel-1)//2` of each axis, which keeps the size at stride 1 for an odd kernel."""
    return tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))


def reach(kernel: Sizes, dilation: Sizes) -> Sizes:
    """The number of rows and columns that a dilated kernel covers."""
    return tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))


def slide(size: int, reach: int, stride: int, pad: int) -> int:
    """The number of positions of a window on one axis; less than 1 if it does not fit."""
    return (size + 2 * pad - reach) // stride + 1


def slide_ceil(size: int, reach: int, stride: int, pad: int) -> int:
    """The same with a last, partial window, unless that would start in the padding after the image.

    This is PyTorch's `ceil_mode` (`pooling_output_shape` in ATen/native/Pool.h).
    """
    places = (size + 2 * pad - reach + stride - 1) // stride + 1
    return places - 1 if (places - 1) * stride >= size + pad else places


def slide_back(size: int, reach: int, stride: int, pad: int) -> int:
    """The output size of a transposed convolution: what its windows cover together, minus the padding.

    Source: Dumoulin & Visin 2016, arXiv:1603.07285, relationship 13.
    """
    return (size - 1) * stride - 2 * pad + reach


def window_back(reach: Sizes, stride: Sizes, pad: Sizes) -> Window:
    """The window of a transposed convolution: the positions that any of `stride` neighbouring outputs is computed from.

    Output `o` is computed from the inputs `i` with `0 <= o + pad - i * stride < reach`.
    """
    before = tuple(-((p - r) // s + 1) for r, s, p in zip(reach, stride, pad, strict=True))
    last = tuple((s - 1 + p) // s for s, p in zip(stride, pad, strict=True))
    return Window.of(tuple(a + b + 1 for a, b in zip(last, before, strict=True)), pad=before, scale=stride)
