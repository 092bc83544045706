"""Aligning the terms of several chains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from archc.importing.terms import (
    CallTerm,
    Chain,
    Expr,
    GroupTerm,
    LayerTerm,
    MergeTerm,
    RepeatTerm,
    SharedTerm,
    StartTerm,
    Term,
)
from archc.importing.usual import choices, is_bare

Row: TypeAlias = list[Term | None]


def aligned(given: Sequence[Chain | None]) -> list[Row]:
    """The corresponding terms of several chains, row by row. A row has None for a chain that lacks the term."""
    order = sorted((i for i, c in enumerate(given) if c is not None), key=lambda i: -len(given[i] or ()))
    rows: list[Row] = []
    for i in order:
        rows = _joined(rows, i, given[i] or (), len(given))
    return rows


def _joined(rows: list[Row], at: int, chain: Chain, count: int) -> list[Row]:
    """The rows after adding one chain: the in-order pairing with the most similar terms (Needleman and Wunsch)."""
    alike = [[_alike(row, term) for term in chain] for row in rows]
    best = [[0.0] * (len(chain) + 1) for _ in range(len(rows) + 1)]
    for i in range(len(rows) - 1, -1, -1):
        for j in range(len(chain) - 1, -1, -1):
            paired = best[i + 1][j + 1] + alike[i][j] if alike[i][j] else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    found: list[Row] = []
    i = j = 0
    while i < len(rows) or j < len(chain):
        if i < len(rows) and j < len(chain) and alike[i][j] and best[i][j] == best[i + 1][j + 1] + alike[i][j]:
            row = list(rows[i])
            row[at] = chain[j]
            i, j = i + 1, j + 1
        elif i < len(rows) and best[i][j] == best[i + 1][j]:
            row, i = list(rows[i]), i + 1
        else:
            row = [None] * count
            row[at] = chain[j]
            j += 1
        found.append(row)
    return found


def _alike(row: Row, term: Term) -> float:
    """The similarity of a term to those of a row; 0 if it cannot correspond to them."""
    other = next(t for t in row if t is not None)
    match other, term:
        case (LayerTerm(), LayerTerm()) if other.kind == term.kind:
            pass
        case (LayerTerm(), LayerTerm()) if is_bare(other) and is_bare(term):
            return 0.5
        case (CallTerm(), CallTerm()) if other.block == term.block:
            pass
        case (MergeTerm(), MergeTerm()) if (other.kind, len(other.branches)) == (term.kind, len(term.branches)):
            return 2.0
        case (RepeatTerm(), RepeatTerm()):
            return 1.5
        case (GroupTerm(), GroupTerm()):
            return 2.0 if other.name == term.name else 0.0
        case (StartTerm(), StartTerm()) | (SharedTerm(), SharedTerm()):
            return 2.0 if other == term else 0.0
        case _:
            return 0.0
    if other.name != term.name or choices(other.arguments) != choices(term.arguments):
        return 0.0
    equal = sum(a == b for a, b in zip(other.arguments, term.arguments, strict=False))
    mine, theirs = dict(term.arguments), dict(other.arguments)
    kernel = mine.get("kernel") == theirs.get("kernel")
    depthwise = _is_depthwise(mine) == _is_depthwise(theirs)
    return 1.0 + equal / (1 + len(term.arguments)) + kernel + 2 * depthwise


def _is_depthwise(given: Mapping[str, Expr]) -> bool:
    return "groups" in given and given["groups"] == given.get("channels")
