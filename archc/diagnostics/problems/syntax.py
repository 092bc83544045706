"""E00xx: text that is not the language's."""

from __future__ import annotations

from archc.diagnostics.core import Problem


class Unexpected(Problem):
    """The statement needs a certain word, sign, term or value here, and has something else.

    The statement is left out, and checking continues with the next one.
    """

    code = "E0001"
    title = "something else is expected here"
    wrong = "model m {\n  input 3x8x8\n  Conv(8) -- ReLU\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(8) - ReLU\n}\n"

    wanted: str
    after: str = ""
    found: str = ""
    advice: str = ""
    why: str = ""
    """What is wrong in words, where what was written is known from elsewhere."""

    def message(self) -> str:
        if self.why:
            return self.why
        after = f" after `{self.after}`" if self.after else ""
        found = f", not `{self.found}`" if self.found else ""
        return f"expected {self.wanted}{after}{found}"

    def label(self) -> str:
        if self.why:
            return ""
        return "not allowed here" if self.found else "the statement ends here"

    def help(self) -> str:
        return self.advice


class SingleEqual(Problem):
    """`=` gives a name; `==` tests whether two values are equal."""

    code = "E0002"
    title = "`=` instead of `==`"
    wrong = "model m(n=2) {\n  input 3x8x8\n  Conv(8) - BN if (n = 2)\n}\n"
    right = "model m(n=2) {\n  input 3x8x8\n  Conv(8) - BN if (n == 2)\n}\n"

    def message(self) -> str:
        return "`=` does not compare"

    def help(self) -> str:
        return "write `==` to ask whether two values are equal"


class Unclosed(Problem):
    """A bracket is never closed, or something else is closed before it."""

    code = "E0003"
    title = "a bracket that is never closed"
    wrong = "model m {\n  input 3x8x8\n  Conv(8, 3 - ReLU\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(8, 3) - ReLU\n}\n"

    sign: str
    ends: bool = False

    def message(self) -> str:
        return f"the file ends before `{self.sign}` is closed" if self.ends else f"`{self.sign}` is never closed"

    def label(self) -> str:
        return "the file ends here" if self.ends else "opened here"


class Unopened(Problem):
    """There is no open bracket that this one could close."""

    code = "E0004"
    title = "a bracket that closes nothing"
    wrong = "model m {\n  input 3x8x8\n  Conv(8)) - ReLU\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(8) - ReLU\n}\n"

    sign: str
    instead: str = ""
    """What closes the bracket that is open."""

    def message(self) -> str:
        return f"`{self.sign}` closes nothing"

    def help(self) -> str:
        return f"write `{self.instead}`, or leave it out" if self.instead else "leave it out"


class StrayCharacter(Problem):
    """A character that the language does not know, often pasted from slides: a long dash, a curly quote, `×`.

    Names consist of the letters a to z and A to Z, digits and `_`. Strings and comments may contain any character.
    """

    code = "E0005"
    title = "a character of another language"
    wrong = "model m {\n  input 3x8x8\n  Conv(8) \u2013 ReLU\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(8) - ReLU\n}\n"

    text: str
    why: str = ""
    advice: str = ""

    def message(self) -> str:
        return self.why or f"`{self.text}` is not part of the language"

    def help(self) -> str:
        return self.advice


class OpenString(Problem):
    """A string in `"` must end on its line, and a string in three quotation marks before the end of the file."""

    code = "E0006"
    title = "a string without an end"
    wrong = 'model m {\n  input 3x8x8\n  "conv: Conv(8)\n}\n'
    right = 'model m {\n  input 3x8x8\n  "conv": Conv(8)\n}\n'

    quote: str
    is_continued: bool = False
    """Whether a later line closes it."""

    def message(self) -> str:
        return "the string is not closed"

    def help(self) -> str:
        if self.is_continued:
            return 'a text of several lines stands in `"""`, three quotation marks on each side'
        return f"close it with `{self.quote}`" + (" on the same line" if len(self.quote) == 1 else "")


class BadNumber(Problem):
    """These digits are neither a number nor a shape.

    Numbers look like `64`, `25_557_032`, `0.5`, `1e-3`, shapes like `3x224x224`.
    """

    code = "E0007"
    title = "neither a number nor a shape"
    wrong = "model m {\n  input 3x8x\n  Conv(8)\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(8)\n}\n"

    text: str
    why: str = ""
    advice: str = ""

    def message(self) -> str:
        return self.why or f"`{self.text}` is neither a number nor a shape"

    def help(self) -> str:
        return self.advice


class BadString(Problem):
    r"""The text after a backslash or a brace in a string has no meaning.

    The escapes are `\"`, `\\`, `\n`, `\t` and `\u{hexadecimal}`.
    `{expression}` puts a value in; a brace itself is `{{` or `}}`.
    """

    code = "E0008"
    title = "an escape without meaning"
    wrong = 'model m {\n  "A \\q and B."\n  input 3x8x8\n  Conv(8)\n}\n'
    right = 'model m {\n  "A \\\\q and B."\n  input 3x8x8\n  Conv(8)\n}\n'

    what: str
    advice: str

    def message(self) -> str:
        return f"`{self.what}` has no meaning in a string"

    def help(self) -> str:
        return self.advice


class LateDocstring(Problem):
    """A string as a statement is a docstring, and a docstring must be the first statement of its file or body."""

    code = "E0009"
    title = "a docstring in the wrong place"
    wrong = 'model m {\n  input 3x8x8\n  "What it is."\n  Conv(8)\n}\n'
    right = 'model m {\n  "What it is."\n  input 3x8x8\n  Conv(8)\n}\n'

    def message(self) -> str:
        return "a docstring comes first"

    def help(self) -> str:
        return "move it to the beginning, or make it a comment with `#`"


class UnknownStatement(Problem):
    """No statement begins with this word."""

    code = "E0010"
    title = "a statement with an unknown first word"
    wrong = "modell m {\n  input 3x8x8\n  Conv(8)\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(8)\n}\n"

    safe = True

    word: str
    near: str

    def message(self) -> str:
        return f"no statement begins with `{self.word}`"

    def help(self) -> str:
        return f"did you mean `{self.near}`?"

    def replacement(self) -> str | None:
        return self.near or None


class ForeignFile(Problem):
    """The file is of another kind: a Python program, a Darknet .cfg, YAML, an unresolved merge.

    It is not parsed. A spec is a chain of layers, or contains `model`, `block`, `macro` and `variant` definitions.
    """

    code = "E0011"
    title = "a file that is not a spec"
    wrong = "import torch.nn as nn\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    right = "model net {\n  input 3x8x8\n  Conv(8) - ReLU\n}\n"

    what: str
    advice: str

    def message(self) -> str:
        return f"this is {self.what}, not a spec"

    def label(self) -> str:
        return "it begins like this"

    def help(self) -> str:
        return self.advice
