"""E03xx: tensors that do not fit each other where branches meet."""

from __future__ import annotations

from archc.diagnostics.core import Problem
from archc.diagnostics.problems.shapes import Dims, shape

_NAMES = {1: ("widths",), 2: ("numbers of tokens", "features"), 3: ("channels", "rows", "columns")}


def _differing(left: Dims, right: Dims) -> tuple[str, ...]:
    """The names of the axes in which two shapes of the same rank differ."""
    rank = len(left)
    names = _NAMES[rank] if rank in _NAMES else tuple(f"sizes on axis {i}" for i in range(rank))
    return tuple(name for name, a, b in zip(names, left, right, strict=True) if a != b)


def _differ(names: tuple[str, ...]) -> str:
    """That sizes of these names differ."""
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"the {listed} differ"


class DividedByZero(Problem):
    """A tensor is divided by the number 0, which makes every number infinite or NaN."""

    code = "E0340"
    title = "a tensor divided by zero"
    wrong = "model m {\n  input 3x8x8\n  Conv(8)\n  - add { in | in / 0 }\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(8)\n  - add { in | in / 2 }\n}\n"

    def message(self) -> str:
        return "a tensor cannot be divided by 0"

    def help(self) -> str:
        return "divide by another number, or leave the division out"


class MatrixMismatch(Problem):
    """In a matrix product, the first tensor must have as many columns as the second has rows."""

    code = "E0341"
    title = "matrices that do not fit"
    wrong = "model m {\n  input 8x4\n  x = Linear(6)\n  (in, x) - MatMul\n}\n"
    right = "model m {\n  input 8x4\n  x = Linear(6)\n  (x, x) - MatMul(transpose=true)\n}\n"

    first: Dims
    other: Dims
    transpose: bool

    def message(self) -> str:
        turned = ", transposed," if self.transpose else ""
        return f"{shape(self.first)} and {shape(self.other)}{turned} cannot be multiplied as matrices"

    def help(self) -> str:
        if len(self.first) != len(self.other) or len(self.first) < 2:
            return "both are matrices, `197x64`, or as many lists of them, `8x49x32`"
        if self.first[:-2] != self.other[:-2]:
            return "the axes before the last two must be the same"
        turned = "without" if self.transpose else "with"
        wanted = self.other[-1] if self.transpose else self.other[-2]
        other = self.other[-2] if self.transpose else self.other[-1]
        if self.first[-1] == other:
            return f"they fit {turned} `transpose=true`"
        return f"the last axis of the first, {self.first[-1]}, must be {wanted}"


class MergeMismatch(Problem):
    """The branches of an `add` or a `mul`, or the operands of an operator, have different shapes.

    In a sum or difference, all must have the same channels, rows and columns. In a product or quotient, one may also
    have one number per channel (`64x1x1`, as in squeeze-and-excitation), which scales the other. If a block changes
    the number of channels or halves the image, its shortcut must do the same: project it with a 1x1 convolution of
    the same stride.
    """

    code = "E0301"
    title = "branches of different shapes"
    wrong = "model m {\n  input 3x8x8\n  Conv(16) - add { Conv(32) | in }\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(16) - add { Conv(32) | Conv(32, 1) }\n}\n"

    verb: str
    first: Dims
    other: Dims
    advice: str = ""
    """Which sizes of the input would do."""

    @property
    def is_about_size(self) -> bool:
        """Whether the rows or columns of two images differ."""
        return len(self.first) == len(self.other) == 3 and self.first[1:] != self.other[1:] and not self.scales

    @property
    def scales(self) -> bool:
        """Whether one branch has a number for each channel, by which a product scales the other."""
        return self.verb in ("multiply", "divide") and (1, 1) in (self.first[1:], self.other[1:])

    def knows(self) -> bool:
        return bool(self.advice)

    def message(self) -> str:
        if self.scales:
            return f"cannot {self.verb} {shape(self.first)} and {shape(self.other)}: the channels differ"
        both = f"cannot {self.verb} {shape(self.first)} and {shape(self.other)}"
        if len(self.first) != len(self.other):
            return f"{both}: they have {len(self.first)} and {len(self.other)} axes"
        return f"{both}: {_differ(_differing(self.first, self.other))}"

    def label(self) -> str:
        return f"{shape(self.other)} comes in here"

    def note(self) -> str:
        joins = "`-` subtracts a tensor that has a name; it joins layers, which are named by a colon: `fc: FC(10)`"
        return joins if self.verb == "subtract" else ""

    def help(self) -> str:
        if len(self.first) != len(self.other):
            image = max(self.first, self.other, key=len)
            if self.verb in ("multiply", "divide") and len(image) == 3:
                gate = f"`GAPool - Conv({image[0]}, 1) - Sigmoid`"
                return f"a gate is one number for each of the {image[0]} channels, {image[0]}x1x1: {gate}"
            return _same_axes(self.first, self.other) or "flatten both branches or neither"
        axes = _differing(self.first, self.other)
        if self.scales and self.first[0] != self.other[0]:
            image = max(self.first, self.other, key=lambda dims: dims[1:])
            gate = f"`GAPool - Conv({image[0]}, 1) - Sigmoid`"
            return f"a gate has one number for each of the {image[0]} channels: its last layer makes as many, {gate}"
        if self.advice:
            return self.advice
        if "rows" in axes and (factor := _factor(self.first, self.other)) > 1:
            ways = f"`Upsample({factor})` makes the smaller image larger, `MPool({factor})` the larger one smaller"
            return f"give both branches the same strides: {ways}"
        if "rows" in axes or "columns" in axes:
            return "give both branches the same strides and paddings, or make the shortcut a strided `Conv(…, 1, 2)`"
        if axes == ("channels",):
            most = max(self.first[0], self.other[0])
            projected = f"project the shortcut: `Conv({most}, 1) - BN` on the branch with fewer"
            return f"{projected}; `concat {{ … | … }}` takes any channels" if self.verb == "add" else projected
        if len(self.first) == 2:
            return _same_tokens(self.first, self.other)
        width = max(self.first[0], self.other[0])
        return f"make both branches the same width, as by `FC({width})` at the end of the other"


def _same_tokens(first: Dims, other: Dims) -> str:
    """How two lists of tokens become alike."""
    if first[1] != other[1]:
        wide = max(first[1], other[1])
        return f"tokens have the same features: put `Linear({wide})` at the end of the other branch"
    fewer, more = sorted((first[0], other[0]))
    if more - fewer == 1:
        token = f"`concat {{ Param([1, {first[1]}]) | in }}`"
        learned = f"what is learned for all is `Param([{more}, {first[1]}])`"
        return f"{more} are {fewer} tokens and one for the class, which {token} puts in first; {learned}"
    return f"both are as many tokens as come in: `Param([{first[0]}, {first[1]}])` for one that is learned"


def _same_axes(first: Dims, other: Dims) -> str:
    """How an image, a list of tokens and a vector become alike; empty for other axes."""
    image, tokens = max(first, other, key=len), min(first, other, key=len)
    if (len(image), len(tokens)) == (3, 1):
        pooled = "" if image[1:] == (1, 1) else "GAPool - "
        return f"make a vector of the image too: `… - {pooled}Flatten` at the end of its branch"
    if (len(image), len(tokens)) == (2, 1) and image[1] == tokens[0]:
        return f"one token is a list too: `Param([1, {tokens[0]}])`, or `Reshape([1, {tokens[0]}])` behind a vector"
    if (len(image), len(tokens)) != (3, 2):
        return ""
    if tokens == (image[1] * image[2], image[0]):
        back = f"FromTokens([{image[1]}, {image[2]}])"
        return f"the image becomes tokens by `Tokens`: `x - Tokens`; tokens an image by `{back}`"
    return "an image becomes a list of tokens by `Tokens`: `x - Tokens`"


def _factor(first: Dims, other: Dims) -> int:
    """By how much one image is larger than another on both axes; 1 where that is no whole number."""
    if len(first) != len(other):
        return 1
    large, small = sorted((first[1:], other[1:]), reverse=True)
    factors = {a // b for a, b in zip(large, small, strict=True) if b and a % b == 0}
    return factors.pop() if len(factors) == 1 and all(a % b == 0 for a, b in zip(large, small, strict=True)) else 1


class CannotConcat(Problem):
    """A `concat` joins its branches along the channels, so their rows and columns must agree."""

    code = "E0306"
    title = "branches that cannot be concatenated"
    wrong = "model m {\n  input 3x8x8\n  concat { Conv(16) | MPool }\n}\n"
    right = "model m {\n  input 3x8x8\n  concat { Conv(16) | MPool(3, 1, pad=1) }\n}\n"

    first: Dims
    other: Dims
    advice: str = ""
    """Which sizes of the input would do."""

    @property
    def is_about_size(self) -> bool:
        """Whether the rows or columns of two images differ."""
        return len(self.first) == len(self.other) == 3 and self.first[1:] != self.other[1:]

    def knows(self) -> bool:
        return bool(self.advice)

    def message(self) -> str:
        both = f"cannot concat {shape(self.first)} and {shape(self.other)}"
        if len(self.first) != len(self.other):
            return f"{both}: they have {len(self.first)} and {len(self.other)} axes"
        if len(self.first) == 2 and 1 in (self.first[0], self.other[0]):
            return f"{both}: the features of the tokens differ"
        return f"{both}: {_differ(_differing((0, *self.first[1:]), (0, *self.other[1:])))}"

    def label(self) -> str:
        return f"{shape(self.other)} comes in here"

    def help(self) -> str:
        if self.advice:
            return self.advice
        if len(self.first) > 2 and (factor := _factor(self.first, self.other)) > 1:
            return f"make the smaller image larger, `Upsample({factor})`, or give all branches the same strides"
        if len(self.first) != len(self.other):
            return _same_axes(self.first, self.other) or "flatten all branches or none"
        if len(self.first) == 2 and self.first[1] != self.other[1]:
            fewer = min(self.first, self.other)
            wide = self.other[1] if fewer == self.first else self.first[1]
            learned = f"`Param([{fewer[0]}, {wide}])`, " if fewer[0] == 1 else ""
            return f"tokens have the same features: {learned}or `Linear({wide})` before it"
        return "give all branches the same strides; a pooling beside convolutions is `MPool(3, 1, pad=1)`"
