"""The padding of a convolution: equal on both sides of an axis, unequal, or TensorFlow's `SAME`.

`same` follows "What is the difference between SAME and VALID padding in tf.nn" of TensorFlow's documentation: the
output has `ceil(n / stride)` positions, and of an odd number of zeros the larger part comes after.
"""

from __future__ import annotations

from collections.abc import Iterable

from archc.diagnostics.core import ParamRef
from archc.diagnostics.problems.paddings import FarReflection
from archc.ir.sym import same as alike
from archc.ir.types import TensorType
from archc.ir.window import Sizes

Sides = tuple[tuple[int, int], ...]
"""The padding before and after each axis."""


def same(space: Sizes, covered: Sizes, stride: Sizes) -> Sides:
    """The padding of TensorFlow's `SAME`."""
    found: list[tuple[int, int]] = []
    for n, reach, step in zip(space, covered, stride, strict=True):
        total = ((n - 1) // step) * step + reach - n
        total = total if total > 0 else 0
        found.append((total // 2, total - total // 2))
    return tuple(found)


def both(pad: Iterable[int | tuple[int, int] | str]) -> Sides:
    """A numeric padding with one number for both sides of an axis, or one for each, as sides."""
    return tuple(n if isinstance(n, tuple) else (n, n) for n in pad if not isinstance(n, str))


def even(sides: Sides) -> bool:
    """Whether both sides of each axis are equal, also for unknown numbers."""
    return all(alike(before, after) for before, after in sides)


def padding_problem(kind: str, x: TensorType, sides: Sides, mode: str) -> FarReflection | None:
    """The problem with a padding that reflects more of an image than there is."""
    if mode not in ("reflect", "circular"):
        return None
    for n, (before, after) in zip(x.space, sides, strict=True):
        for far in (before, after):
            if far > n or (mode == "reflect" and far >= n):
                return FarReflection(kind=kind, mode=mode, far=far, input=x.dims, at=ParamRef("pad"))
    return None
