"""E02xx: arguments and values."""

from __future__ import annotations

from archc.diagnostics.core import Problem

LARGEST_GUESS = 2**20
"""A number above this is so far from any size that nothing is suggested in its place."""
_MOST_AXES = 4
"""A list of more numbers is no shape."""


def _shown(value: object) -> object:
    """A value as it is written: `3x3`, `true`, `none`, `[[0, 1], 2]`."""
    if isinstance(value, tuple) and 1 < len(value) <= _MOST_AXES and all(type(v) is int and v >= 0 for v in value):
        return "x".join(map(str, value))
    if isinstance(value, tuple):
        return _listed(value)
    return {True: "true", False: "false", None: "none"}[value] if isinstance(value, bool | None) else value


def _listed(value: object) -> str:
    """A list, or an item of one: `[0, 1]`, not `0x1`."""
    return f"[{', '.join(map(_listed, value))}]" if isinstance(value, tuple) else str(_shown(value))


class BadArgument(Problem):
    """An argument of a layer has a value that the layer cannot take, or a required one is missing."""

    code = "E0201"
    title = "a value that the layer cannot take"
    wrong = "model m {\n  input 3x8x8\n  Conv(-4)\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(4)\n}\n"

    kind: str
    name: str
    value: object
    wanted: str
    instead: str = ""
    """The text to write instead, as far as the written text determines it."""
    advice: str = ""
    example: str = ""
    """For one that is missing: a term that has it."""

    def message(self) -> str:
        if self.wanted == "missing":
            return f"{self.kind} needs an argument `{self.name}`"
        given = f'the string "{self.value[:40]}"' if isinstance(self.value, str) else _shown(self.value)
        what = "the other operand of a tensor" if self.kind == "Arithmetic" else f"`{self.name}` of {self.kind}"
        return f"{what} cannot be {given}"

    def label(self) -> str:
        return f"`{self.name}` is missing here" if self.wanted == "missing" else f"wanted {self.wanted}"

    def knows(self) -> bool:
        return bool(self.instead or self.advice or self._enlarges)

    @property
    def _enlarges(self) -> bool:
        """Whether a fraction is given for a stride, as if it made the image larger."""
        return self.name == "stride" and isinstance(self.value, float) and 0 < self.value < 1

    def help(self) -> str:
        if self._enlarges:
            return "a stride makes the image smaller; `ConvTranspose(32, 2, 2)` and `Upsample(2)` make it larger"
        if self.knows():
            return self.advice or f"write `{self.instead}`"
        if self.example:
            return f"for example `{self.example}`"
        near = self.replacement()
        if isinstance(self.value, str) and "number" in self.wanted:
            chosen = f'`MPool if (v == "{self.value[:20]}") else {self.kind}(v)`'
            return f"a number is written without quotes; to choose between strings and numbers, use a guard: {chosen}"
        usual = "write a positive number, such as `64`" if self.wanted == "a positive whole number" else ""
        usual = "it is the share that is dropped, such as `0.5`" if self.name == "p" else usual
        return f"the nearest value that it can take is {near}" if near else usual

    def replacement(self) -> str | None:
        """The nearest whole number, where one is wanted and another number is given."""
        number = self.value
        if isinstance(number, bool) or not isinstance(number, int | float) or "whole number" not in self.wanted:
            return None
        least = 1 if "positive" in self.wanted else 0
        near = str(max(least, round(abs(number)))) if -1 < number <= LARGEST_GUESS else None  # else nobody can tell
        return near if number and near != str(number) else None


class WrongType(Problem):
    """An operator, function or construct gets a value of a kind that it cannot use."""

    code = "E0202"
    title = "a value of the wrong kind"
    wrong = 'model m {\n  input 3x8x8\n  Conv(8 + "a")\n}\n'
    right = "model m {\n  input 3x8x8\n  Conv(8 + 1)\n}\n"

    what: str
    found: str
    wanted: str = ""
    advice: str = ""

    def message(self) -> str:
        if self.wanted:
            return f"{self.what} expects {self.wanted}, not {self.found}"
        return f"{self.what} cannot take {self.found}"

    def _divided(self) -> bool:
        """Whether a size is divided, `7x7/2`, as figures write a stride."""
        return self.what in ("`/`", "`//`") and self.found == "a list"

    def knows(self) -> bool:
        return bool(self.advice) or self._divided()

    def help(self) -> str:
        if self._divided():
            return "a stride is an argument of its own, behind the kernel: `Conv(64, 7x7, 2)`"
        if self.found == "a list" and self.what in ("`*`", "`+`", "`-`", "`**`"):
            return "a list is not computed item by item: write it out, `[16, 32, 64]`, or each where it is used"
        if self.advice:
            return self.advice
        if self.what.startswith("`."):
            return _WAYS["a tensor's property"]
        return _WAYS.get(self.what, 'operators take numbers; build a string as `"a{n}"`')


_WAYS = {
    "a repeat": "a repeat takes a whole number, `]x3`, such as an item of a list, `]x depths[0]`; "
    "to iterate over a list, write `for x in list { … }`",
    "a condition": "a condition is true or false: compare the value, as in `n != 0` or `x != none`",
    "a text": 'a string takes numbers and strings in its braces: `"conv{i}"`',
    "an index": "a list is indexed by a whole number: `widths[0]`",
    "an expression": "a tensor has sizes that are numbers: `x.channels`, `x.height`, `x.width`",
    "a tensor's property": "only a tensor has `channels`, `height` and `width`: `in`, or one named by `x = …`",
    "`in`": "`in` asks whether a list holds a value: `n in [2, 4]`",
    "`for`": "`for` goes through a list: `for i in range(3) { … }`",
}
"""What to do instead, by what takes a value."""


class UnnamedDefault(Problem):
    """The arguments of a `default` have names, since a position would not say which argument is meant."""

    code = "E0204"
    title = "a default without a name"
    wrong = "default BN(1e-3)\nmodel m {\n  input 3x8x8\n  Conv(8) - BN\n}\n"
    right = "default BN(eps=1e-3)\nmodel m {\n  input 3x8x8\n  Conv(8) - BN\n}\n"

    safe = True

    kind: str
    name: str
    value: str

    def message(self) -> str:
        return f"an argument of `default {self.kind}` needs its name"

    def help(self) -> str:
        return (
            f"write `{self.name}={self.value}`" if self.name else f"`{self.kind}` has no more arguments: leave it out"
        )

    def replacement(self) -> str | None:
        return f"{self.name}={self.value}" if self.name else None


class BadArithmetic(Problem):
    """An expression has no value: a division by zero, an index past the end, the minimum of an empty list."""

    code = "E0203"
    title = "an expression without a value"
    wrong = "model m {\n  input 3x8x8\n  Conv(8 // 0)\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(8 // 2)\n}\n"

    reason: str
    advice: str = ""

    def message(self) -> str:
        return self.reason

    def knows(self) -> bool:
        return bool(self.advice)

    def help(self) -> str:
        return self.advice
