"""The base of layers that work on the axes after the channels: one of a signal, two of an image, three of a volume.

A size that is given as one number applies to all axes. It is stored as a pair until the input is known;
`Spatial.around` then expands it to the number of axes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archc.diagnostics.core import InputRef, ParamRef, Problem
from archc.diagnostics.problems.axes import WrongAxes
from archc.diagnostics.problems.shapes import WantsImage
from archc.ir.op import Around, Op
from archc.ir.sym import same
from archc.ir.types import TensorType, Types


def unspatial(kind: str, x: TensorType) -> Problem | None:
    """The problem with a tensor that has no axes after the channels, or too many."""
    return None if 1 <= x.axes <= 3 else WantsImage(kind=kind, input=x.dims, at=InputRef(0))


_SIZES = ("kernel", "stride", "pad", "output_pad", "dilation", "size", "scale")
"""The arguments with a number for each axis."""


class Spatial(Op):
    """Base of layers with a size for each axis."""

    def around(self, xs: Types) -> Around:
        return Around((), self.fitted(xs[0].axes), ())

    def fitted(self, axes: int) -> Op:
        """The layer with sizes for this many axes, if they were given as one number, or one pair of sides."""
        if axes < 1:
            return self  # a vector, which `misfit` rejects, or an unknown type
        found: dict[str, tuple[object, ...]] = {}
        for name, size in self._sizes():
            sides = isinstance(size[0], tuple)
            if len(size) == 1 < axes and sides:
                found[name] = size * axes
            elif len(size) == 2 != axes and not sides and same(size[0], size[1]):
                found[name] = (size[0],) * axes
        return self.model_copy(update=found) if found else self

    def misread(self, arguments: Mapping[str, object], xs: Types) -> Problem | None:
        """A size of two equal numbers where there are other axes, as `3x3` of a signal, which is stored as `3` is."""
        for name in _SIZES:
            size = arguments.get(name)
            if not isinstance(size, list | tuple) or len(size) != 2 or isinstance(size[0], list | tuple):
                continue
            if xs[0].axes != 2:
                wrong = WrongAxes(kind=self.kind(), name=name, count=2, input=xs[0].dims, at=ParamRef(name))
                return unspatial(self.kind(), xs[0]) or wrong
        return None

    def misfit(self, x: TensorType) -> Problem | None:
        """The problem with the number of axes of the input or of the sizes, if any."""
        if problem := unspatial(self.kind(), x):
            return problem
        for name, size in self._sizes():
            if len(size) != x.axes:
                return WrongAxes(kind=self.kind(), name=name, count=len(size), input=x.dims, at=ParamRef(name))
        return None

    def _sizes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        return ((n, size) for n in _SIZES if isinstance(size := getattr(self, n, None), tuple))
