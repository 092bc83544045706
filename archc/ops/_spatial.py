"""What layers share that work on the axes behind the channels: one of a signal, two of an image, three of a volume.

A size that is given as one number stands for all axes. It is kept as a pair until the tensor is known that comes in;
`Spatial.around` then makes of it as many numbers as there are axes.
"""

from __future__ import annotations

from collections.abc import Iterator

from archc.diagnostics.core import InputRef, ParamRef, Problem
from archc.diagnostics.problems.axes import WrongAxes
from archc.diagnostics.problems.shapes import WantsImage
from archc.ir.op import Around, Op
from archc.ir.sym import same
from archc.ir.types import TensorType, Types


def unspatial(kind: str, x: TensorType) -> Problem | None:
    """What is wrong with a tensor that has no axes behind its channels, or too many."""
    return None if 1 <= x.axes <= 3 else WantsImage(kind=kind, input=x.dims, at=InputRef(0))


_SIZES = ("kernel", "stride", "pad", "output_pad", "dilation", "size", "scale")
"""The arguments of which there is a number an axis."""


class Spatial(Op):
    """Base of layers with sizes of which there is one an axis."""

    def around(self, xs: Types) -> Around:
        return Around((), self.fitted(xs[0].axes), ())

    def fitted(self, axes: int) -> Op:
        """The layer with sizes for so many axes, where they were given as one number, or one pair of sides."""
        if axes < 1:
            return self  # a vector, which `misfit` refuses, or what a mistake keeps unknown
        found: dict[str, tuple[object, ...]] = {}
        for name, size in self._sizes():
            sides = isinstance(size[0], tuple)
            if len(size) == 1 < axes and sides:
                found[name] = size * axes
            elif len(size) == 2 != axes and not sides and same(size[0], size[1]):
                found[name] = (size[0],) * axes
        return self.model_copy(update=found) if found else self

    def misfit(self, x: TensorType) -> Problem | None:
        """What is wrong with the number of axes, of what comes in or of the sizes."""
        if problem := unspatial(self.kind(), x):
            return problem
        for name, size in self._sizes():
            if len(size) != x.axes:
                return WrongAxes(kind=self.kind(), name=name, count=len(size), input=x.dims, at=ParamRef(name))
        return None

    def _sizes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        return ((n, size) for n in _SIZES if isinstance(size := getattr(self, n, None), tuple))
