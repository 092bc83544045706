"""Tensor types: what is known about a tensor at compile time."""

from __future__ import annotations

from math import prod
from typing import TypeAlias

from archc.ir.arguments import Sizes
from archc.ir.value import Value


class TensorType(Value):
    """The shape of one sample, without the batch axis: `(c, h, w)` for an image, `(n,)` for a vector."""

    dims: Sizes

    @property
    def channels(self) -> int:
        """The size of the first axis: channels of an image, width of a vector."""
        return self.dims[0]

    @property
    def height(self) -> int:
        """Rows of an image."""
        return self.dims[1]

    @property
    def width(self) -> int:
        """Columns of an image."""
        return self.dims[2]

    @property
    def is_image(self) -> bool:
        """Whether the shape is `(c, h, w)`."""
        return len(self.dims) == 3

    @property
    def space(self) -> tuple[int, ...]:
        """The sizes after the first axis: rows and columns of an image, the length of a signal."""
        return self.dims[1:]

    @property
    def axes(self) -> int:
        """The number of axes after the first: 0 for a vector, 1 for a signal, 2 for an image."""
        return len(self.dims[1:])

    @property
    def places(self) -> int:
        """The number of positions of each channel."""
        return prod(self.dims[1:])

    @property
    def is_known(self) -> bool:
        """Whether it has sizes. `UNKNOWN`, the type after an error, has none."""
        return bool(self.dims)

    @property
    def elements(self) -> int:
        """The number of numbers in one sample."""
        return prod(self.dims)

    def __str__(self) -> str:
        return "x".join(map(str, self.dims)) or "?"


UNKNOWN = TensorType.model_construct(dims=())
"""The type of a tensor that has no type because of an error. It may stand for any number of tensors."""


def image(channels: int, height: int, width: int) -> TensorType:
    """The type of an image. The sizes may be `Sym`s."""
    return TensorType.model_construct(dims=(channels, height, width))


def vector(width: int) -> TensorType:
    """The type of a vector. The size may be a `Sym`."""
    return TensorType.model_construct(dims=(width,))


Types: TypeAlias = tuple[TensorType, ...]
