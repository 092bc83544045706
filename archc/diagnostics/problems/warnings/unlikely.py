"""W032x: layers that are allowed where they stand, and that no one puts there."""

from __future__ import annotations

from archc.diagnostics.problems.shapes import Dims, shape
from archc.diagnostics.problems.warnings.base import Warned

_HEAD = "model m {\n  input 3x32x32\n  "


class LastAxis(Warned):
    """`Linear`, or a layer with `over="last"`, works on the last axis: in an image, on the columns of each row.

    `FC` flattens first. A convolution with a kernel of 1, or a layer with `over="channels"`, works on the channels of
    each pixel. For an image whose channels are its last axis, write `Permute([1, 2, 0])` before it.
    """

    code = "W0320"
    title = "a layer over the columns of an image"
    wrong = _HEAD + "Conv(8) - MPool - Linear(10)\n}\n"
    right = _HEAD + "Conv(8) - MPool - FC(10)\n}\n"

    kind: str
    input: Dims
    width: int

    def message(self) -> str:
        rows = f"on rows of {self.input[-1]} numbers"
        return f"{self.kind} works on the last axis alone: of {shape(self.input)}, {rows}"

    def label(self) -> str:
        return f"{shape((*self.input[:-1], self.width))} comes out" if self.kind == "Linear" else ""

    def help(self) -> str:
        if self.kind == "Concat":
            return "over the channels goes `concat { A | B }`; `Permute([1, 2, 0])` makes the channels the last axis"
        if self.kind != "Linear":
            channels = f'`{self.kind}(over="channels")`'
            return f"over the channels goes {channels}; `Permute([1, 2, 0])` makes the channels the last axis"
        return f"write `FC({self.width})`, which flattens first; over the channels goes `Conv({self.width}, 1)`"


class SoftmaxOfOne(Warned):
    """A softmax of one number is always 1, so the network says the same about every input, and learns nothing.

    Two classes need two numbers, or one number with a `Sigmoid`.
    """

    code = "W0321"
    title = "a softmax of one number"
    wrong = _HEAD + "Conv(8) - GAPool - FC(1) - SM\n}\n"
    right = _HEAD + "Conv(8) - GAPool - FC(1) - Sigmoid\n}\n"

    kind: str
    input: Dims
    last: bool = False

    def message(self) -> str:
        result = "0" if self.kind == "LogSoftmax" else "1"
        axis = "the last axis, 1 number," if self.last else "1 channel"
        return f"{self.kind} goes over {axis} of {shape(self.input)}: it gives {result} for any input"

    def help(self) -> str:
        return f"one number becomes a probability by `Sigmoid`; `{self.kind}` wants a number for each class"

    def replacement(self) -> str:
        return "Sigmoid"


class LargeStride(Warned):
    """With a stride as large as the image and a smaller kernel, the layer reads one position and skips the rest.

    The number was probably meant for the channels. Patches that cover the image have a kernel as large as the stride.
    """

    code = "W0322"
    title = "a stride as large as the image"
    wrong = _HEAD + "Conv(2, 3, 64) - GAPool - FC(10)\n}\n"
    right = _HEAD + "Conv(64, 3, 2) - GAPool - FC(10)\n}\n"

    kind: str
    kernel: Dims
    stride: Dims
    input: Dims
    call: str = ""
    """The call that it stands in, with its arguments exchanged."""

    def message(self) -> str:
        looks = f"the stride of {self.kind}, {shape(self.stride)}, leaves one place of {shape(self.input)}"
        return f"{looks}, and the kernel is {shape(self.kernel)}"

    def help(self) -> str:
        if self.call:
            return f"exchange the arguments: `{self.call}`"
        order = "channels, kernel, stride" if self.kind in ("Conv", "ConvTranspose") else "kernel, stride"
        return f"the order is `{self.kind}({order})`; patches have a kernel as large as the stride"
