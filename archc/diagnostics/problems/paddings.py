"""E03xx: paddings that do not fit a layer or its input."""

from __future__ import annotations

from archc.diagnostics.core import Problem
from archc.diagnostics.problems.shapes import Dims, shape


def written(sizes: Dims) -> str:
    """Sizes as an argument: one number if they are equal, otherwise as a shape."""
    return str(sizes[0]) if len({*sizes}) == 1 else shape(sizes)


class PoolPadding(Problem):
    """A pooling may be padded by at most half its kernel: otherwise a window could contain nothing but padding."""

    code = "E0309"
    title = "too much padding for a pooling"
    wrong = "model m {\n  input 3x8x8\n  MPool(2, 2, pad=2)\n}\n"
    right = "model m {\n  input 3x8x8\n  MPool(2, 2, pad=1)\n}\n"

    kind: str
    pad: Dims
    most: Dims

    def message(self) -> str:
        return f"the padding {shape(self.pad)} of {self.kind} is more than half of its kernel"

    def label(self) -> str:
        return f"at most {shape(self.most)}"

    def help(self) -> str:
        return f"take a larger kernel, or pad in a layer before it: `Pad({written(self.pad)}) - {self.kind}(…)`"


class OutputPadding(Problem):
    """`output_pad` selects one of the sizes that a strided convolution maps to the same size.

    On each axis there are as many as the stride (or the dilation, if that is larger), so it must be less than that.
    """

    code = "E0316"
    title = "too much output padding"
    wrong = "model m {\n  input 3x8x8\n  ConvTranspose(16, 3, 2, pad=1, output_pad=2)\n}\n"
    right = "model m {\n  input 3x8x8\n  ConvTranspose(16, 3, 2, pad=1, output_pad=1)\n}\n"

    given: Dims
    most: Dims

    def message(self) -> str:
        return f"the output padding {shape(self.given)} is not less than the stride"

    def label(self) -> str:
        return f"at most {shape(self.most)}"

    def help(self) -> str:
        return f"write `output_pad={written(self.most)}`, or take a larger stride"


class PaddedAway(Problem):
    """The padding of a transposed convolution removes rows and columns from its output; some must remain."""

    code = "E0317"
    title = "padding that leaves nothing"
    wrong = "model m {\n  input 3x1x1\n  ConvTranspose(16, 2, 2, pad=1)\n}\n"
    right = "model m {\n  input 3x1x1\n  ConvTranspose(16, 4, 2, pad=1)\n}\n"

    kind: str
    input: Dims
    pad: Dims

    def message(self) -> str:
        return f"the padding {shape(self.pad)} of {self.kind} leaves nothing of its output"

    def label(self) -> str:
        return f"{shape(self.input)} comes in here"

    def help(self) -> str:
        return "here `pad` removes rows and columns at each end: take less of it, or a larger kernel"


class FarReflection(Problem):
    """A padding that copies numbers of the image (its reflection, or its other end) cannot be larger than the image."""

    code = "E0323"
    title = "a padding larger than the image"
    wrong = 'model m {\n  input 3x4x4\n  Conv(8, 9, pad_mode="reflect")\n}\n'
    right = 'model m {\n  input 3x8x8\n  Conv(8, 9, pad_mode="reflect")\n}\n'

    kind: str
    mode: str
    far: int
    input: Dims

    def message(self) -> str:
        what = "reflects" if self.mode == "reflect" else "repeats"
        return f"the padding of {self.kind} {what} {self.far} rows or columns, and {shape(self.input)} comes in"

    def label(self) -> str:
        return f"needs {'more than' if self.mode == 'reflect' else 'at least'} {self.far} rows and columns"

    def help(self) -> str:
        return "take a smaller kernel or padding, a larger input, or pad with zeros"


class BadPadding(Problem):
    """TensorFlow's padding, `pad="same"`, adds only zeros."""

    code = "E0324"
    title = "a padding that is not of zeros"
    wrong = 'model m {\n  input 3x8x8\n  Conv(8, 3, 2, pad="same", pad_mode="reflect")\n}\n'
    right = 'model m {\n  input 3x8x8\n  Conv(8, 3, 2, pad_mode="reflect")\n}\n'

    mode: str

    def message(self) -> str:
        return f'`pad="same"` pads with zeros, and `pad_mode` is "{self.mode}"'

    def label(self) -> str:
        return "only zeros"

    def help(self) -> str:
        return "say the padding in numbers, such as `pad=1` or `pad=[[0, 1]]`"


class PadTakesTooMuch(Problem):
    """A negative padding removes rows or columns. At least one must remain, and only zeros can be added with it."""

    code = "E0349"
    title = "a padding that removes too much"
    wrong = "model m {\n  input 3x8x8\n  Pad(-4)\n}\n"
    right = "model m {\n  input 3x8x8\n  Pad(-3)\n}\n"

    mode: str
    input: Dims

    def message(self) -> str:
        if self.mode == "zeros":
            return f"the padding leaves nothing of {shape(self.input)}"
        return f'a negative padding removes rows or columns, so that `pad_mode="{self.mode}"` does not apply'

    def label(self) -> str:
        return f"of {shape(self.input[1:])}" if self.mode == "zeros" else "negative"

    def help(self) -> str:
        return "remove less" if self.mode == "zeros" else "leave out `pad_mode`, or pad and crop in two terms"
