"""Names of tensors in place of layers: in the middle of a chain, or called on another tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archc.diagnostics.core import Edit, Label
from archc.diagnostics.problems.structure import MisplacedTensor
from archc.diagnostics.source import Span
from archc.ops import lookup
from archc.resolve.symbols import Definition
from archc.syntax import tree
from archc.syntax.unparse import chain as chain_text
from archc.syntax.unparse import expression
from archc.syntax.unparse import term as term_text

_LONGEST = 100
"""The maximum length of a chain that is shown as a whole."""


class MisplacedName(NamedTuple):
    """The problem with such a name, its labels, and the edits that correct it."""

    problem: MisplacedTensor
    labels: tuple[Label, ...] = ()
    edits: tuple[Edit, ...] = ()


def misplaced(use: tree.Use, found: Definition, uses: Sequence[tree.Use]) -> MisplacedName:
    """The problem with a tensor in the middle of a chain; `uses` are the terms of the body with its name.

    If the tensor is made from the input of the body, its layers may have been meant themselves: in this place, if it is
    read once, or as a shared module.
    """
    made = found.node
    if not isinstance(made, tree.Bind) or len(made.names) != 1 or made.rest or not _reads_what_comes_in(made.chain):
        return MisplacedName(MisplacedTensor(name=use.name))
    labels = (Label(made.span, "this reads what comes into the body"),)
    text, first = _module(made.chain), made.chain.terms[0]
    if len(uses) > 1:
        declared = f"shared {use.name}: {text}"
        edits = (Edit(made.span, declared), *(Edit(u.span, _through(u)) for u in uses if u.arguments))
        through = _through(next((each for each in uses if each.arguments), use))
        problem = MisplacedTensor(name=use.name, shared=_short(declared), through=through)
        return MisplacedName(problem, labels, edits)
    alone = len(made.chain.terms) == 1 and isinstance(first, tree.Use)
    layer = text if alone else f"{use.name}: {text}"
    edits = (Edit(made.span, ""), Edit(use.span, f"{_called_on(use)}{use.name}: {text}"))
    return MisplacedName(MisplacedTensor(name=use.name, layer=_short(layer), alone=alone), labels, edits)


def _reads_what_comes_in(chain: tree.Chain) -> bool:
    """Whether a chain begins with a layer, so that its terms could be moved."""
    first = chain.terms[0]
    return not isinstance(first, tree.Use) or (first.label is None and lookup(first.name) is not None)


def outset(chain: tree.Chain) -> Span:
    """The place where a misfit of a chain's input and its first layer would be reported."""
    first = chain.terms[0]
    return first.name_span if isinstance(first, tree.Use) else first.span


def _module(chain: tree.Chain) -> str:
    """A chain as one module."""
    return term_text(chain.terms[0]) if len(chain.terms) == 1 else f"({chain_text(chain)})"


def _called_on(use: tree.Use) -> str:
    """`a - ` of `net(a)`; empty for a name alone."""
    given = [expression(a.value) for a in use.arguments or ()]
    return "" if not given else f"{given[0]} - " if len(given) == 1 else f"({', '.join(given)}) - "


def _through(use: tree.Use) -> str:
    """A use of a shared module: `a - net` of `net(a)`."""
    return f"{_called_on(use)}{use.name}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text.partition('(')[0]}( … )"
