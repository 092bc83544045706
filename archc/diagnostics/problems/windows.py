"""E0343 to E0348: axes that a layer names, and the windows of an image."""

from __future__ import annotations

from archc.diagnostics.core import Problem
from archc.diagnostics.problems.shapes import Dims, shape


class NoSuchAxis(Problem):
    """A layer works on an axis that the tensor does not have. The first axis is 0; the batch axis is not counted."""

    code = "E0343"
    title = "an axis that does not exist"
    wrong = "model m {\n  input 3x8x8\n  Slice(0, 4, axis=3)\n}\n"
    right = "model m {\n  input 3x8x8\n  Slice(0, 4, axis=2)\n}\n"

    axis: int
    input: Dims

    def message(self) -> str:
        return f"{shape(self.input)} has no axis {self.axis}"

    def label(self) -> str:
        return f"at most {len(self.input) - 1}"

    def help(self) -> str:
        return "the first axis, the channels', is 0; the batch's is not counted"


class UnevenWindows(Problem):
    """An image is cut into windows of one size, so their rows and columns must divide those of the image.

    archc does not pad here, since the padding would take part in the computation of each window. Use an input of
    another size, or other windows; if padding is intended, add a `Pad` before.
    """

    code = "E0344"
    title = "windows that do not divide the image"
    wrong = "model m {\n  input 8x30x30\n  Windows(7)\n}\n"
    right = "model m {\n  input 8x28x28\n  Windows(7)\n}\n"

    size: tuple[int, ...]
    rows: int
    columns: int

    def message(self) -> str:
        windows, image = shape(self.size), shape((self.rows, self.columns))
        return f"windows of {windows} do not divide an image of {image}"

    def label(self) -> str:
        return f"{self.rows} rows and {self.columns} columns come in"

    def help(self) -> str:
        fitting = [n for n in range(2, self.rows + 1) if self.rows % n == 0 and self.columns % n == 0]
        near = sorted(fitting, key=lambda n: abs(n - self.size[0]))[:1]
        others = f", or windows of {near[0]}" if near else ""
        below = tuple(n // s * s or s for n, s in zip((self.rows, self.columns), self.size, strict=False))
        return f"take an input that makes {shape(below)} of it{others}"


class WrongShift(Problem):
    """`Roll` has one shift for each axis of its input, 0 for axes that do not move."""

    code = "E0345"
    title = "a shift of other axes"
    wrong = "model m {\n  input 3x8x8\n  Roll([2, 2])\n}\n"
    right = "model m {\n  input 3x8x8\n  Roll([0, 2, 2])\n}\n"

    shift: tuple[int, ...]
    input: Dims

    def message(self) -> str:
        numbers = "one number" if len(self.shift) == 1 else f"{len(self.shift)} numbers"
        axes = "one axis" if len(self.input) == 1 else f"{len(self.input)} axes"
        return f"Roll is given {numbers}, and {shape(self.input)} has {axes}"

    def label(self) -> str:
        return f"{len(self.input)} axes come in"

    def help(self) -> str:
        return "say a number for each axis, 0 for those that stay; the batch is not counted"


class WantsWindows(Problem):
    """The layer needs an image that `Windows` has cut into windows, positions and features: `8x8x7x7x96`."""

    code = "E0346"
    title = "windows expected"
    wrong = "model m {\n  input 8x14x14\n  WindowAttention(2)\n}\n"
    right = "model m {\n  input 8x14x14\n  Windows(7) - WindowAttention(2) - FromWindows\n}\n"

    kind: str
    input: Dims

    def message(self) -> str:
        return f"{self.kind} takes the windows of an image, such as 8x8x7x7x96, not {shape(self.input)}"

    def label(self) -> str:
        return f"{shape(self.input)} comes in"

    def help(self) -> str:
        return "`Windows(7)` makes windows of 7x7 places" if len(self.input) == 3 else ""


class WideShift(Problem):
    """A shift must be smaller than the window: a larger one leads to other windows, which need no mask."""

    code = "E0347"
    title = "a shift beyond the window"
    wrong = "model m {\n  input 8x14x14\n  Windows(7) - WindowAttention(2, shift=7) - FromWindows\n}\n"
    right = "model m {\n  input 8x14x14\n  Windows(7) - WindowAttention(2, shift=3) - FromWindows\n}\n"

    kind: str
    shift: tuple[int, ...]
    window: tuple[int, ...]

    def message(self) -> str:
        return f"a shift of {shape(self.shift)} is not within a window of {shape(self.window)}"

    def label(self) -> str:
        return f"less than {shape(self.window)}"

    def help(self) -> str:
        return f"half a window is usual: `shift={min(self.window) // 2}`"


class UnlikeRests(Problem):
    """Tensors that are joined along their last axis must agree in all others."""

    code = "E0348"
    title = "tensors that do not fit end to end"
    wrong = 'model m {\n  input 8x10\n  (in, Slice(0, 4)) - Concat(over="last")\n}\n'
    right = 'model m {\n  input 8x10\n  (in, Linear(4)) - Concat(over="last")\n}\n'

    first: Dims
    other: Dims

    def message(self) -> str:
        return f"{shape(self.first)} and {shape(self.other)} differ in other axes than the last"

    def label(self) -> str:
        return f"{shape(self.other)} comes in here"

    def help(self) -> str:
        return 'without `over="last"`, they are laid behind each other along the first axis'
