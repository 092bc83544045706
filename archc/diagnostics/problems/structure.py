"""E04xx: how the parts of a network hang together."""

from __future__ import annotations

from archc.diagnostics.core import Problem, Setting, Severity


class TensorCount(Problem):
    """The number of incoming tensors is not the number that the layer or block takes."""

    code = "E0404"
    title = "the wrong number of tensors"
    wrong = "model m {\n  input 4x8x8\n  Chunk(2) - Conv(8)\n}\n"
    right = "model m {\n  input 4x8x8\n  Chunk(2) - Concat - Conv(8)\n}\n"

    name: str
    wanted: str
    given: int
    names: tuple[str, ...] = ()
    """The names that the tensors have in this place, if all have one."""
    advice: str = ""

    def message(self) -> str:
        return f"{self.name} takes {self.wanted}, but {self.given} come{'s' if self.given == 1 else ''} in"

    def knows(self) -> bool:
        return bool(self.names or self.advice)

    def help(self) -> str:
        if self.advice:
            return self.advice
        if self.given > 1 and self.name == "an operand":
            return "`add { xs | y }` and `mul { xs | y }` merge all of a list; `xs[0] + y` takes one of it"
        if self.given > 1 and self.name.startswith("a branch"):
            return self._of_branch()
        if not self.given:
            return "at least one branch has to be there: every one is `none`, or a loop without turns"
        if self.given == 1 and self.name in ("Add", "Concat", "Mul"):
            return f"write branches in braces: `{self.name.lower()} {{ A | B }}`"
        if self.given == 1 and self.wanted[:1].isdigit():
            listed = ", ".join("abcdefgh"[: min(8, int(self.wanted.split()[0]))])
            return f"tensors go in side by side: `({listed}) - {self.name}(…)`"
        if self.name.startswith("`"):
            return f"the sizes are those of one of them, by its name: `x.{self.name.strip('`').rpartition('.')[2]}`"
        if self.given > 1 and self.wanted == "1 tensor":
            first, *more = self.names or ("x", "y")
            both = f"concat {{ {' | '.join([first, *more])} }} - {self.name}(…)"
            return f"a chain begins with one of them, `{first} - {self.name}(…)`, or with all: `{both}`"
        if self.given > 1:
            return "name them, `*xs = …`, and begin the chain with those that it takes: `(xs[0], xs[1]) - …`"
        return ""

    def _of_branch(self) -> str:
        if self.names:
            return f"a branch begins with one of them: `{self.names[0]}`"
        return "name them before it, `*xs = …`: a branch that is `xs` is all of them, and `xs[0]` is one"


class NoIncoming(Problem):
    """`in` is used where no single tensor comes in: a block `over` several tensors uses their names."""

    code = "E0405"
    title = "no single tensor comes in"
    wrong = "block B over (a, b) { return in, b }\nmodel m {\n  input 4x8x8\n  Chunk(2) - B - Concat\n}\n"
    right = "block B over (a, b) { return b, a }\nmodel m {\n  input 4x8x8\n  Chunk(2) - B - Concat\n}\n"

    names: tuple[str, ...]

    def message(self) -> str:
        if not self.names:
            return "no tensor comes in here"
        return f"no single tensor comes in here: use {' or '.join(f'`{n}`' for n in self.names)}"

    def help(self) -> str:
        if not self.names:
            return "`in` is what comes into the body of a model, block or macro: move this into one"
        return f"write `{self.names[0]}` for `in`, or another of them"


class NameCount(Problem):
    """The number of names is not the number of tensors that the chain returns."""

    code = "E0406"
    title = "the wrong number of names"
    wrong = "model m {\n  input 4x8x8\n  a, b = Conv(8)\n  return a\n}\n"
    right = "model m {\n  input 4x8x8\n  a, b = Chunk(2)\n  return a\n}\n"

    names: int
    tensors: int
    rest: bool = False
    """Whether the last name, `*xs`, stands for all tensors that are left."""

    def message(self) -> str:
        number = self.names - self.rest
        names = f"{number} name{'' if number == 1 else 's'}{' and a list' if self.rest else ''}"
        return f"{names} for {self.tensors} tensor{'' if self.tensors == 1 else 's'}"

    def help(self) -> str:
        if self.rest:
            return "each name takes one tensor, and the list, `*xs`, those that are left"
        if self.names == 1:
            return "`*xs = …` names a list of several, with `xs[0]` for the first"
        names = ", ".join("abcdefgh"[: self.tensors])
        if self.tensors > 1 and self.tensors <= 8:
            return f"give a name to each, `{names} = …`, or cut into {self.names}: `Chunk({self.names})`"
        return f"a chain makes one tensor, `x = …`; `Chunk({self.names})` at its end cuts it into {self.names}"


class MisplacedTensor(Problem):
    """A tensor's name is in the middle of a chain; it can only be the first term."""

    code = "E0407"
    title = "a tensor in the middle of a chain"
    wrong = "model m {\n  input 3x8x8\n  x = Conv(8)\n  Conv(8) - x\n}\n"
    right = "model m {\n  input 3x8x8\n  x = Conv(8)\n  x - Conv(8)\n}\n"

    is_told_once = True

    name: str
    layer: str = ""
    """The layers that make the tensor, as one term: they may have been meant themselves."""
    alone: bool = True
    """Whether that is one layer."""
    shared: str = ""
    """Their declaration as a module that several chains go through, where they are used more than once."""
    through: str = ""
    """What goes through it there."""
    loop: bool = False
    """Whether it begins the turns of a loop, each of which would drop what the one before made."""
    guarded: str = ""
    """The terms before it under the guard that has it on its other side, where that binds the last of them alone."""

    def message(self) -> str:
        return f"the tensor `{self.name}` can only begin a chain"

    def knows(self) -> bool:
        return bool(self.layer or self.shared or self.guarded) or self.loop

    def help(self) -> str:
        if self.guarded:
            return f"a guard is of the last term alone; for all of them write `{self.guarded}`"
        if self.loop:
            return "turns that read for themselves are branches: `concat { for … { … } }`, or `(for … { … },)`"
        named = f"`{self.name} = …` names a tensor"
        if self.shared:
            return f"{named}; what several chains go through is declared: `{self.shared}`, then `{self.through}`"
        if self.layer and not self.alone:
            return f"{named}; layers stand where they are used: `{self.layer}`"
        if self.layer:
            return f"{named}; a layer is named where it stands: `{self.name}: {self.layer}`"
        return f"to bring it in, merge it, `add {{ … | {self.name} }}`, or subtract it from a chain in parentheses"


class MisplacedArithmetic(Problem):
    """Arithmetic is in the middle of a chain. It starts from tensors and numbers, so it can only be the first term."""

    code = "E0420"
    title = "arithmetic in the middle of a chain"
    wrong = "model m {\n  input 3x8x8\n  Conv(8) - (0.5 * in)\n}\n"
    right = "model m {\n  input 3x8x8\n  0.5 * (Conv(8) - BN)\n}\n"

    text: str

    def message(self) -> str:
        return f"`{self.text}` can only begin a chain"

    def help(self) -> str:
        return "what comes in would be lost: write `0.5 * (Conv(8) - BN)`, or to subtract `(Conv(8) - BN) - 0.5 * x`"


class NotAnOperand(Problem):
    """An operator for tensors and numbers has another operand.

    An operand is a number, the name of a number or list, the name of a tensor, `in`, or a chain in parentheses.
    """

    code = "E0421"
    title = "an operand that is not a tensor"
    wrong = "model m {\n  input 3x8x8\n  x = Conv(3)\n  x + BN\n}\n"
    right = "model m {\n  input 3x8x8\n  x = Conv(3)\n  x + (x - BN)\n}\n"

    name: str
    found: str
    sign: str
    repeats: int = 0
    """The whole number on the other side of a `*`, where a repeat may have been meant."""

    def message(self) -> str:
        return f"`{self.sign}` takes tensors and numbers, but `{self.name}` is {self.found}"

    def knows(self) -> bool:
        return bool(self.repeats)

    def help(self) -> str:
        if self.repeats:
            return f"a repeat is `[{self.name}]x{self.repeats}`"
        if self.found in ("none", "true", "false") or self.found.startswith("the string"):
            return f"give `{self.name}` a number"
        if self.sign == "+" and self.found == "a layer":
            return f"put a branch in parentheses, `({self.name})`, or in `add {{ … | {self.name} }}`"
        return f"write the chain that gives the tensor, in parentheses: `(x - {self.name})`"


class MisplacedAbsence(Problem):
    """`else none` removes a whole branch from a merge; elsewhere, the next term would have nothing to read.

    To leave a term out of a chain, leave out the `else`: the incoming tensor then passes through.
    """

    code = "E0423"
    title = "an absent term that is not a branch"
    wrong = "model m(deep=false) {\n  input 3x8x8\n  Conv(8) if (deep) else none\n}\n"
    right = "model m(deep=false) {\n  input 3x8x8\n  Conv(8) if (deep)\n}\n"

    def message(self) -> str:
        return "only a branch of `add`, `concat` or `mul` can be absent"

    def help(self) -> str:
        return "remove `else none` to pass the input through; put a branch that is a whole chain in parentheses"


class NoTensor(Problem):
    """Arithmetic on numbers alone is used where a tensor is needed. It belongs in a `let` or an argument."""

    code = "E0422"
    title = "arithmetic without a tensor"
    wrong = "model m {\n  input 3x8x8\n  2 * 3\n}\n"
    right = "model m {\n  input 3x8x8\n  2 * in\n}\n"

    text: str
    chain: str = ""
    """The layers after it, which may be meant as the other operand."""
    numbers: int = 1
    """The number of such terms side by side, which may be meant as a list."""

    def message(self) -> str:
        return "these are numbers, not tensors" if self.numbers > 1 else f"`{self.text}` is a number, not a tensor"

    def knows(self) -> bool:
        return bool(self.chain)

    def help(self) -> str:
        widths = self.text.split(" - ")
        if len(widths) > 2 and all(width.isdigit() for width in widths):
            return f"widths alone are no layers: write `{' - '.join(f'FC({width})' for width in widths)}`"
        if self.numbers > 1:
            return "a list of numbers has a name there: `let mean = [0.5, 0.4, 0.3]`, then `in - mean`"
        if self.chain:
            return f"to subtract what layers make, put them in parentheses: `{self.text} - ({self.chain})`"
        return "name a number with `let`; `in` is the incoming tensor: `2 * in`"


class Misplaced(Problem):
    """A statement is in a place where it has no meaning, such as `input` in a block."""

    code = "E0408"
    title = "a statement in the wrong place"
    wrong = "block B {\n  input 3x8x8\n  ReLU\n}\nmodel m {\n  input 3x8x8\n  B\n}\n"
    right = "block B {\n  ReLU\n}\nmodel m {\n  input 3x8x8\n  B\n}\n"

    what: str
    where: str
    advice: str = ""

    def message(self) -> str:
        return f"{self.what} is not allowed in {self.where}"

    def help(self) -> str:
        if self.advice:
            return self.advice
        match self.what, self.where:
            case "`input`", "a block":
                return "only a model declares its input: remove it here"
            case "`input`", "an `if`":
                return (
                    "a model has the same inputs for all values: a variant states other shapes, `variant v = m { … }`"
                )
            case "`init`", "an `if`":
                return "it holds for the whole model: put it in the body itself"
            case "`shared`", _:
                return "it belongs in the body itself; put the choice inside: `shared f: (A if (c) else B)`"
            case "`input`" | "`return`" | "`if`" | "a named tensor", _:
                return "it belongs in a body: `model net {` … `}`"
            case "`block`" | "`macro`" | "`fn`" | "`model`" | "`variant`" | "`from`", "a body":
                return "it belongs outside of bodies: move it in front of this definition"
            case "`expect`" | "`freeze`" | "`unfreeze`" | "`replace`" | "`remove`" | "`insert`" | "`truncate`", _:
                return f"it belongs to a variant: `variant net2 = net {{ {self.what.strip('`')} … }}`"
            case _, "a body":
                return "it belongs outside of bodies, at the level of the file"
            case _:
                return ""


class NothingToCompile(Problem):
    """The file has no model, and no definitions that other specs could use."""

    code = "E0409"
    title = "nothing to compile"
    wrong = '"""Nothing but words."""\n'
    right = "model m {\n  input 3x8x8\n  ReLU\n}\n"

    reason: str = "there is nothing in this file"

    def message(self) -> str:
        return self.reason


class NotWhole(Problem):
    """A command needs a whole network, and the spec has errors.

    After an error there is still a partial network, so that later errors can be reported, and it can be drawn:
    `archc draw SPEC -o FILE --partial`. But sizes, counts and code after a mistake would be guesses, so other
    commands reject it.
    """

    code = "N0402"
    title = "a network with errors"
    severity = Severity.NOTE
    setting = Setting(
        (
            ("net.arch", "model m {\n  input 3x8x8\n  Conv(8) - Nope - FC(10)\n}\n"),
            ("mended.arch", "model m {\n  input 3x8x8\n  Conv(8) - ReLU - FC(10)\n}\n"),
        ),
        "archc count net.arch",
        "archc count mended.arch",
    )

    name: str
    command: str

    def message(self) -> str:
        return f"`archc {self.command}` needs a whole network, but `{self.name}` has errors"

    def help(self) -> str:
        return "fix the errors; until then, `archc draw SPEC -o FILE --partial` draws what is known"


class SketchChoice(Problem):
    """A term was written without an argument that it needs, as in a lecture, and archc chose the value.

    The sketch rules are in the language reference. Write the argument down to choose it yourself.
    """

    code = "N0401"
    title = "a value that archc chose"
    severity = Severity.NOTE
    together = "archc chose what the sketch leaves out"
    wrong = "model m {\n  input 3x32x32\n  Conv - FC\n}\n"
    right = "model m {\n  input 3x32x32\n  Conv(64) - FC(10)\n}\n"

    what: str
    value: str

    def message(self) -> str:
        return f"{self.what} is taken to be {self.value}"

    def label(self) -> str:
        name = self.what.partition(" of ")[0].strip("`")
        return self.value if self.value.startswith(f"{name}(") else f"{name} = {self.value}"
