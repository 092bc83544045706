"""E06xx: limits that keep every spec finite."""

from __future__ import annotations

from archc.diagnostics.core import Problem, Setting


class TooManyLayers(Problem):
    """The network would expand to more layers than the limit allows.

    Repeats multiply: `[[Conv]x999]x999` is nearly a million layers. The limit keeps the compiler fast despite a slip.
    """

    code = "E0601"
    title = "too many layers"
    wrong = "model m {\n  input 3x8x8\n  [[[ReLU]x999]x999]x999\n}\n"
    right = "model m {\n  input 3x8x8\n  [[ReLU]x9]x9\n}\n"

    limit: int

    def message(self) -> str:
        return f"this expands to more than {self.limit:,} layers"

    def label(self) -> str:
        return "the limit is reached in here"

    def help(self) -> str:
        return "lower the number of repeats, or raise the limit with `archc --limit layers=N`"


class TooDeep(Problem):
    """Calls or brackets are nested more deeply than the limit allows.

    The usual cause is a block or macro that calls itself.
    """

    code = "E0602"
    title = "too deep"
    wrong = "block B { B }\nmodel m {\n  input 3x8x8\n  B\n}\n"
    right = "block B { ReLU }\nmodel m {\n  input 3x8x8\n  B\n}\n"

    limit: int
    what: str = "calls"
    name: str = ""

    def message(self) -> str:
        return f"{self.what} are nested more than {self.limit} deep"

    def note(self) -> str:
        return f"`{self.name}` calls itself" if self.name else ""


class TooLarge(Problem):
    """The value of an expression, or a file, exceeds a limit that no real spec needs to exceed.

    `archc --limit` raises the limits: `bits` of a number, `items` of a list or string, `words` of a file.
    """

    code = "E0603"
    title = "too large"
    wrong = "model m {\n  input 3x8x8\n  Conv(10 ** 10 ** 10)\n}\n"
    right = "model m {\n  input 3x8x8\n  Conv(10 ** 2)\n}\n"

    what: str
    limit: str

    def message(self) -> str:
        return f"{self.what} is too large: at most {self.limit}"


class TooManySteps(Problem):
    """Expanding a spec took more steps than the limit allows.

    Each expanded term and each turn of a loop is a step. Calls of `fn`s, long strings and lists, and imported specs
    count for more.
    """

    code = "E0604"
    title = "too many steps"
    wrong = "fn f(n) = f(n - 1) + f(n - 2) if n > 1 else n\nmodel m {\n  input 3x8x8\n  Conv(f(60))\n}\n"
    right = "fn f(n) = 2 * n\nmodel m {\n  input 3x8x8\n  Conv(f(6))\n}\n"

    limit: int

    def message(self) -> str:
        return f"this spec takes more than {self.limit:,} steps to expand"

    def label(self) -> str:
        return "the limit is reached here"

    def help(self) -> str:
        return "look for a definition that calls itself, or raise the limit with `archc --limit steps=N`"


class TooSlow(Problem):
    """Checking a spec took longer than the limit allows."""

    code = "E0605"
    title = "too slow"
    setting = Setting(
        files=(
            (
                "slow.arch",
                "fn f(n) = f(n - 1) + f(n - 2) if n > 1 else n\nmodel m {\n  input 3x8x8\n  Conv(f(50))\n}\n",
            ),
            ("quick.arch", "fn f(n) = 2 * n\nmodel m {\n  input 3x8x8\n  Conv(f(50))\n}\n"),
        ),
        wrong="archc --limit seconds=1 --limit steps=1000000000 check slow.arch",
        right="archc --limit seconds=1 --limit steps=1000000000 check quick.arch",
    )

    limit: int

    def message(self) -> str:
        return f"checking this spec takes more than {self.limit:,} seconds"

    def label(self) -> str:
        return "the limit is reached here"

    def help(self) -> str:
        return "raise the limit with `archc --limit seconds=N`"


class TooManyImports(Problem):
    """A spec uses more other specs, directly or indirectly, than the limit allows."""

    code = "E0606"
    title = "too many imports"
    setting = Setting(
        files=(
            ("model.arch", 'from "block.arch" use Block\nmodel m {\n  input 3x8x8\n  Block\n}\n'),
            ("block.arch", 'from "layer.arch" use Layer\nblock Block { Layer }\n'),
            ("layer.arch", "block Layer { Conv(8) - ReLU }\n"),
        ),
        wrong="archc --limit imports=1 check model.arch",
        right="archc --limit imports=2 check model.arch",
    )

    limit: int

    def message(self) -> str:
        return f"this spec uses more than {self.limit:,} others"

    def help(self) -> str:
        return "raise the limit with `archc --limit imports=N`"
