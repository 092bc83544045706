"""E03xx: layers that work on the axes after the channels, whose inputs have other axes or sizes."""

from __future__ import annotations

from math import prod

from archc.diagnostics.core import Problem
from archc.diagnostics.problems.shapes import Dims, shape


class WrongAxes(Problem):
    """A size has one number per axis: two for the rows and columns of an image, one for a signal, three for a volume.

    A single number stands for all axes: `Conv(32, 3)` has a kernel of 3x3 on an image and of 3 on a signal.
    """

    code = "E0320"
    title = "a size with the wrong number of axes"
    wrong = "model m {\n  input 1x16000\n  Conv(32, 3x9)\n}\n"
    right = "model m {\n  input 1x16000\n  Conv(32, 9)\n}\n"

    kind: str
    name: str
    count: int
    input: Dims

    def message(self) -> str:
        axes = len(self.input) - 1
        numbers = "one number" if self.count == 1 else f"{self.count} numbers"
        behind = "one axis" if axes == 1 else f"{axes} axes"
        return f"`{self.name}` of {self.kind} has {numbers}, and {shape(self.input)} has {behind} behind its channels"

    def label(self) -> str:
        return f"{self.count} for {len(self.input) - 1}"

    def help(self) -> str:
        alone = "one number alone stands for all axes"
        if self.count == 1:
            return f"{alone}: write it without brackets"
        usual = {3: "a video, `input 3x16x112x112`", 2: "an image, `input 3x224x224`"}.get(self.count, "")
        return f"{alone}; {self.count} are for {usual}" if usual else alone


class OnePlace(Problem):
    """A normalisation over the positions of each channel needs more than one: for a single position, it gives 0."""

    code = "E0321"
    title = "nothing to normalise over"
    wrong = "model m {\n  input 3x8x8\n  GAPool - InstanceNorm\n}\n"
    right = "model m {\n  input 3x8x8\n  InstanceNorm - GAPool\n}\n"

    kind: str
    input: Dims

    def message(self) -> str:
        return f"{self.kind} normalises over the places of each channel, and {shape(self.input)} has one"

    def label(self) -> str:
        return "one number a channel comes in"

    def help(self) -> str:
        return f"put {self.kind} before the pooling, or take `LN`, which normalises over the channels too"


class UnevenPixels(Problem):
    """Squares of pixels become channels, or channels become squares of pixels, so their numbers must divide.

    `PixelShuffle(2)` turns each 4 channels into squares of 2x2 pixels, and `PixelUnshuffle(2)` does the reverse.
    """

    code = "E0322"
    title = "pixels and channels that do not divide"
    wrong = "model m {\n  input 3x8x8\n  Conv(6) - PixelShuffle(2)\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(8) - PixelShuffle(2)\n}\n"

    kind: str
    scale: int
    input: Dims

    def message(self) -> str:
        if self.kind == "PixelShuffle":
            wanted = self.scale * self.scale
            return f"PixelShuffle({self.scale}) expects a multiple of {wanted} channels, but {self.input[0]} come in"
        sides = f"rows and columns that are multiples of {self.scale}"
        return f"PixelUnshuffle({self.scale}) expects {sides}, but {shape(self.input)} comes in"

    def label(self) -> str:
        return f"{shape(self.input)} comes in"

    def help(self) -> str:
        if self.kind == "PixelShuffle":
            out, above = self.input[0], -(-self.input[0] // self.scale**2) * self.scale**2
            return f"for {out} channels that come out, {out * self.scale**2} come in; the next multiple is {above}"
        return f"take an input whose sizes {self.scale} divides, or pad in the layer before"


class WrongMode(Problem):
    """An interpolation works on one axis ("linear"), two ("bilinear", "bicubic") or three ("trilinear").

    Only an interpolation can align corners: "nearest" computes nothing between two numbers.
    """

    code = "E0325"
    title = "an interpolation for other axes"
    wrong = 'model m {\n  input 3x8x8\n  Upsample(2, mode="linear")\n}\n'
    right = 'model m {\n  input 3x8x8\n  Upsample(2, mode="bilinear")\n}\n'

    mode: str
    fitting: tuple[str, ...]
    input: Dims

    def message(self) -> str:
        if self.mode.startswith("nearest"):
            return f'corners are aligned by an interpolation, and `mode` is "{self.mode}"'
        return f'"{self.mode}" does not interpolate {shape(self.input)}'

    def label(self) -> str:
        return f"{shape(self.input)} comes in"

    def help(self) -> str:
        modes = " or ".join(f'`mode="{mode}"`' for mode in self.fitting)
        return f"for {shape(self.input)} write {modes}"


class BadOrder(Problem):
    """`Permute` names each axis of its input once. Axis 0 is that of the channels."""

    code = "E0326"
    title = "not an order of the axes"
    wrong = "model m {\n  input 3x8x8\n  Permute([1, 2])\n}\n"
    right = "model m {\n  input 3x8x8\n  Permute([1, 2, 0])\n}\n"

    order: tuple[int, ...]
    input: Dims

    def message(self) -> str:
        every = ", ".join(str(i) for i in range(len(self.input)))
        return f"{list(self.order)} is not an order of the axes of {shape(self.input)}: they are {every}"

    def label(self) -> str:
        return f"{len(self.input)} axes come in"

    def help(self) -> str:
        return "name each axis once; 0 is the channels', and the batch is not counted"


class OtherNumbers(Problem):
    """A reshaped tensor has the same number of elements."""

    code = "E0327"
    title = "a shape with another number of elements"
    wrong = "model m {\n  input 3x8x8\n  Reshape([3, 60])\n}\n"
    right = "model m {\n  input 3x8x8\n  Reshape([3, 64])\n}\n"

    shape: tuple[int, ...]
    input: Dims

    def message(self) -> str:
        return f"{shape(self.input)} has {prod(self.input)} numbers, and {shape(self.shape)} has {prod(self.shape)}"

    def label(self) -> str:
        return f"{prod(self.shape)} numbers"

    def help(self) -> str:
        have, want = prod(self.input), prod(self.shape)
        if len(self.input) == 1:
            rest = prod(self.shape[1:])
            fitting = f", or take `{[have // rest, *self.shape[1:]]}`" if rest and have % rest == 0 else ""
            return f"make as many numbers: `FC({want}) - Reshape({list(self.shape)})`{fitting}"
        return f"a shape describes one sample, all {have} numbers of it: the batch is not counted"


class WantsTokens(Problem):
    """Attention needs a list of tokens, each with its features: `197x768`. `Tokens` turns an image into one."""

    code = "E0328"
    title = "tokens expected"
    wrong = "model m {\n  input 8x4x4\n  Attention(2)\n}\n"
    right = "model m {\n  input 8x4x4\n  Tokens - Attention(2)\n}\n"

    kind: str
    input: Dims

    def message(self) -> str:
        return f"{self.kind} takes a list of tokens (tokens x features), not {shape(self.input)}"

    def label(self) -> str:
        return f"{shape(self.input)} comes in"

    def help(self) -> str:
        return f"put `Tokens` before it: `Tokens - {self.kind}(…)`" if len(self.input) == 3 else ""


class HeadsDoNotDivide(Problem):
    """Each head of an attention works on an equal part of the features."""

    code = "E0329"
    title = "heads that do not divide the features"
    wrong = "model m {\n  input 16x10\n  Attention(4)\n}\n"
    right = "model m {\n  input 16x10\n  Attention(5)\n}\n"

    heads: int
    width: int

    def message(self) -> str:
        return f"{self.width} features cannot be cut into {self.heads} equal heads"

    def label(self) -> str:
        return f"{self.width} / {self.heads} leaves {self.width % self.heads}"

    def help(self) -> str:
        near = [n for n in range(1, self.width + 1) if self.width % n == 0]
        best = min(near, key=lambda n: abs(n - self.heads), default=1)
        return f"`heads` must divide {self.width}, as {best} does"


class KeysWithoutValues(Problem):
    """If an attention reads three tensors, the second has the keys and the third has a value for each key."""

    code = "E0350"
    title = "keys without values"
    wrong = "model m {\n  input 16x8\n  k = Slice(0, 4)\n  (in, k, in) - Attention(2)\n}\n"
    right = "model m {\n  input 16x8\n  k = Slice(0, 4)\n  (in, k) - Attention(2)\n}\n"

    keys: Dims
    values: Dims

    def message(self) -> str:
        return f"there are {self.keys[0]} keys ({shape(self.keys)}) and {self.values[0]} values ({shape(self.values)})"

    def label(self) -> str:
        return f"{self.values[0]} tokens"

    def help(self) -> str:
        return "queries, keys and values come in this order; of two tensors, the second gives both keys and values"


class CropTooLarge(Problem):
    """`Crop` takes the centre of its input, which must be at least as large."""

    code = "E0330"
    title = "a crop larger than its input"
    wrong = "model m {\n  input 3x8x8\n  Crop(10)\n}\n"
    right = "model m {\n  input 3x8x8\n  Crop(6)\n}\n"

    size: tuple[int, ...]
    input: Dims

    def message(self) -> str:
        return f"{shape(self.input)} has no middle of {shape(self.size)}"

    def label(self) -> str:
        return f"larger than {shape(self.input[1:])}"

    def help(self) -> str:
        return "`Conv` and `MPool` can pad; `Upsample(size=…)` makes an image larger"


class NothingToStandardise(Problem):
    """The weights of each filter are standardised, but a filter has only one weight, whose deviation is 0."""

    code = "E0342"
    title = "a filter of one weight"
    wrong = "model m {\n  input 1x8x8\n  ScaledStdConv(4, 1)\n}\n"
    right = "model m {\n  input 1x8x8\n  ScaledStdConv(4, 3)\n}\n"

    def message(self) -> str:
        return "each filter has one weight, and standardised it is always 0"

    def help(self) -> str:
        return "take a larger kernel, fewer groups, or a plain `Conv`"
