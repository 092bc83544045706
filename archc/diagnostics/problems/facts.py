"""E05xx: facts and expectations."""

from __future__ import annotations

from archc.diagnostics.core import Problem


def stated(facts: tuple[tuple[str, int], ...]) -> str:
    """Counts in words: `params is 11_689_512`."""
    return ", ".join(f"{name} is {value:_}" for name, value in facts)


class ExpectationFailed(Problem):
    """An `expect` of a variant does not hold for the network that the spec describes.

    Several that do not hold for one network are one error. If all its expectations fail, the network is more likely
    wrong than the numbers.
    """

    code = "E0501"
    title = "an expectation that does not hold"
    wrong = "model M {\n  input 3x8x8\n  Conv(8)\n}\nvariant m = M {\n  expect params == 1\n}\n"
    right = "model M {\n  input 3x8x8\n  Conv(8)\n}\nvariant m = M {\n  expect params == 224\n}\n"

    name: str
    facts: tuple[tuple[str, int], ...]
    costliest: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = ()
    """For each of the facts that is a sum, the layers with the largest parts."""

    def message(self) -> str:
        return f"this does not hold for {self.name}"

    def label(self) -> str:
        return stated(self.facts)

    def note(self) -> str:
        return "; ".join(
            f"most of {name}: " + ", ".join(f"{layer} ({part:_})" for layer, part in layers)
            for name, layers in self.costliest
        )


class WrongLength(Problem):
    """The `mean` and `std` of a variant have one number for each channel of its input."""

    code = "E0502"
    title = "a list that does not match the channels"
    wrong = "model M {\n  input 3x8x8\n  Conv(8)\n}\nvariant m = M {\n  mean: [0.5]\n}\n"
    right = "model M {\n  input 3x8x8\n  Conv(8)\n}\nvariant m = M {\n  mean: [0.5, 0.5, 0.5]\n}\n"

    name: str
    items: int
    channels: int
    instead: str = ""
    """The list, where one number was given for all."""

    def message(self) -> str:
        numbers = f"{self.items} number{'' if self.items == 1 else 's'}"
        return f"`{self.name}` has {numbers} for {self.channels} channels"

    def help(self) -> str:
        if self.instead:
            return f"write {self.channels}, one for each channel of the input: `{self.instead}`"
        return f"write {self.channels}, one for each channel of the input"
