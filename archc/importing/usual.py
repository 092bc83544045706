"""Omitting arguments that equal defaults."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from archc.importing.terms import (
    CallTerm,
    Chain,
    Expr,
    ForTerm,
    GroupTerm,
    GuardTerm,
    LayerTerm,
    Lit,
    MergeTerm,
    RepeatTerm,
)
from archc.ops import lookup

FILE_WIDE = ("bias", "eps", "momentum", "affine")
"""The arguments for which a file may have a `default`: `default Conv(bias=false)`."""

CHOICES = ("spread",)
"""The arguments that choose what a layer does: a layer with another value is another layer."""


@cache
def defaults(kind: str) -> Mapping[str, object]:
    """The defaults of an op's arguments, as `steps.size` writes them."""
    op = lookup(kind)
    assert op is not None, kind
    found = {name: f.default for name, f in op.model_fields.items() if not f.is_required()}
    return {name: _short(value) for name, value in found.items()}


@cache
def positions(kind: str) -> list[str]:
    """The names of an op's arguments, in order."""
    op = lookup(kind)
    return list(op.model_fields) if op is not None else []


def is_activation(kind: str) -> bool:
    """Whether an op is a plain function of each number."""
    op = lookup(kind)
    return op is not None and op.family == "activation"


def _short(value: object) -> object:
    if isinstance(value, tuple) and len(value) == 2 and value[0] == value[1]:
        return value[0]
    return value


def unusual(
    kind: str, arguments: tuple[tuple[str, Expr], ...], file_wide: Mapping[tuple[str, str], object]
) -> tuple[tuple[str, Expr], ...]:
    """The arguments of a layer that must be written; `file_wide` are the `default`s of the file."""
    usual = {**defaults(kind), **{name: v for (of, name), v in file_wide.items() if of == kind}}
    return tuple((name, e) for name, e in arguments if not (isinstance(e, Lit) and same(usual.get(name, e), e.value)))


def same(a: object, b: object) -> bool:
    """Whether two plain values are equal; `true` is not 1."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def is_bare(term: LayerTerm) -> bool:
    """Whether a layer is an activation without arguments or a label."""
    return term.name is None and is_activation(term.kind) and not unusual(term.kind, term.arguments, {})


def choices(arguments: tuple[tuple[str, Expr], ...]) -> tuple[tuple[str, Expr], ...]:
    """The arguments that choose what a layer does."""
    return tuple((name, e) for name, e in arguments if name in CHOICES)


def weight(chain: Chain) -> int:
    """The approximate length of a chain in words."""
    total = 0
    for term in chain:
        match term:
            case LayerTerm():
                total += 2 + 2 * len(unusual(term.kind, term.arguments, {})) + 2 * (term.name is not None)
            case CallTerm():
                total += 2 + 2 * len(term.arguments) + 2 * (term.name is not None)
            case GroupTerm():
                total += 5 + weight(term.chain)
            case MergeTerm():
                total += 4 + sum(1 + weight(b) for b in term.branches)
            case RepeatTerm():
                total += 6 + weight(term.chain)
            case ForTerm():
                total += 8 + 2 * sum(map(len, term.rows)) + weight(term.chain)
            case GuardTerm():
                total += 5 + weight((term.term,))
            case _:
                total += 2
    return total
