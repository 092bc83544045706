"""Tensor types: what is known of a tensor before anything runs."""

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
        """The sizes behind the first axis: rows and columns of an image, the length of a signal."""
        return self.dims[1:]

    @property
    def axes(self) -> int:
        """How many axes there are behind the first: none of a vector, one of a signal, two of an image."""
        return len(self.dims[1:])

    @property
    def places(self) -> int:
        """How many places each channel has."""
        return prod(self.dims[1:])

    @property
    def is_known(self) -> bool:
        """Whether anything is known of it: `UNKNOWN` is the type of what comes of a mistake."""
        return bool(self.dims)

    @property
    def elements(self) -> int:
        """How many numbers one sample holds."""
        return prod(self.dims)

    def __str__(self) -> str:
        return "x".join(map(str, self.dims)) or "?"


UNKNOWN = TensorType.model_construct(dims=())
"""The type of a tensor that a mistake keeps from having one; it may stand for any number of tensors."""


def image(channels: int, height: int, width: int) -> TensorType:
    """The type of an image; takes `Sym` sizes as they are."""
    return TensorType.model_construct(dims=(channels, height, width))


def vector(width: int) -> TensorType:
    """The type of a vector; takes a `Sym` size as it is."""
    return TensorType.model_construct(dims=(width,))


Types: TypeAlias = tuple[TensorType, ...]
