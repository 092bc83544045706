"""Layers that may be missing: terms that the file has between the same two neighbours elsewhere."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from archc.analysis.repair.candidate import Candidate
from archc.diagnostics.core import Edit
from archc.diagnostics.source import Source, Span
from archc.ops import lookup
from archc.support.record import Struct, field
from archc.syntax import tree
from archc.syntax.walk import walk

MOST_TEXTS = 3
"""The maximum number of ways to fill a gap that are tried."""

Pair = tuple[str, str]
"""The names of two neighbours in a chain; empty for its ends."""


class Habits(Struct):
    """The terms that a file writes between others.

    `between` holds the terms, as written, that occur between two neighbours, and `pairs` how often two terms are
    neighbours.
    """

    source: Source
    file: tree.File
    between: dict[Pair, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    pairs: Counter[Pair] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for node, _ in walk(self.file):
            if isinstance(node, tree.Chain):
                names = ["", *map(_name, node.terms), ""]
                self.pairs.update(zip(names, names[1:], strict=False))
                for before, term, after in zip(names, node.terms, names[2:], strict=False):
                    if isinstance(term, tree.Use) and lookup(term.name) is not None:
                        text = self.source.text[term.name_span.start : term.span.end]
                        self.between[before, after][text] += 1

    def insertions(self, chain: tree.Chain, cost: int) -> Iterator[Candidate]:
        """Insert a term between two neighbours of a chain that the file separates elsewhere.

        Neighbours that are adjacent only here come first.
        """
        names = ["", *map(_name, chain.terms), ""]
        for index, pair in enumerate(zip(names, names[1:], strict=False)):
            if not chain.terms or pair not in self.between:
                continue
            usual = 6 * (self.pairs[pair] > 1)
            for extra, (text, _) in enumerate(self.between[pair].most_common(MOST_TEXTS)):
                yield Candidate(cost + usual + extra, (inserted(chain, index, text),))

    def instead(self, chain: tree.Chain, index: int) -> list[str]:
        """The terms elsewhere between the neighbours of a term, most frequent first."""
        names = ["", *map(_name, chain.terms), ""]
        found = self.between.get((names[index], names[index + 2]), Counter[str]())
        return [text for text, _ in found.most_common(MOST_TEXTS)]


def inserted(chain: tree.Chain, index: int, text: str) -> Edit:
    """Insert a term before term `index` of a chain, or at its end."""
    file = chain.span.file
    if index:
        end = chain.terms[index - 1].span.end
        return Edit(Span(file, end, end), f" - {text}")
    start = chain.terms[0].span.start
    return Edit(Span(file, start, start), f"{text} - ")


def _name(term: tree.Term) -> str:
    """The identity of a term among its neighbours: its name, or its form."""
    return term.name if isinstance(term, tree.Use) else type(term).__name__.lower()
