"""E04xx: the inputs of a model."""

from __future__ import annotations

from archc.diagnostics.core import Problem


class NoInput(Problem):
    """A model does not state its input."""

    code = "E0401"
    title = "a model without an input"
    wrong = "model m {\n  Conv(8)\n}\n"
    right = "model m {\n  input 3x32x32\n  Conv(8)\n}\n"

    name: str
    advice: str = ""

    def message(self) -> str:
        return f"model `{self.name}` has no `input`"

    def help(self) -> str:
        return self.advice or "begin its body with, for instance, `input 3x224x224`"


class SecondInput(Problem):
    """A model has one input, or several with a name each. A variant may state other shapes for them."""

    code = "E0410"
    title = "a second `input` without a name"
    wrong = "model m {\n  input 3x8x8\n  input 1x8x8\n  Conv(8)\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(8)\n}\n"

    name: str
    named: bool = False

    def message(self) -> str:
        return f"model `{self.name}` already has an `input`"

    def help(self) -> str:
        if self.named:
            return "each of several inputs needs a name: name the first one too, `input image: 3x224x224`"
        return "remove one of the two, or name both, `input image: 3x224x224`; a variant may state another shape"


class NoSuchInput(Problem):
    """A variant, or `--input`, states the shape of an input that the model does not have.

    For a model with one input, the shape needs no name. For several inputs, each shape has the name of its input.
    """

    code = "E0415"
    title = "a shape for an input that the model does not have"
    wrong = "model m {\n  input a: 8\n  input b: 8\n  add { a | b }\n}\nvariant v = m {\n  input 9\n}\n"
    right = "model m {\n  input a: 8\n  input b: 4\n  concat { a | b }\n}\nvariant v = m {\n  input a: 9\n}\n"

    model: str
    name: str
    known: tuple[str, ...] = ()

    def message(self) -> str:
        if self.name:
            return f"model `{self.model}` has no input `{self.name}`"
        return f"model `{self.model}` has {len(self.known)} inputs, and this shape names none of them"

    def help(self) -> str:
        if not self.known:
            return "its input has no name: write `input 3x224x224`, on the command line `--input 3x224x224`"
        first, names = self.known[0], ", ".join(f"`{name}`" for name in self.known)
        there = f"its inputs are {names}" if len(self.known) > 1 else f"its input is {names}"
        return f"{there}: write `input {first}: 3x224x224`, on the command line `--input {first}=3x224x224`"
