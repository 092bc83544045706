"""The nodes of declarations, of the members of a variant, and of a file."""

from __future__ import annotations

from typing import TypeAlias

from archc.diagnostics.source import Span
from archc.syntax.tree.chains import Chain
from archc.syntax.tree.expressions import Argument, Expression, Literal_, Name, Tree
from archc.syntax.tree.statements import Body, ChainStatement, Default, Init, InputStatement, Let


class Parameter(Tree):
    """`stride=1`, `planes`."""

    name: str
    default: Expression | None


class Import(Tree):
    """`from "common.arch" use ConvBNReLU, SE`."""

    path: Literal_
    names: tuple[Name, ...]


class Allow(Tree):
    """`allow W0103, W0302` in a file: these warnings are not given for it."""

    codes: tuple[Name, ...]


class Function(Tree):
    """`fn divisible(v, d=8) = expression`."""

    name: Name
    parameters: tuple[Parameter, ...]
    value: Expression


class Macro(Tree):
    """`macro ConvBN(c, k=3, s=1) = chain`."""

    name: Name
    parameters: tuple[Parameter, ...]
    chain: Chain


class Block(Tree):
    """`block Name(parameters) over (a, b) { … }`; with `rest`, `over (a, *xs)`."""

    name: Name
    parameters: tuple[Parameter, ...]
    over: tuple[Name, ...]
    body: Body
    rest: bool = False


class ModelDef(Tree):
    """`model Name(parameters) { … }`."""

    name: Name
    parameters: tuple[Parameter, ...]
    body: Body

    @property
    def inputs(self) -> tuple[InputStatement, ...]:
        """The inputs that it declares."""
        return tuple(s for s in self.body.statements if isinstance(s, InputStatement))

    @property
    def over(self) -> tuple[Name, ...]:
        """The names of the inputs, as for a block; empty for an unnamed one."""
        return tuple(s.name for s in self.inputs if s.name is not None)


class Fact(Tree):
    """`paper: "…"`."""

    name: Name
    value: Expression


class Expect(Tree):
    """`expect params == 25_557_032`."""

    condition: Expression


class Replace(Tree):
    """`replace fc: (Dropout(0.2) - FC(102))`."""

    path: str
    path_span: Span
    chain: Chain


class Remove(Tree):
    """`remove aux1, aux2`."""

    paths: tuple[Name, ...]


class Insert(Tree):
    """`insert after layer2: gate: SE`."""

    path: str
    path_span: Span
    chain: Chain


class Truncate(Tree):
    """`truncate after layer3`: nothing that comes later is kept."""

    path: str
    path_span: Span


class Levels(Tree):
    """`return layer1, layer2` in a variant: what these modules give is the result; nothing that comes later is kept."""

    paths: tuple[Name, ...]


class Freeze(Tree):
    """`freeze conv1, layer[1-3]`, `freeze all`, `freeze all except fc`, `freeze all BN`; with `thaws`, `unfreeze …`.

    With `all`, `paths` are the exceptions, and only layers of `kind` are meant, if it is given.
    """

    thaws: bool
    all: bool
    paths: tuple[Name, ...]
    kind: Name | None = None


Edit: TypeAlias = Replace | Remove | Insert | Truncate | Levels | Freeze
"""A change to a finished model. Each path is a module's, or a pattern: `layer[1-3]`, `*.bn*`."""


class Variant(Tree):
    """`variant resnet50 = ResNet(Bottleneck, [3, 4, 6, 3]) { facts }`; `arguments` is None where none were written."""

    name: Name
    base: Name
    arguments: tuple[Argument, ...] | None
    doc: Literal_ | None
    members: tuple[Fact | Expect | Edit | InputStatement, ...]


Declared: TypeAlias = Function | Macro | Block | ModelDef | Variant
"""A named definition with parameters or a base, which is expanded or evaluated where it is used."""
Declaration: TypeAlias = (
    Import | Allow | Default | Init | Let | Function | Macro | Block | ModelDef | Variant | ChainStatement
)
"""A file may be a bare chain, as on the command line: then it is one model."""


class File(Tree):
    """A whole file: its docstring and declarations. Statements that could not be parsed are left out (and reported).

    `lost` holds the names that those statements may have defined, so that they are not reported as unknown.
    """

    doc: Literal_ | None
    declarations: tuple[Declaration, ...]
    lost: frozenset[str] = frozenset()
