"""W03xx: merges, loops, guards and edits that do less than it seems."""

from __future__ import annotations

from archc.diagnostics.problems.warnings.base import HEAD, Warned


class OneBranch(Warned):
    """A merge of one branch merges nothing. For the incoming tensor, add a branch: `in`, or an empty one."""

    code = "W0312"
    title = "a merge of one branch"
    wrong = HEAD + "Conv(8) - add { Conv(8) }\n}\n"
    right = HEAD + "Conv(8) - add { Conv(8) | in }\n}\n"

    kind: str
    instead: str

    def message(self) -> str:
        return f"this `{self.kind}` has one branch, and so merges nothing"

    def help(self) -> str:
        if self.instead.startswith("every"):
            return f"the results of all turns of a repeat are `{self.instead}`"
        return f"what comes in is a branch too: `{self.instead}`"


class PassedBy(Warned):
    """All branches of a merge start from named tensors, so the incoming tensor has no effect.

    To merge it too, add a branch for it: an empty one, or `in`. Otherwise, begin the chain with the merge.
    """

    code = "W0332"
    title = "a merge that does not read its input"
    wrong = HEAD + "x = Conv(8)\n  y = Conv(8, 1)\n  in - Conv(8) - add { x | y }\n}\n"
    right = HEAD + "x = Conv(8)\n  y = Conv(8, 1)\n  in - Conv(8) - add { in | x | y }\n}\n"

    kind: str

    def message(self) -> str:
        return f"no branch of this `{self.kind}` reads what comes in"

    def label(self) -> str:
        return "its branches all begin with tensors"

    def help(self) -> str:
        return f"make what comes in a branch, `{self.kind} {{ in | … }}`, or begin the chain with `{self.kind}`"


class LoopOfBranches(Warned):
    """A `for` that is a whole branch makes each turn a branch. In a sum with other branches, a chain may be meant.

    In parentheses, `(for … { … })`, the turns follow each other; with a comma, `(for … { … },)`, each is a branch.
    """

    code = "W0331"
    title = "turns that are branches"
    wrong = HEAD + "Conv(8) - add { in | for k in [1, 3] { Conv(8, k) - ReLU } }\n}\n"
    right = HEAD + "Conv(8) - add { in | (for k in [1, 3] { Conv(8, k) - ReLU }) }\n}\n"

    kind: str

    def message(self) -> str:
        return f"each turn of this `for` is a branch of the `{self.kind}`"

    def help(self) -> str:
        return "write `(for … { … })` for one chain, or `(for … { … },)` if the branches are meant"


class ScaledChain(Warned):
    """A whole number times a chain multiplies the output of the chain; it repeats nothing."""

    code = "W0330"
    title = "a number that repeats nothing"
    wrong = HEAD + "Conv(8) - ReLU - add { in | 2 * (Conv(8) - ReLU) }\n}\n"
    right = HEAD + "Conv(8) - ReLU - add { in | [Conv(8) - ReLU]x2 }\n}\n"

    number: int
    instead: str

    def message(self) -> str:
        return f"`{self.number} *` multiplies what the chain makes, and repeats nothing"

    def help(self) -> str:
        return f"a repeat is `{self.instead}`; a factor that is meant can be written `{self.number}.0`"

    def replacement(self) -> str:
        return self.instead


class UnequalZip(Warned):
    """`zip` ends with the shortest list, so that items of the longer ones are lost."""

    code = "W0313"
    title = "lists of unequal lengths in a `zip`"
    wrong = HEAD + "for (c, k) in zip([8, 16], [3]) { Conv(c, k) }\n}\n"
    right = HEAD + "for (c, k) in zip([8, 16], [3, 3]) { Conv(c, k) }\n}\n"

    lengths: tuple[int, ...]
    texts: tuple[str, ...] = ()

    def message(self) -> str:
        return f"`zip` of lists of {' and '.join(map(str, self.lengths))} items ends after {min(self.lengths)}"

    def help(self) -> str:
        longest = self.lengths.index(max(self.lengths))
        name = self.texts[longest] if self.texts else "the longest"
        return f"the last items of `{name}` are lost: give all lists the same length"


class NoChoice(Warned):
    """A guard chooses between two terms that are the same, or between the identity and nothing."""

    code = "W0316"
    title = "a guard that chooses nothing"
    wrong = "model m(deep=true) {\n  input 3x8x8\n  Conv(8) if (deep) else Conv(8)\n}\n"
    right = "model m(deep=true) {\n  input 3x8x8\n  Conv(8) if (deep) else Conv(16)\n}\n"

    text: str

    def message(self) -> str:
        return f"both sides of this guard are `{self.text}`"

    def help(self) -> str:
        return f"leave the condition out: `{self.text}`"


class GuardOfLast(Warned):
    """A guard belongs to the term before it, not to the whole branch.

    `Conv(c, 1, s) - BN if (s != 1)` always has its convolution.
    """

    code = "W0317"
    title = "a guard of the last term alone"
    wrong = "block B(c, s=1) {\n  add { Conv(c, 3, s) | Conv(c, 1, s) - ReLU if (s != 1) }\n}\n" + HEAD + "B(8, 2)\n}\n"
    right = (
        "block B(c, s=1) {\n  add { Conv(c, 3, s) | (Conv(c, 1, s) - ReLU) if (s != 1) }\n}\n" + HEAD + "B(8, 2)\n}\n"
    )

    last: str
    instead: str

    def message(self) -> str:
        return f"the condition applies to `{self.last}` alone, the last term of the branch"

    def help(self) -> str:
        return f"for the whole branch write `{self.instead}`"


class InputTwice(Warned):
    """A guard without `else` is the identity if its condition is false, and so the merge has its input twice.

    `else none` leaves the branch out of the merge instead.
    """

    code = "W0333"
    title = "a branch that may be the input again"
    wrong = "model m(gated=false) {\n  input 3x8x8\n  mul { in | (GAPool - Sigmoid) if (gated) }\n}\n"
    right = "model m(gated=false) {\n  input 3x8x8\n  mul { in | (GAPool - Sigmoid) if (gated) else none }\n}\n"

    kind: str
    guard: str

    def message(self) -> str:
        made = {"add": "doubles it", "mul": "squares it"}.get(self.kind, "has it twice")
        return f"without the condition, this branch is the input too, and `{self.kind}` {made}"

    def help(self) -> str:
        return f"to leave the branch out instead, write `{self.guard} else none`"


class AllFrozen(Warned):
    """All weights of a network are frozen: there is nothing to train."""

    code = "W0318"
    title = "nothing left to train"
    wrong = HEAD + "Conv(8) - fc: FC(10)\n}\nvariant v = m {\n  freeze all\n}\n"
    right = HEAD + "Conv(8) - fc: FC(10)\n}\nvariant v = m {\n  freeze all except fc\n}\n"

    name: str

    def message(self) -> str:
        return f"all weights of {self.name} are frozen: nothing is left to train"

    def help(self) -> str:
        return "name what is trained: `freeze all except fc`"
