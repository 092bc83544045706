"""Problems and places made for the tests of rendering."""

from __future__ import annotations

from archc.diagnostics.core import Problem
from archc.diagnostics.source import Source, Span


class Trouble(Problem):
    """Something is wrong, for a test.

    And this is said about it at length.
    """

    code = "E9999"
    title = "trouble in a test"

    words: str = "it does not fit"
    beside: str = "here"
    further: str = ""
    way_out: str = ""

    def message(self) -> str:
        return self.words

    def label(self) -> str:
        return self.beside

    def note(self) -> str:
        return self.further

    def help(self) -> str:
        return self.way_out


def at(source: Source, text: str, after: str = "") -> Span:
    """The span of the first `text` after the first `after`."""
    start = source.text.index(text, source.text.index(after))
    return Span(source.name, start, start + len(text))
