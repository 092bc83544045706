"""E01xx: names, imports and the binding of arguments to parameters."""

from __future__ import annotations

import re

from archc.diagnostics.core import Problem

SECOND_CHAIN = "a second bare chain"
_HEAD = "model m {\n  input 3x8x8\n  "


class UnknownName(Problem):
    """There is no layer, block, macro, tensor or value of this name here."""

    code = "E0101"
    title = "an unknown name"
    wrong = _HEAD + "Convv(8)\n}\n"
    right = _HEAD + "Conv(8)\n}\n"

    safe = True
    is_told_once = True

    name: str
    what: str = "name"
    nearest: str = ""
    """The known name that it is a slip of."""
    instead: str = ""
    """What is written here for the word of another library: for a term with its arguments."""
    advice: str = ""

    def message(self) -> str:
        return f"there is no {self.what} `{self.name}`"

    def label(self) -> str:
        return "not known here"

    def knows(self) -> bool:
        return bool(self.instead or self.advice)

    def help(self) -> str:
        if self.nearest:
            return f"did you mean `{self.nearest}`?"
        return self.advice or (f"write `{self.instead}`" if self.instead else "")

    def replacement(self) -> str | None:
        return self.nearest or (self.instead if self.what == "name" else "") or None


class DuplicateName(Problem):
    """A name is given twice where it must be unique."""

    code = "E0102"
    title = "a name given twice"
    wrong = _HEAD + "let n = 1\n  let n = 2\n  Conv(n)\n}\n"
    right = _HEAD + "let n = 1\n  let m = 2\n  Conv(n * m)\n}\n"

    name: str

    def message(self) -> str:
        return f"the name `{self.name}` is given twice"

    def label(self) -> str:
        return "given again here"

    def help(self) -> str:
        return "choose another name for one of the two"

    def replacement(self) -> str | None:
        return f"{self.name}_2"


class UnknownArgument(Problem):
    """A named argument does not belong to the layer, block, macro or function that is called."""

    code = "E0103"
    title = "an unknown argument"
    wrong = _HEAD + "Conv(8, strides=2)\n}\n"
    right = _HEAD + "Conv(8, stride=2)\n}\n"

    safe = True

    callee: str
    name: str
    nearest: str
    known: tuple[str, ...]
    ways: tuple[tuple[str, str, str], ...] = ()
    """For each unknown argument of the call its name, the parameter that is meant, and why none is needed."""
    instead: str = ""
    """The whole call in archc's words."""

    def message(self) -> str:
        names = [name for name, _, _ in self.ways] or [self.name]
        listed = " or ".join(
            [", ".join(f"`{n}`" for n in names[:-1]), f"`{names[-1]}`"] if names[1:] else [f"`{names[0]}`"]
        )
        return f"{self.callee} has no argument{'s' if names[1:] else ''} {listed}"

    def note(self) -> str:
        return f"{self.callee} takes {', '.join(self.known)}" if self.known else f"{self.callee} takes no arguments"

    def help(self) -> str:
        renamed = [f"`{ours}` for `{name}`" for name, ours, _ in self.ways if ours]
        needless = [f"no `{name}`: {why}" for name, ours, why in self.ways if why and not ours]
        if self.instead:
            details = "; ".join(filter(None, (", ".join(renamed), *needless)))
            return f"write `{self.instead}`" + (f" ({details})" if details else "")
        if renamed or needless:
            leave = [f"leave out `{name}`: {why}" for name, ours, why in self.ways if why and not ours]
            return "; ".join([*([f"write {', '.join(renamed)}"] if renamed else []), *leave])
        return f"did you mean `{self.nearest}`?" if self.nearest else self._left_out()

    def _left_out(self) -> str:
        """What to do with arguments of which nothing is known."""
        takes = f"{self.callee} takes {', '.join(f'`{name}`' for name in self.known)}" if self.known else ""
        which = "them" if len(self.ways) > 1 else "it"
        return f"leave {which} out" + (f": {takes}" if takes else "")

    def replacement(self) -> str | None:
        return self.nearest or None


class TooManyArguments(Problem):
    """There are more positional arguments than parameters."""

    code = "E0104"
    title = "too many arguments"
    wrong = _HEAD + "ReLU(8)\n}\n"
    right = _HEAD + "ReLU\n}\n"

    callee: str
    known: tuple[str, ...]
    instead: str = ""
    """The whole call in archc's words."""
    advice: str = ""

    def message(self) -> str:
        count = len(self.known)
        return f"{self.callee} takes {count or 'no'} argument{'' if count == 1 else 's'}, and this is one too many"

    def note(self) -> str:
        return f"{self.callee} takes {', '.join(self.known)}" if self.known else ""

    def help(self) -> str:
        if self.instead or self.advice:
            return f"write `{self.instead}`" if self.instead else self.advice
        return "leave it out" + ("" if self.known else f": `{self.callee}` alone is enough")


class MissingArgument(Problem):
    """A parameter without a default gets no argument."""

    code = "E0105"
    title = "a missing argument"
    wrong = "block B(c) { Conv(c) }\n" + _HEAD + "B\n}\n"
    right = "block B(c) { Conv(c) }\n" + _HEAD + "B(8)\n}\n"

    callee: str
    name: str
    call: str = ""
    """A call with all that it needs."""

    def message(self) -> str:
        return f"{self.callee} needs an argument `{self.name}`"

    def help(self) -> str:
        if not self.call:
            return ""
        return f"write `{self.call}`, with a value" + (" for each" if self.call.count("\u2026") > 1 else "")

    def label(self) -> str:
        return f"`{self.name}` is missing here"


class DuplicateArgument(Problem):
    """An argument is given twice, by position and by name or twice by name."""

    code = "E0106"
    title = "an argument given twice"
    wrong = _HEAD + "Conv(8, channels=9)\n}\n"
    right = _HEAD + "Conv(8)\n}\n"

    callee: str
    name: str
    advice: str = ""
    """The call with each of the two values."""

    def message(self) -> str:
        return f"`{self.name}` of {self.callee} is given twice"

    def help(self) -> str:
        return self.advice or f"leave out one of the two that say `{self.name}`"


class NotATerm(Problem):
    """A layer, block, macro or tensor is needed here, but the name is something else."""

    code = "E0108"
    title = "neither a layer nor a block"
    wrong = _HEAD + "let n = 3\n  Conv(8) - n\n}\n"
    right = _HEAD + "let n = 3\n  Conv(8, n)\n}\n"

    name: str
    found: str
    wanted: str = "a layer or block"
    advice: str = ""

    def message(self) -> str:
        return f"`{self.name}` is {self.found}, not {self.wanted}"

    def knows(self) -> bool:
        return bool(self.advice) and self.found != "a function"  # which may be meant as a macro: that is tried

    def help(self) -> str:
        return self.advice


class NotAValue(Problem):
    """A value is needed here, in a `let`, a `fn`, an argument or a fact of a variant, but there is a layer.

    `let` and `fn` define values. Layers compute tensors, which are named by `=` without `let`, and a chain is
    named by a macro.
    """

    code = "E0115"
    title = "a layer where a value is needed"
    wrong = _HEAD + "let x = Conv(8)\n  x - ReLU\n}\n"
    right = _HEAD + "x = Conv(8)\n  x - ReLU\n}\n"

    name: str
    call: str
    macro: str = ""
    """The macro of the chain, for the value of a `let`."""
    fact: str = ""
    """The fact of a variant that it stands in, perhaps for a module of that name."""

    def message(self) -> str:
        if self.fact:
            return f"`{self.fact}: …` is a fact of the variant, and `{self.name}` a layer"
        return f"`{self.name}` is a layer, and `let`, `fn` and facts take values"

    def label(self) -> str:
        return "no value"

    def knows(self) -> bool:
        return bool(self.fact)

    def help(self) -> str:
        if self.fact:
            if self.fact in ("replace", "insert", "remove", "freeze"):
                return f"the path comes before the colon, as in `{self.fact} fc: {self.call}`"
            return f"an edit is `replace {self.fact}: {self.call}`"
        if self.macro:
            named = self.macro.removeprefix("macro ")
            return (
                f"a chain that is used by a name is a macro: `{self.macro}`; a tensor is named without `let`: `{named}`"
            )
        named = f"name a tensor without `let`: `x = {self.call}`"
        return f"{named}; for a chain, write a `macro`; for an edit, `replace fc: {self.call}`"


class ImportNotFound(Problem):
    """The spec that `from … use …` names cannot be read.

    A path is relative to the importing file and stays inside its folder; failing that, it names a shipped spec.
    """

    code = "E0109"
    title = "a spec that cannot be read"
    wrong = 'from "nowhere.arch" use B\n' + _HEAD + "Conv(8)\n}\n"
    right = _HEAD + "Conv(8)\n}\n"

    path: str
    reason: str
    nearest: str = ""
    advice: str = ""

    def message(self) -> str:
        return f"cannot use `{self.path}`: {self.reason}"

    def help(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else self.advice

    def replacement(self) -> str | None:
        return f'"{self.nearest}"' if self.nearest else None


class CyclicImport(Problem):
    """Two specs use each other, or one uses itself."""

    code = "E0111"
    title = "specs that use each other"
    wrong = 'from "example.arch" use B\n' + _HEAD + "Conv(8)\n}\n"
    right = _HEAD + "Conv(8)\n}\n"

    path: str

    def message(self) -> str:
        return f"`{self.path}` is already being read: specs cannot use each other in a cycle"


class DuplicateLabel(Problem):
    """Two modules of one scope have the same name, so one state-dict key would stand for two weights.

    A module without a label is named after its kind and its ordinal, skipping the labels that are written out in the
    scope; a computed label, `"conv{i}"`, can still repeat such a name.
    """

    code = "E0112"
    title = "two modules with one name"
    wrong = _HEAD + "a: Conv(8) - a: Conv(8)\n}\n"
    right = _HEAD + "a: Conv(8) - b: Conv(8)\n}\n"

    name: str
    scope: str
    is_repeated: bool = False
    """Whether one label names them all."""
    alike: bool = False
    """Whether both are the same layer or block, so that one module for both may be meant."""

    def message(self) -> str:
        where = f" in `{self.scope}`" if self.scope else ""
        return f"two modules{where} are called `{self.name}`"

    def label(self) -> str:
        return "this name again"

    def help(self) -> str:
        advice = f'in a repeat or `for`, number them: `"{self.name}{{i}}": …`'
        if self.alike:
            advice = f"one module for both is declared before, `shared {self.name}: …`, and used as `{self.name}`"
        return advice if self.is_repeated else f"rename one of them, for example to `{self.name}_2`; {advice}"


class BadLabel(Problem):
    """A label cannot be the name of a module.

    A module may have any name that torch allows, such as `"0"`, `"block1-0"` or `"left side"`. It must not be an
    attribute of `nn.Module` or `nn.Sequential` (`forward`, `append`), begin with `__`, begin or end with a space, or
    contain control characters, quotes, backslashes or one of `* ? [ ] { }`, which have a meaning in paths. A dot opens
    a module: `"convs.0"` is `0` in `convs`.
    """

    code = "E0113"
    title = "a label that cannot name a module"
    wrong = _HEAD + "forward: Conv(8)\n}\n"
    right = _HEAD + '"0": Conv(8)\n}\n'

    name: str
    reason: str

    def message(self) -> str:
        return f"`{self.name}` cannot name a module: {self.reason}"

    def help(self) -> str:
        plain = "_".join(re.findall(r"\w+", self.name, re.ASCII))
        if plain != self.name and plain.isidentifier():
            return f"write `{plain}`: modules are named as in the state dict"
        return "choose another label: modules are named as in the state dict"


class ReservedName(Problem):
    """A definition has a name that archc or Python reserves."""

    code = "E0114"
    title = "a name that is taken"
    wrong = "block Conv(c) { ReLU }\n" + _HEAD + "Conv(8)\n}\n"
    right = "block MyConv(c) { ReLU }\n" + _HEAD + "MyConv(8)\n}\n"

    name: str
    reason: str

    def message(self) -> str:
        return f"`{self.name}` cannot be defined: {self.reason}"

    def help(self) -> str:
        if self.name == SECOND_CHAIN:
            return (
                "a line that continues a chain begins with `-`; "
                "to describe several networks, write models: `model net { input … }`"
            )
        if self.name == "self":
            return "leave it out: a spec has no `self`"
        return f"choose another name, such as `my_{self.name}`"
