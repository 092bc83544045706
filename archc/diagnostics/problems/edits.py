"""E09xx: edits of a finished model."""

from __future__ import annotations

from archc.diagnostics.core import Problem, Severity

_MODEL = "block B(c) { Conv(c) - ReLU }\nmodel m {\n  input 3x8x8\n  body: [B(8)]x2 - GAPool - fc: FC(10)\n}\n"


class EditedTwice(Problem):
    """Two edits of one variant change the same module.

    A variant of the variant may edit the module again, and then its edit applies.
    """

    code = "E0901"
    title = "a module that is edited twice"
    wrong = _MODEL + "variant v = m {\n  replace fc: FC(5)\n  remove fc\n}\n"
    right = _MODEL + "variant v = m {\n  replace fc: FC(5)\n}\nvariant w = v {\n  replace fc: FC(6)\n}\n"

    path: str
    returned: bool = False
    """Whether it is a result, or the `return` itself."""

    def message(self) -> str:
        if self.path == "return":
            return "a variant returns twice"
        return f"`{self.path}` is {'returned' if self.returned else 'edited'} twice"

    def label(self) -> str:
        return f"{'returned' if self.returned else 'edited'} again here"

    def help(self) -> str:
        if self.returned:
            return "a variant has one `return`, which names each module once: `return layer1, layer2`"
        return "leave one of the two out; of a variant of this variant, the edit applies instead"


class LostEdit(Problem):
    """An edit has no effect, because another one removes the module that it changes.

    All structural edits refer to the model before any of them. Modules inside a replaced or removed module, or after
    the one where the network is cut off, no longer exist.
    """

    code = "E0902"
    title = "an edit without effect"
    wrong = _MODEL + "variant v = m {\n  remove body\n  replace body.0.0: Conv(9)\n}\n"
    right = _MODEL + "variant v = m {\n  replace body.0: Conv(9)\n  replace body.1: Conv(9)\n}\n"

    path: str

    def message(self) -> str:
        return f"`{self.path}` no longer exists when this edit applies"

    def label(self) -> str:
        return "this has no effect"

    def help(self) -> str:
        return "another edit removes it: drop one of the two"


class NotCuttable(Problem):
    """A network can only be cut off after a module that every path goes through, not in a branch."""

    code = "E0903"
    title = "a place where a network cannot end"
    wrong = (
        "model m {\n  input 3x8x8\n  add { a: Conv(3) - b: ReLU | in } - fc: FC(10)\n}\n"
        "variant v = m {\n  truncate after a\n}\n"
    )
    right = (
        "model m {\n  input 3x8x8\n  stem: Conv(8) - add { a: Conv(8) | in } - fc: FC(10)\n}\n"
        "variant v = m {\n  truncate after stem\n}\n"
    )

    path: str
    where: str

    def message(self) -> str:
        return f"the network cannot end after `{self.path}`: it lies in {self.where}"

    def help(self) -> str:
        return "name a module behind which no branch is open"


class NoLevel(Problem):
    """The output of a module can be a result of the network only if the module is in the model itself and has one.

    It may also be in groups and repeats with a label. To return a tensor of a block or a branch, name it there and
    return it: `return a, b`.
    """

    code = "E0906"
    title = "a module that cannot be a result"
    wrong = (
        "block B { a: Conv(8) - b: Conv(8) }\nmodel m {\n  input 3x8x8\n  body: B - fc: FC(10)\n}\n"
        "variant v = m {\n  return body.a\n}\n"
    )
    right = (
        "model m {\n  input 3x8x8\n  body: (a: Conv(8) - b: Conv(8)) - fc: FC(10)\n}\n"
        "variant v = m {\n  return body.a, body.b\n}\n"
    )

    path: str
    inside: str
    tensors: int

    def message(self) -> str:
        if self.inside:
            return f"`{self.path}` cannot be a result of the network: it lies in {self.inside}"
        return f"`{self.path}` cannot be a result of the network: it gives {self.tensors} tensors"

    def help(self) -> str:
        advice = "choose a module of the model itself, outside of blocks and branches"
        return f"{advice}, or let the block return it: `return x, y`" if self.inside else advice


class NothingToFreeze(Problem):
    """A `freeze` or `unfreeze` names only modules without weights."""

    code = "E0904"
    title = "nothing to freeze"
    wrong = "model m {\n  input 3x8x8\n  c: Conv(8) - r: ReLU\n}\nvariant v = m {\n  freeze r\n}\n"
    right = "model m {\n  input 3x8x8\n  c: Conv(8) - r: ReLU\n}\nvariant v = m {\n  freeze c\n}\n"

    path: str

    def message(self) -> str:
        return f"`{self.path}` has no weights to freeze"


class PutInByEdit(Problem):
    """A structural edit names a module that another edit inserts.

    All structural edits refer to the model before any of them, including those of a variant of a variant. `freeze` and
    `unfreeze` can name inserted modules.
    """

    code = "E0905"
    title = "an edit of an inserted module"
    wrong = _MODEL + "variant v = m {\n  replace fc: (Dropout - FC(5))\n}\nvariant w = v {\n  replace fc.1: FC(6)\n}\n"
    right = _MODEL + "variant v = m {\n  replace fc: (Dropout - FC(5))\n}\nvariant w = v {\n  replace fc: FC(6)\n}\n"

    path: str

    def message(self) -> str:
        return f"`{self.path}` is not a module of the model: an edit inserts it"

    def label(self) -> str:
        return "edits refer to the unedited model"

    def help(self) -> str:
        return "change the edit that inserts it; a variant of a variant may also repeat that edit with other contents"


class TouchesOneOfMany(Problem):
    """An edit changes some of the modules of one block; the others stay unchanged.

    A pattern edits all of them: `replace layer*.*.bn2: GN(32)`.
    """

    code = "N0901"
    title = "an edit of one of many"
    severity = Severity.NOTE
    wrong = _MODEL + "variant v = m {\n  replace body.1.0: Conv(9)\n}\n"
    right = _MODEL + "variant v = m {\n  replace body.*.0: Conv(9)\n}\n"

    path: str
    block: str
    touched: str
    some: int
    all: int

    def message(self) -> str:
        return f"`{self.path}` changes {self.some} of the {self.all} modules that `{self.block}` makes: {self.touched}"

    def label(self) -> str:
        return "the others stay unchanged"
