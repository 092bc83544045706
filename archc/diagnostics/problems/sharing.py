"""E041x: modules that are used more than once, `shared encoder: Encoder(64)`."""

from __future__ import annotations

from typing import Literal

from archc.diagnostics.core import Problem

_PAIR = "model m {\n  input a: 8\n  input b: 8\n  "


class UnnamedShared(Problem):
    """What follows `shared` has no label, or one that cannot be the name of a term.

    A shared module is used by its label, which must therefore be a word, written out.
    """

    code = "E0412"
    title = "a shared module without a name"
    wrong = _PAIR + "shared FC(4)\n  add { a - FC(4) | b - FC(4) }\n}\n"
    right = _PAIR + "shared code: FC(4)\n  add { a - code | b - code }\n}\n"

    term: str

    def message(self) -> str:
        return "a shared module needs a name for chains to use, and this one has none"

    def help(self) -> str:
        return f"give it a label that is a word: `shared encoder: {self.term}`"


class SharedUse(Problem):
    """A shared module is used with arguments, with a label, or as a value.

    Its declaration gives it its arguments and its name. A use is the name alone.
    """

    code = "E0413"
    title = "a shared module that is called like a block"
    wrong = _PAIR + "shared code: FC(4)\n  add { a - code(4) | b - code }\n}\n"
    right = _PAIR + "shared code: FC(4)\n  add { a - code | b - code }\n}\n"

    name: str
    what: Literal["arguments", "a label"]

    def message(self) -> str:
        return f"`{self.name}` is a module that already exists: it takes no {self.what.removeprefix('a ')}"

    def label(self) -> str:
        return "made where it is declared"

    def help(self) -> str:
        return f"write its name alone, `{self.name}`, or declare another module"


class SharedElsewhere(Problem):
    """A shared module is used inside a module other than the one that declares it.

    Then its weights would have two names. Either remove the label around the use, since brackets without a label are
    not a module, or declare the shared module inside.
    """

    code = "E0414"
    title = "a shared module used inside another module"
    wrong = _PAIR + "shared code: FC(4)\n  add { a - left: (code - ReLU) | b - code }\n}\n"
    right = _PAIR + "shared code: FC(4)\n  add { a - (code - ReLU) | b - code }\n}\n"

    name: str

    def message(self) -> str:
        return f"`{self.name}` belongs to the module that declares it, and cannot be part of another one as well"

    def help(self) -> str:
        return "leave the label out, so that the brackets open no module, or declare the shared module inside"


class SharedReads(Problem):
    """A shared module names a tensor of the body that declares it.

    It is one module that several chains use, so it only sees its incoming tensor, which is a different one each time.
    """

    code = "E0416"
    title = "a shared module that names a tensor"
    wrong = _PAIR + "shared code: (a - FC(4))\n  add { a - code | b - code }\n}\n"
    right = _PAIR + "shared code: (FC(4))\n  add { a - code | b - code }\n}\n"

    name: str

    def message(self) -> str:
        return f"a shared module reads what comes into it each time, and not `{self.name}`"

    def help(self) -> str:
        return f"leave `{self.name}` out; in a merge, `in` is what comes in; a block `over` two reads both"


class SharedDiffers(Problem):
    """With this input, a shared module would be a different one: with other weights, layers or arguments.

    One module has one set of weights: its input channels must be the same at each use, and so must every choice that
    depends on the size of a tensor. Images may differ in size if no weight depends on it.
    """

    code = "E0417"
    title = "a shared module whose uses differ"
    wrong = "model m {\n  input a: 8\n  input b: 6\n  shared code: FC(4)\n  add { a - code | b - code }\n}\n"
    right = _PAIR + "shared code: FC(4)\n  add { a - code | b - code }\n}\n"

    name: str
    what: str

    def message(self) -> str:
        return f"`{self.name}` is one module, but would differ here: {self.what}"

    def help(self) -> str:
        return "give both tensors the same shape first, or declare a module for each"
