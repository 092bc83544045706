"""W03xx: sizes that are probably not meant."""

from __future__ import annotations

from archc.diagnostics.problems.shapes import Dims, shape
from archc.diagnostics.problems.warnings.base import HEAD, Warned


class MostlyPadding(Warned):
    """The kernel is larger than its input image, so that it reads padding at every position.

    Usually there is one pooling or stride too many, or the input is smaller than the network was designed for.
    """

    code = "W0304"
    title = "a kernel larger than its input"
    wrong = "model m {\n  input 3x8x8\n  MPool - MPool - Conv(8, 5)\n}\n"
    right = "model m {\n  input 3x8x8\n  MPool - Conv(8, 3)\n}\n"

    kind: str
    kernel: Dims
    input: Dims

    def message(self) -> str:
        return (
            f"the kernel of {self.kind}, {shape(self.kernel)}, is larger than the {shape(self.input[1:])} that come in"
        )

    def help(self) -> str:
        return "use a smaller kernel or a larger input, or remove a pooling before it"


class LostRows(Warned):
    """The last window ends before the image does: its last rows or columns are never read."""

    code = "W0307"
    title = "a stride that loses rows"
    on_request = True
    wrong = "model m {\n  input 3x9x9\n  MPool(2, 2)\n}\n"
    right = "model m {\n  input 3x8x8\n  MPool(2, 2)\n}\n"

    kind: str
    lost: Dims

    def message(self) -> str:
        words = {1: ("place",), 2: ("row", "column")}.get(len(self.lost), ("slice", "row", "column"))
        told = zip(self.lost, words, strict=True)
        lost = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in told if n]
        return f"{self.kind} never reads the last {' and '.join(lost)} of what comes in"

    def help(self) -> str:
        return "change the size of the input, the padding or the stride if that is not intended"


class NarrowView(Warned):
    """The output of the last layer with a window does not depend on the whole image."""

    code = "W0308"
    title = "a receptive field smaller than the input"
    on_request = True
    wrong = HEAD + "Conv(8) - Conv(8) - GAPool - FC(10)\n}\n"
    right = HEAD + "Conv(8, 7, 4) - Conv(8, 9) - GAPool - FC(10)\n}\n"

    field: Dims
    input: Dims

    def message(self) -> str:
        return f"the receptive field here is {shape(self.field)}, smaller than the input of {shape(self.input[1:])}"


class ChannelsLast(Warned):
    """A shape is channels x rows x columns. `224x224x3` has 224 channels, 224 rows and 3 columns."""

    code = "W0310"
    title = "an input with its channels last"
    wrong = "model m {\n  input 64x64x3\n  Conv(8) - FC(10)\n}\n"
    right = "model m {\n  input 3x64x64\n  Conv(8) - FC(10)\n}\n"

    input: Dims
    asked: bool = False
    """Whether the option `--input` says so."""

    def message(self) -> str:
        channels, rows, columns = self.input
        what = f"`--input {shape(self.input)}`" if self.asked else f"an input {shape(self.input)}"
        plural = "" if columns == 1 else "s"
        return f"{what} has {channels} channels, {rows} rows and {columns} column{plural}"

    def label(self) -> str:
        return "it is read like this" if self.asked else ""

    def help(self) -> str:
        first = shape((self.input[2], *self.input[:2]))
        return f"channels come first: `--input {first}`" if self.asked else f"channels come first: `{first}`"

    def replacement(self) -> str | None:
        return None if self.asked else shape((self.input[2], *self.input[:2]))


class UnlikelyAxes(Warned):
    """The shape of the input probably does not mean what was intended.

    A convolution works on all axes after the channels, however many there are. `28x28` is a signal with 28 channels,
    not a grey image; `1x3x224x224` is a volume of 3 slices with one channel, not a batch of one image. A shape is that
    of one sample, with its channels first.
    """

    code = "W0319"
    title = "an input with unlikely axes"
    wrong = "model m {\n  input 28x28\n  Conv(8) - FC(10)\n}\n"
    right = "model m {\n  input 1x28x28\n  Conv(8) - FC(10)\n}\n"

    input: Dims

    def message(self) -> str:
        if len(self.input) == 2:
            return f"an input {shape(self.input)} is a signal of {self.input[0]} channels and {self.input[1]} places"
        channels = "one channel" if self.input[0] == 1 else f"{self.input[0]} channels"
        slices = "one slice" if self.input[1] == 1 else f"{self.input[1]} slices"
        return f"an input {shape(self.input)} is a volume of {slices} with {channels}"

    def help(self) -> str:
        if len(self.input) == 2:
            return f"a grey image is `{self.replacement()}`"
        return f"a shape describes one sample, without the batch: an image is `{self.replacement()}`"

    def replacement(self) -> str:
        return shape((1, *self.input) if len(self.input) == 2 else self.input[1:])
