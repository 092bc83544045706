"""W01xx: names that nothing uses, or that are used otherwise than it seems."""

from __future__ import annotations

from archc.diagnostics.problems.warnings.base import HEAD, Warned


class Unused(Warned):
    """A block, macro or `fn` is defined and never used, in a file that has a model.

    It may be left over, or another one is used where this one was meant. If other specs use it, write `allow W0101`.
    """

    code = "W0101"
    title = "a definition that is never used"
    wrong = "block Old(c) { Conv(c) }\nblock New(c) { Conv(c) - ReLU }\n" + HEAD + "New(8)\n}\n"
    right = "block New(c) { Conv(c) - ReLU }\n" + HEAD + "New(8)\n}\n"

    what: str
    name: str

    def message(self) -> str:
        return f"the {self.what} `{self.name}` is never used"

    def help(self) -> str:
        return "leave it out, or write `allow W0101` if other specs use it"


class UnusedParameter(Warned):
    """A parameter has no effect: the body never mentions it. Arguments for it are silently ignored."""

    code = "W0102"
    title = "a parameter that is never used"
    wrong = "block B(c, stride=1) { Conv(c) }\n" + HEAD + "B(8, 2)\n}\n"
    right = "block B(c, stride=1) { Conv(c, 3, stride) }\n" + HEAD + "B(8, 2)\n}\n"

    owner: str
    name: str

    def message(self) -> str:
        return f"the parameter `{self.name}` of `{self.owner}` is never used"

    def label(self) -> str:
        return "has no effect"

    def help(self) -> str:
        return "use it, or remove it here and in the calls"


class UnusedValue(Warned):
    """A `let` names a value, and nothing uses the name."""

    code = "W0103"
    title = "a value that is never used"
    safe = True
    wrong = HEAD + "let wide = 8\n  Conv(16)\n}\n"
    right = HEAD + "let wide = 8\n  Conv(wide)\n}\n"

    name: str

    def message(self) -> str:
        return f"`{self.name}` is never used"

    def help(self) -> str:
        return "leave it out"

    def replacement(self) -> str | None:
        return ""


class OtherName(Warned):
    """A layer has a name other than the one in archc's own specs and messages.

    archc also understands the names that lectures and libraries use: `Pool` is `MPool`, `Softmax` is `SM`.
    """

    code = "W0104"
    title = "another name of a layer"
    on_request = True
    safe = True
    wrong = HEAD + "Conv(8) - MaxPool - FC(10) - Softmax\n}\n"
    right = HEAD + "Conv(8) - MPool - FC(10) - SM\n}\n"

    name: str
    usual: str

    def message(self) -> str:
        return f"`{self.name}` is another name for `{self.usual}`"

    def replacement(self) -> str | None:
        return self.usual


class UnreadTensor(Warned):
    """A tensor gets a name, but nothing reads it, so its layers compute it for nothing.

    Each chain starts from the input of the body, not from the result of the previous line. To continue from a tensor,
    a chain begins with its name: `x = x - Conv(4)`. A name that begins with `_` says that the tensor is not needed.
    """

    code = "W0105"
    title = "a tensor that is never read"
    wrong = HEAD + "x = Conv(8) - ReLU\n  x = Conv(16)\n  return x\n}\n"
    right = HEAD + "x = Conv(8) - ReLU\n  x = x - Conv(16)\n  return x\n}\n"

    name: str
    instead: str = ""
    """The next statement, with its chain going on from the tensor."""

    def message(self) -> str:
        return f"the tensor `{self.name}` is never read"

    def label(self) -> str:
        return "this result is lost"

    def help(self) -> str:
        if self.instead:
            return f"to go on from `{self.name}`, write `{self.instead}`"
        return "begin a chain with it, or remove it; a leading `_` in the name marks a tensor that is not needed"


class UnevenResults(Warned):
    """A body returns different numbers of tensors on the two sides of an `if`.

    A caller has to know which side is taken, to name the tensors.
    """

    code = "W0106"
    title = "results of different number"
    wrong = "block B(two) {\n  if two { return ReLU, in } else { return ReLU }\n}\n" + HEAD + "B(false)\n}\n"
    right = "block B(wide) {\n  if wide { return Conv(8) } else { return ReLU }\n}\n" + HEAD + "B(false)\n}\n"

    name: str
    first: int
    second: int

    def message(self) -> str:
        return f"`{self.name}` gives {self.first} or {self.second} tensors"

    def label(self) -> str:
        return f"{self.second} tensor{'' if self.second == 1 else 's'} here"

    def help(self) -> str:
        return "split it into two blocks, or return the same number everywhere"
