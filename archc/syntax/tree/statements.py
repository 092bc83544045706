"""The nodes of statements in bodies."""

from __future__ import annotations

from typing import TypeAlias

from archc.diagnostics.source import Span
from archc.syntax.tree.chains import Chain, Group, Merge, Repeat, Use
from archc.syntax.tree.expressions import Argument, Expression, Literal_, Name, Tree


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
    """A chain on its own; the last one is the result of the body."""

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
        """The label, if it can be the name of a term."""
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
    """`{ "docstring" statements }`; not `complete` if a statement could not be parsed, was reported and is left out."""

    doc: Literal_ | None
    statements: tuple[Statement, ...]
    complete: bool = True
