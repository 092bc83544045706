"""E03xx: tensors that do not fit a layer."""

from __future__ import annotations

from math import isqrt

from archc.diagnostics.core import Problem

Dims = tuple[int, ...]


def shape(dims: Dims) -> str:
    """A shape as the language writes it: `64x56x56`."""
    return "x".join(str(d) for d in dims)


_GLOBAL = {"APool": "GAPool", "MPool": "GMPool"}
"""The poolings of a whole image."""


class KernelTooLarge(Problem):
    """The kernel (with its dilation) is larger than the padded image, so it fits nowhere."""

    code = "E0302"
    title = "a kernel larger than the image"
    wrong = "model m {\n  input 3x4x4\n  MPool(5)\n}\n"
    right = "model m {\n  input 3x4x4\n  MPool(2)\n}\n"

    kind: str
    input: Dims
    reach: Dims
    padded: Dims
    instead: str = ""
    """The term that was meant, where its arguments stand as another library has them."""
    advice: str = ""

    def knows(self) -> bool:
        return bool(self.instead or self.advice)

    def message(self) -> str:
        size = shape(self.reach)
        return f"the kernel of {self.kind} covers {size}, more than the padded image of {shape(self.padded)}"

    def label(self) -> str:
        return f"covers {shape(self.reach)}"

    def note(self) -> str:
        return f"{shape(self.input)} comes in"

    def help(self) -> str:
        if self.instead:
            return f"the channels that come in are inferred, not written: `{self.instead}`"
        if self.kind in _GLOBAL and self.advice and min(self.reach) > 3:
            return f"{self.advice}; `{_GLOBAL[self.kind]}` pools an image of any size"
        if self.advice:
            return self.advice
        return "use a smaller kernel, more padding or a larger input, or remove a pooling before it"


class GroupsDoNotDivide(Problem):
    """Groups split the channels into equal parts, so their number must divide the input and output channels."""

    code = "E0303"
    title = "groups that do not divide the channels"
    wrong = "model m {\n  input 3x8x8\n  Conv(10) - Conv(16, groups=4)\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(12) - Conv(16, groups=4)\n}\n"

    kind: str
    groups: int
    channels: int
    side: str = "input"

    def message(self) -> str:
        return f"{self.groups} groups do not divide the {self.channels} {self.side} channels of {self.kind}"

    def label(self) -> str:
        return f"{self.channels} / {self.groups} leaves {self.channels % self.groups}"

    def help(self) -> str:
        if self._below() == self.channels:
            own = f"`groups={self.channels}` makes each channel a group of its own"
            return f"{own}: {self.groups} is more than there are channels"
        above = -(-self.channels // self.groups) * self.groups
        whole = f"{self.groups} groups divide {above} channels"
        return f"{below} groups divide {self.channels}, and {whole}" if (below := self._below()) > 1 else whole

    def _below(self) -> int:
        """The largest number of groups, not above the one given, that divides the channels."""
        return next(g for g in range(min(self.groups, self.channels), 0, -1) if self.channels % g == 0)


class WantsImage(Problem):
    """The layer works on images, channels x rows x columns, but its input is not one; often it is flattened."""

    code = "E0304"
    title = "an image is needed"
    wrong = "model m {\n  input 3x8x8\n  Flatten - Conv(16)\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(16) - Flatten\n}\n"

    kind: str
    input: Dims
    maker: str = ""
    """The text of the layer that makes the incoming tensor; empty for the input of the network."""

    def message(self) -> str:
        return f"{self.kind} expects an image, but {shape(self.input)} comes in"

    def label(self) -> str:
        return "not an image: channels x rows x columns"

    def help(self) -> str:
        shape_ = shape(self.input)
        if self.maker:
            return self._behind()
        if len(self.input) == 2 and min(self.input) > 4:
            return f"an image has channels too: `input 3x{shape_}`, or `input 1x{shape_}` for grey"
        if len(self.input) == 4:
            return f"a shape describes one sample: `input {shape(self.input[1:])}`"
        if len(self.input) > 1:
            return "an image is channels x rows x columns, such as `input 3x32x32`"
        if self.input[0] in _SIDES:
            side = self.input[0]
            return (
                f"an image is channels x rows x columns: `input 3x{side}x{side}`, or `input 1x{side}x{side}` for grey"
            )
        (count,) = self.input
        if self.kind == "ConvTranspose":
            return f"a vector is an image of one place: `input {count}x1x1`, which {self.kind} makes larger"
        squares = [f"`input {c}x{side}x{side}`" for c in (1, 3) if (side := isqrt(count // c)) ** 2 * c == count]
        image = squares[0] if squares else "`input 3x32x32`"
        return f"an image is channels x rows x columns: {image}; a signal of {count} values is `input 1x{count}`"

    def _behind(self) -> str:
        """What to do where a layer before it has made a vector or tokens of an image."""
        if len(self.input) == 2:
            return f"tokens become an image again by `FromTokens([rows, columns])`: put it before {self.kind}"
        if self.maker == "Flatten":
            return f"put {self.kind} before the flattening, or leave `Flatten` out: FC flattens what comes in itself"
        if len(self.input) > 2:
            return f"put {self.kind} before `{self.maker}`"
        (n,) = self.input
        sizes = next(([n // k**2, k, k] for k in (4, 7, 8, 2) if n % k**2 == 0 and n > k**2), None)
        made = f"an image of it is `{self.maker} - Reshape({sizes})`" if sizes else ""
        return "; ".join(filter(None, (f"put {self.kind} before `{self.maker}`", made)))


_SIDES = frozenset({28, 32, 64, 96, 112, 128, 160, 192, 224, 227, 256, 299, 320, 384, 416, 512, 608, 640})
"""Usual sides of an image: a single number that comes in and is one of them was hardly meant for a vector."""


class EmptyOutput(Problem):
    """The output tensor would be empty."""

    code = "E0305"
    title = "nothing left of the tensor"
    wrong = "model m {\n  input 3x8x8\n  Conv(16) - Slice(8, 8)\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(16) - Slice(8, 16)\n}\n"

    kind: str
    input: Dims
    start: int
    stop: int

    def message(self) -> str:
        return f"{self.kind} from {self.start} to {self.stop} is empty"

    def label(self) -> str:
        return f"takes {self.start} up to, but not including, {self.stop}"

    def help(self) -> str:
        return "the second number must be larger than the first"


class SliceOutOfRange(Problem):
    """A slice asks for channels that the tensor does not have."""

    code = "E0307"
    title = "channels that do not exist"
    wrong = "model m {\n  input 3x8x8\n  Conv(16) - Slice(0, 20)\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(16) - Slice(0, 10)\n}\n"

    index: int
    channels: int
    axis: int = 0

    def message(self) -> str:
        if self.axis:
            return f"place {self.index} of axis {self.axis} is out of range: it has {self.channels}"
        return f"channel {self.index} is out of range: {self.channels} channels come in"

    def label(self) -> str:
        return f"at most {self.channels}"


class SplitSizes(Problem):
    """The parts of a split must add up to exactly the input channels."""

    code = "E0308"
    title = "a split that does not add up"
    wrong = "model m {\n  input 3x8x8\n  a, b = Conv(16) - Split([4, 8])\n  concat { a | b }\n}\n"
    right = "model m {\n  input 3x8x8\n  a, b = Conv(16) - Split([4, 12])\n  concat { a | b }\n}\n"

    sizes: tuple[int, ...]
    channels: int

    def message(self) -> str:
        return f"{' + '.join(map(str, self.sizes))} = {sum(self.sizes)}, but {self.channels} channels come in"

    def label(self) -> str:
        return f"these are {sum(self.sizes)} channels"

    def help(self) -> str:
        rest, missing = self.channels - sum(self.sizes[:-1]), self.channels - sum(self.sizes)
        more = f"; a part more is `Split({[*self.sizes, missing]})`" if missing > 0 else ""
        return f"the last part would be {rest}: `Split({[*self.sizes[:-1], rest]})`{more}" if rest > 0 else ""


class UnevenChunks(Problem):
    """`Chunk(n)` makes n equal parts, so n must divide the channels. Unequal parts are a `Split`.

    A `GLU` multiplies two halves of the channels.
    """

    code = "E0310"
    title = "parts that cannot be equal"
    wrong = "model m {\n  input 3x8x8\n  a, b, c = Conv(16) - Chunk(3)\n  concat { a | b | c }\n}\n"
    right = "model m {\n  input 3x8x8\n  a, b = Conv(16) - Chunk(2)\n  concat { a | b }\n}\n"

    parts: int
    channels: int
    kind: str = "Chunk"

    def message(self) -> str:
        return f"{self.channels} channels cannot be cut into {self.parts} equal parts"

    def label(self) -> str:
        return f"{self.channels} / {self.parts} leaves {self.channels % self.parts}"

    def help(self) -> str:
        if self.kind != "Chunk":
            return f"{self.kind} takes a number of channels that {self.parts} divides, such as {self.channels + 1}"
        above = -(-self.channels // self.parts) * self.parts
        return f"{self.parts} divides {above} channels; for unequal parts write `Split([…])` with their sizes"


class BadTable(Problem):
    """A connection table has one list of input channels for each output channel, each naming existing channels."""

    code = "E0311"
    title = "a connection table that does not fit"
    wrong = "model m {\n  input 3x8x8\n  Conv(2, table=[[0, 1], [1, 3]])\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(2, table=[[0, 1], [1, 2]])\n}\n"

    why: str

    def message(self) -> str:
        return f"the connection table does not fit: {self.why}"

    def help(self) -> str:
        return "one list an output channel, each with the numbers (from 0) of the input channels that it reads"


class WantsVector(Problem):
    """The layer works on vectors, but its input is something else."""

    code = "E0312"
    title = "a vector is needed"
    wrong = "model m {\n  input 3x8x8\n  RBF(10)\n}\n"
    right = "model m {\n  input 3x8x8\n  Flatten - RBF(10)\n}\n"

    kind: str
    input: Dims

    def message(self) -> str:
        return f"{self.kind} expects a vector, but {shape(self.input)} comes in"

    def label(self) -> str:
        return "not a vector"

    def help(self) -> str:
        return f"put `Flatten` or `FC` before {self.kind}"


class WrongCount(Problem):
    """A list must have one entry for each channel."""

    code = "E0313"
    title = "a list of the wrong length"
    wrong = "model m {\n  input 3x8x8\n  Affine([2, 2], [0, 0])\n}\n"
    right = "model m {\n  input 3x8x8\n  Affine([2, 2, 2], [0, 0, 0])\n}\n"

    name: str
    count: int
    channels: int

    def message(self) -> str:
        what = f"`{self.name}`" if self.name else "a list beside a tensor"
        return f"{what} has {self._entries} for {self.channels} channels"

    def help(self) -> str:
        return f"write {self.channels} numbers, or one alone, without brackets, for all channels"

    def label(self) -> str:
        return self._entries

    @property
    def _entries(self) -> str:
        return f"{self.count} {'entry' if self.count == 1 else 'entries'}"


class TooManyChannels(Problem):
    """Channels are padded up to a number, but the input already has more."""

    code = "E0314"
    title = "more channels than the padding gives"
    wrong = "model m {\n  input 3x8x8\n  Conv(32) - PadChannels(16)\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(16) - PadChannels(32)\n}\n"

    channels: int
    wanted: int

    def message(self) -> str:
        return f"{self.channels} channels come in and cannot be padded to {self.wanted}"

    def label(self) -> str:
        return f"fewer than {self.channels}"

    def help(self) -> str:
        return "take fewer channels with `Slice(0, …)`, or project them with a 1x1 `Conv`"


class TooManyAxes(Problem):
    """The layer works on vectors, images and similar tensors, but its input has more axes."""

    code = "E0315"
    title = "too many axes"
    wrong = "model m {\n  input 2x3x8x8\n  PadChannels(16)\n}\n"
    right = "model m {\n  input 6x8x8\n  PadChannels(16)\n}\n"

    kind: str
    input: Dims
    most: int = 3

    def message(self) -> str:
        return f"{self.kind} expects at most {self.most} axes, but {shape(self.input)} comes in"

    def label(self) -> str:
        return f"{len(self.input)} axes"

    def help(self) -> str:
        return f"put {self.kind} before the axes are divided, or join some of them: `Reshape([…])`"
