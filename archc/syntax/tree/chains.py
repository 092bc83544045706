"""The nodes of chains: terms, and what joins them."""

from __future__ import annotations

from typing import Literal, TypeAlias

from archc.diagnostics.source import Span
from archc.syntax.tree.expressions import Argument, Expression, Literal_, Tree


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
    """`[ A - B ] x n as i`; `every [ … ] x n` gives the result of each turn."""

    label: ModuleLabel | None
    chain: Chain
    count: Expression
    variable: str | None
    every: bool = False


class For(Tree):
    """`for (t, c, n, s) in stages { A - B }`; `every for …` gives the result of each turn."""

    target: Target
    iterable: Expression
    chain: Chain
    every: bool = False


class Merge(Tree):
    """`add { A | B }`; an empty branch is a chain without terms.

    `(A, B)`, of kind "tuple", merges nothing: all results of the branches are passed on.
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
