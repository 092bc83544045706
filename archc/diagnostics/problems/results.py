"""E04xx: results of bodies."""

from __future__ import annotations

from archc.diagnostics.core import Problem


class NoResult(Problem):
    """A body ends without a chain or a `return`, so it has no result."""

    code = "E0402"
    title = "a body without a result"
    wrong = "model m {\n  input 3x8x8\n  x = Conv(8)\n}\n"
    right = "model m {\n  input 3x8x8\n  x = Conv(8)\n  return x\n}\n"

    name: str

    def message(self) -> str:
        return f"`{self.name}` has no result"

    def help(self) -> str:
        return "end the body with a chain or with `return`"


class LostResult(Problem):
    """A chain in the middle of a body has no name and is not continued, so its result is lost."""

    code = "E0403"
    title = "a result that is lost"
    wrong = "model m {\n  input 3x8x8\n  Conv(8)\n  Conv(9)\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(8)\n  - Conv(9)\n}\n"

    name: str = ""
    """The label that it begins with, where that is read as if it were a tensor."""
    guard: str = ""
    """A term for a choice between this chain and another one."""

    def message(self) -> str:
        return "the result of this chain is lost"

    def knows(self) -> bool:
        return bool(self.name or self.guard)

    def help(self) -> str:
        if self.guard:
            inside = f"make the choice inside the chain that continues, `… - {self.guard} - …`"
            return f"{inside}, or give both the same name: `x = …`"
        if self.name:
            return f"write `{self.name} = …`: `=` names a tensor"
        return "begin the next line with `-` to continue the chain, or name the result: `x = …`"


class SecondResult(Problem):
    """On every path that leads here, the body has already returned, so this is never reached.

    A `return` in an `if` ends the body only if that side is taken. What training returns is likewise given once on each
    path.
    """

    code = "E0411"
    title = "a result that is never reached"
    wrong = "block B(c) {\n  return Conv(c)\n  return Conv(8)\n}\nmodel m {\n  input 3x8x8\n  B(4)\n}\n"
    right = (
        "block B(wide) {\n  if wide { return Conv(16) }\n  return Conv(8)\n}\nmodel m {\n  input 3x8x8\n  B(true)\n}\n"
    )

    training: bool = False

    def message(self) -> str:
        return "what training returns is given twice" if self.training else "this result is never reached"

    def label(self) -> str:
        return "given again here" if self.training else "after the result of the body"

    def help(self) -> str:
        sides = "put them on the two sides of an `if`" if self.training else "put the first under an `if`"
        return f"remove one of the two, or {sides}; several results are returned at once: `return a, b`"
