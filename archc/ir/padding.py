"""How a convolution is padded: by as much on both sides of an axis, unevenly, or as TensorFlow's `SAME` says.

`same` follows "What is the difference between SAME and VALID padding in tf.nn" of TensorFlow's documentation:
`ceil(n / stride)` places come out, and of an odd number of zeros the larger part comes behind.
"""

from __future__ import annotations

from collections.abc import Iterable

from archc.diagnostics.core import ParamRef
from archc.diagnostics.problems.axes import FarReflection
from archc.ir.sym import same as alike
from archc.ir.types import TensorType
from archc.ir.window import Sizes

Sides = tuple[tuple[int, int], ...]
"""How much is added before and behind each axis."""


def same(space: Sizes, covered: Sizes, stride: Sizes) -> Sides:
    """The sides of TensorFlow's `SAME`."""
    found: list[tuple[int, int]] = []
    for n, reach, step in zip(space, covered, stride, strict=True):
        total = ((n - 1) // step) * step + reach - n
        total = total if total > 0 else 0
        found.append((total // 2, total - total // 2))
    return tuple(found)


def both(pad: Iterable[int | tuple[int, int] | str]) -> Sides:
    """The sides of a padding in numbers: one for both, or one for each."""
    return tuple(n if isinstance(n, tuple) else (n, n) for n in pad if not isinstance(n, str))


def even(sides: Sides) -> bool:
    """Whether both sides of each axis get as much, whatever the numbers are."""
    return all(alike(before, after) for before, after in sides)


def padding_problem(kind: str, x: TensorType, sides: Sides, mode: str) -> FarReflection | None:
    """What is wrong with a padding that takes its numbers from an image that has too few."""
    if mode not in ("reflect", "circular"):
        return None
    for n, (before, after) in zip(x.space, sides, strict=True):
        for far in (before, after):
            if far > n or (mode == "reflect" and far >= n):
                return FarReflection(kind=kind, mode=mode, far=far, input=x.dims, at=ParamRef("pad"))
    return None
