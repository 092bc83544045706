"""Repairs that close a bracket where that may have been intended."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from archc.analysis.repair.candidate import Candidate, ProblemSite
from archc.diagnostics.core import Edit
from archc.diagnostics.problems.syntax import Unclosed
from archc.diagnostics.source import Span
from archc.syntax.scan import scan
from archc.syntax.tables import tables

MOST_PLACES = 12
"""The tokens after which a missing bracket is tried."""
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def closed(problem: Unclosed, place: ProblemSite) -> Iterator[Candidate]:
    """Close a bracket where the parser suggests or further on, or remove one that closes another too early."""
    if place.diagnostic.edits:
        yield Candidate(10, place.diagnostic.edits)
    opened = place.diagnostic.span
    for label in place.diagnostic.labels:
        sign = Span(label.span.file, label.span.start, label.span.start + 1)
        if problem.ends:
            opened = label.span
        elif place.source.snippet(sign) in _CLOSING.values():
            yield Candidate(11, (Edit(sign, ""),))
    tokens = (t for t in scan(place.source, tables()) if t.span.start >= opened.start)
    for cost, token in enumerate(islice(tokens, MOST_PLACES)):
        end = Span(place.source.name, token.span.end, token.span.end)
        yield Candidate(12 + cost, (Edit(end, _CLOSING[problem.sign]),))
