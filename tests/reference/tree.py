"""The syntax tree of a spec, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field


class Invalid(Exception):
    """The text is not a valid spec, or uses what this reference does not cover."""


@dataclass(frozen=True)
class Expr:
    """An expression: `kind` names the form, `parts` are its operands or its literal value."""

    kind: str
    parts: tuple[object, ...]


@dataclass(frozen=True)
class Argument:
    name: str | None
    value: Expr


Arguments = tuple[Argument, ...]


@dataclass(frozen=True)
class Use:
    """A layer, block, macro or tensor by name; `arguments` is None for a bare name; `place`: the index of `xs[i]`."""

    name: str
    arguments: Arguments | None = None
    label: str | None = None
    place: Expr | None = None


@dataclass(frozen=True)
class Incoming:
    """The word `in` as a term."""


@dataclass(frozen=True)
class Group:
    chain: Chain
    label: str | None = None


@dataclass(frozen=True)
class Repeat:
    chain: Chain
    count: Expr
    variable: str | None = None
    label: str | None = None
    every: bool = False


@dataclass(frozen=True)
class For:
    targets: tuple[object, ...]
    over: Expr
    chain: Chain
    every: bool = False


@dataclass(frozen=True)
class Merge:
    """A merge; its kind is "tuple" for `(A, B)`."""

    kind: str
    branches: tuple[Chain | None, ...]
    label: str | None = None


@dataclass(frozen=True)
class Guard:
    term: Term
    condition: Expr
    otherwise: Term | None = None


@dataclass(frozen=True)
class Absent:
    """The `none` of an absent branch."""


@dataclass(frozen=True)
class Number:
    """A number as an operand."""

    value: int | float


@dataclass(frozen=True)
class Arithmetic:
    """An operator between two operands, or before one."""

    sign: str
    operands: tuple[Chain, ...]


Term = Use | Incoming | Group | Repeat | For | Merge | Guard | Absent | Number | Arithmetic


@dataclass(frozen=True)
class Chain:
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Bind:
    names: tuple[str, ...]
    chain: Chain
    rest: bool = False


@dataclass(frozen=True)
class Result:
    """A chain as a statement."""

    chain: Chain


@dataclass(frozen=True)
class Return:
    chains: tuple[Chain, ...]
    training: bool = False


@dataclass(frozen=True)
class Let:
    name: str
    value: Expr


@dataclass(frozen=True)
class If:
    condition: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class Default:
    calls: tuple[Use, ...]


@dataclass(frozen=True)
class Input:
    """`input 3x8x8`, or `input image: 3x8x8`; the name is "" without one."""

    shape: Expr
    name: str = ""


@dataclass(frozen=True)
class Shared:
    """`shared encoder: Encoder(64)`."""

    term: Use | Group | Repeat | Merge


@dataclass(frozen=True)
class Ignored:
    """A docstring, an `init` or a fact, on which names, shapes and results do not depend."""


@dataclass(frozen=True)
class Import:
    path: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Parameter:
    name: str
    default: Expr | None = None


@dataclass(frozen=True)
class Definition:
    """A `fn`, `macro`, `block` or `model`; its `body` is an expression, a chain or statements."""

    kind: str
    name: str
    parameters: tuple[Parameter, ...]
    body: Expr | Chain | tuple[Statement, ...]
    over: tuple[str, ...] = ()
    rest: bool = False


@dataclass(frozen=True)
class Edit:
    """`replace`, `remove`, `insert`, `truncate`, `return`, `freeze` or `unfreeze`; without paths, it affects all."""

    kind: str
    paths: tuple[str, ...] = ()
    chain: Chain | None = None
    everything: bool = False


@dataclass(frozen=True)
class Variant:
    name: str
    base: str
    arguments: Arguments
    inputs: tuple[Input, ...] = ()
    edits: tuple[Edit, ...] = ()


Statement = Bind | Result | Return | Let | If | Default | Input | Shared | Ignored
Declaration = Import | Definition | Variant | Let | Default | Ignored


@dataclass
class Spec:
    """The declarations of a file, and their offsets in its text."""

    declarations: list[Declaration] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
