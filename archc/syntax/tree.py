"""The syntax tree: what was written, with the span of every part.

Trees are plain immutable values without methods; docs/language.md has the words.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, dataclass_transform

from archc.diagnostics.source import Span
from archc.support.record import Record

# -- expressions ----------------------------------------------------------------------------------------------------


@dataclass_transform(frozen_default=True, eq_default=False)
class _Node(Record):
    """A record that equals only itself."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__


class Tree(_Node):
    """Base of all nodes. Nodes are compared by identity; `syntax.same` compares by content without spans."""

    span: Span


class Literal_(Tree):
    """A number, a string without interpolation, `true`, `false`, or `none`."""

    value: int | float | str | bool | None


class Shape(Tree):
    """`1x7`, `3x224x224`: a tuple of whole numbers, written without parentheses."""

    dims: tuple[int, ...]


class Template(Tree):
    """A string with interpolation, `"layer{i+1}"`: text and expressions in turn."""

    parts: tuple[str | Expression, ...]


class Name(Tree):
    """A name: a parameter, a `let`, a loop variable, a layer kind, a block, … `in` is the incoming tensor."""

    name: str


class Attribute(Tree):
    """`in.channels`, `x.height`."""

    of: Expression
    name: str
    name_span: Span


class Sequence(Tree):
    """`[a, b]` or `(a, b)`."""

    form: Literal["list", "tuple"]
    items: tuple[Expression, ...]


class Unary(Tree):
    """`-x`, `+x`, `not x`."""

    operator: Literal["-", "+", "not"]
    operand: Expression


class Binary(Tree):
    """`a + b`, `a < b`, `a and b`. A chain `a < b < c` is `Binary("and", a < b, b < c)`."""

    operator: Literal["+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">=", "in", "and", "or"]
    left: Expression
    right: Expression


class Conditional(Tree):
    """`a if c else b`."""

    then: Expression
    condition: Expression
    otherwise: Expression


class Index(Tree):
    """`xs[i]`."""

    of: Expression
    index: Expression


class CallExpression(Tree):
    """`divisible(v * 2, d=16)`: a built-in function or a `fn`."""

    function: str
    function_span: Span
    arguments: tuple[Argument, ...]


Expression: TypeAlias = (
    Literal_ | Shape | Template | Name | Attribute | Sequence | Unary | Binary | Conditional | Index | CallExpression
)


class Argument(Tree):
    """A positional (`name` is None) or named argument."""

    name: str | None
    value: Expression


# -- chains ---------------------------------------------------------------------------------------------------------


class ModuleLabel(Tree):
    """`name:` or `"layer{i+1}":` before a term."""

    text: Expression
    """A `Literal_` string or a `Template`."""


class Use(Tree):
    """`Conv(64, 7, stride=2)`, `ReLU`, `SE`, `x`, `in`: a layer, block, macro or tensor by name.

    `arguments` is None where no parentheses were written. `index`: of `xs[i]`, one of a list of tensors.
    """

    label: ModuleLabel | None
    name: str
    name_span: Span
    arguments: tuple[Argument, ...] | None
    index: Expression | None = None


class Group(Tree):
    """`( A - B )`."""

    label: ModuleLabel | None
    chain: Chain


class Repeat(Tree):
    """`[ A - B ] x n as i`; `every [ … ] x n` gives what comes out of each turn."""

    label: ModuleLabel | None
    chain: Chain
    count: Expression
    variable: str | None
    every: bool = False


class For(Tree):
    """`for (t, c, n, s) in stages { A - B }`; `every for …` gives what comes out of each turn."""

    target: Target
    iterable: Expression
    chain: Chain
    every: bool = False


class Merge(Tree):
    """`add { A | B }`; an empty branch is a chain without terms.

    `(A, B)`, of kind "tuple", merges nothing: all that the branches give goes on.
    """

    label: ModuleLabel | None
    kind: Literal["add", "concat", "mul", "tuple"]
    kind_span: Span
    branches: tuple[Chain, ...]


class Guard(Tree):
    """`term if (cond) else term`."""

    then: Term
    condition: Expression
    otherwise: Term | None


class Absent(Tree):
    """The `none` of `term if (cond) else none`: a branch that is not there."""


class Constant(Tree):
    """A number as an operand: the `1` of `1 - x`."""

    value: Literal_


class Calculation(Tree):
    """`x + y`, `0.17 * x`, `x / 2`, and `-x` with one operand.

    A difference is a chain of operands: whether the `-` of `x - y` subtracts depends on what `y` names. What stands
    before a `+` is a chain, `x - y + z`; any other operand is a chain of one term.
    """

    operator: Literal["+", "-", "*", "/"]
    operator_span: Span
    operands: tuple[Chain, ...]


Term: TypeAlias = Use | Group | Repeat | For | Merge | Guard | Absent | Constant | Calculation


class Chain(Tree):
    """`A - B - C`; no terms for an empty branch. Tensors' names and arithmetic can only be the first terms."""

    terms: tuple[Term, ...]


class Target(Tree):
    """The loop variables: a name, or a tuple of targets."""

    names: str | tuple[Target, ...]


# -- statements in bodies -------------------------------------------------------------------------------------------


class Let(Tree):
    """`let n = expression`."""

    name: str
    name_span: Span
    value: Expression


class Bind(Tree):
    """`x = chain`, `a, b = chain`; with `rest`, the last name stands for all tensors that are left: `a, *xs = …`."""

    names: tuple[Name, ...]
    chain: Chain
    rest: bool = False


class ChainStatement(Tree):
    """A chain that stands alone; the last one is the body's result."""

    chain: Chain


class If(Tree):
    """`if cond { … } else { … }`; `else if` is an `If` alone in `otherwise`."""

    condition: Expression
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


class Return(Tree):
    """`return a, b` and `return training a, b`."""

    training: bool
    chains: tuple[Chain, ...]


class InputStatement(Tree):
    """`input 3x224x224` in a model, `input image: 3x224x224` where it has a name; a comma-free shape expression."""

    name: Name | None
    shape: Expression


class Shared(Tree):
    """`shared encoder: Encoder(64)`: one module, which chains of the body go through by its label."""

    term: Use | Group | Repeat | Merge

    @property
    def name(self) -> Name | None:
        """The label, as far as it can be the name of a term."""
        text = self.term.label.text if self.term.label is not None else None
        named = isinstance(text, Literal_) and isinstance(text.value, str) and text.value.isidentifier()
        return Name(text.span, str(text.value)) if named and isinstance(text, Literal_) else None


class Default(Tree):
    """`default Conv(bias=false), BN(eps=1e-3)`; each is a `Use` with named arguments."""

    layers: tuple[Use, ...]


class Init(Tree):
    """`init Conv = kaiming_normal(mode="fan_out")`, `init FC.bias = zeros`; without a `weight`, the op's main one."""

    kind: Name
    weight: str | None
    function: str
    function_span: Span
    arguments: tuple[Argument, ...]


Statement: TypeAlias = Let | Bind | ChainStatement | If | Return | InputStatement | Shared | Default | Init


class Body(Tree):
    """`{ "docstring" statements }`; not `complete` where a statement could not be read, was reported and left out."""

    doc: Literal_ | None
    statements: tuple[Statement, ...]
    complete: bool = True


# -- declarations ---------------------------------------------------------------------------------------------------


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
        """What it says of what comes in."""
        return tuple(s for s in self.body.statements if isinstance(s, InputStatement))

    @property
    def over(self) -> tuple[Name, ...]:
        """The names of the tensors that come in, as a block's; empty for one that has no name."""
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
"""What has a name and parameters or a base, and is expanded or evaluated where it is used."""
Declaration: TypeAlias = (
    Import | Allow | Default | Init | Let | Function | Macro | Block | ModelDef | Variant | ChainStatement
)
"""A file may be a bare chain, as on the command line: then it is one model."""


class File(Tree):
    """A whole file: its docstring and declarations. Statements that could not be read are left out (and reported).

    `lost` holds the names that those statements may have defined, so that nobody complains that they are unknown.
    """

    doc: Literal_ | None
    declarations: tuple[Declaration, ...]
    lost: frozenset[str] = frozenset()
