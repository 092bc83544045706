"""The tokens of an unparsable statement, with the queries that idioms are recognised by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archc.diagnostics.core import Edit
from archc.diagnostics.source import Source, Span
from archc.syntax.tokens import Token

_OPENS = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
_CLOSES = frozenset({*_OPENS.values(), "TIMES"})


class Foreign(NamedTuple):
    """An idiom of another language: the problem and its place, what to write instead, and the edit that does so."""

    why: str
    advice: str
    span: Span
    edits: tuple[Edit, ...] = ()
    once: str = ""
    """Only the first idiom of this kind in a file is reported; empty to report each."""
    opens: str = ""
    """The kind of follow-up errors that it causes; see `within`."""
    within: str = ""
    """Not reported after an idiom that `opens` this kind."""
    names: tuple[str, ...] = ()
    """Names that the statement was meant to define."""


class BrokenStatement:
    """The tokens of a statement; `at` is the unexpected one, `possible` the types that were expected."""

    def __init__(self, source: Source, tokens: Sequence[Token], at: int, possible: frozenset[str]) -> None:
        self.source = source
        self.tokens = tokens
        self.at = at
        self.possible = possible
        self.kinds = [token.type for token in tokens]
        self.texts = [token.text for token in tokens]

    def kind(self, index: int) -> str:
        """The type of a token; empty beyond the ends."""
        return self.kinds[index] if 0 <= index < len(self.kinds) else ""

    def text(self, index: int) -> str:
        """The text of a token; empty beyond the ends."""
        return self.texts[index] if 0 <= index < len(self.texts) else ""

    def span(self, first: int, last: int | None = None) -> Span:
        """The place of some tokens, the last of them included."""
        first = min(first, len(self.tokens) - 1)
        last = first if last is None else min(last, len(self.tokens) - 1)
        return self.tokens[first].span.to(self.tokens[last].span)

    def written(self, first: int, last: int) -> str:
        """The source text of some tokens, on one line; empty if there are none."""
        return " ".join(self.source.snippet(self.span(first, last)).split()) if first <= last < len(self.tokens) else ""

    @property
    def last(self) -> int:
        """The index of the last token."""
        return len(self.tokens) - 1

    def closing(self, opening: int) -> int:
        """The index of the bracket that closes the one at `opening`; the last token if none does."""
        depth = 0
        for index in range(opening, len(self.kinds)):
            depth += (self.kinds[index] in _OPENS) - (self.kinds[index] in _CLOSES)
            if depth == 0:
                return index
        return self.last

    def opening(self, closing: int) -> int:
        """The index of the bracket that the one at `closing` closes; 0 if none is open."""
        depth = 0
        for index in range(closing, -1, -1):
            depth += (self.kinds[index] in _CLOSES) - (self.kinds[index] in _OPENS)
            if depth == 0:
                return index
        return 0

    def around(self, index: int) -> int:
        """The index of the innermost bracket that is open before a token; 0 if none is."""
        depth = 0
        for before in range(index - 1, -1, -1):
            depth += (self.kinds[before] in _CLOSES) - (self.kinds[before] in _OPENS)
            if depth < 0:
                return before
        return 0

    def depth(self, index: int) -> int:
        """How many brackets are open before a token."""
        return sum((kind in _OPENS) - (kind in _CLOSES) for kind in self.kinds[:index])

    def term(self, last: int) -> int:
        """The index of the first token of the term that ends with the token at `last`: its name or bracket."""
        first = self.opening(last) if self.kind(last) in _CLOSES else last
        if self.kind(first) == "LPAR" and self.kind(first - 1) == "NAME" and self._touch(first - 1):
            first -= 1
            while self.kind(first - 1) == "DOT" and self.kind(first - 2) == "NAME":
                first -= 2
        return first

    def _touch(self, index: int) -> bool:
        return self.tokens[index].span.end == self.tokens[index + 1].span.start

    def touch(self, index: int) -> bool:
        """Whether a token touches the next, with nothing between them."""
        return index + 1 < len(self.tokens) and self._touch(index)

    def begins_line(self, index: int) -> bool:
        """Whether a token is the first of the statement on its line, and not the first of all."""
        if index <= 0 or index >= len(self.tokens):
            return False
        return "\n" in self.source.text[self.tokens[index - 1].span.end : self.tokens[index].span.start]

    def arguments(self, opening: int) -> tuple[tuple[str | None, str], ...]:
        """The arguments in the parentheses that open at `opening`: the name of each, if it has one, and its text."""
        closing = self.closing(opening)
        found: list[tuple[str | None, str]] = []
        start, depth = opening + 1, 0
        for index in range(opening + 1, closing + 1):
            if depth == 0 and (self.kinds[index] == "COMMA" or index == closing):
                if index > start:
                    named = self.kinds[start] == "NAME" and self.kind(start + 1) == "ASSIGN"
                    first = start + 2 if named else start
                    found.append((self.texts[start] if named else None, self.written(first, index - 1)))
                start = index + 1
            depth += (self.kinds[index] in _OPENS) - (self.kinds[index] in _CLOSES)
        return tuple(found)

    def parts(self, opening: int, closing: int) -> list[tuple[str | None, int, int]]:
        """The arguments of a call: the name of each, if it has one, and its first and last token."""
        found: list[tuple[str | None, int, int]] = []
        start, depth = opening + 1, 0
        for index in range(opening + 1, closing + 1):
            if index == closing or (self.kind(index) == "COMMA" and depth == 0):
                if index > start:
                    named = self.kind(start) == "NAME" and self.kind(start + 1) == "ASSIGN"
                    found.append((self.text(start) if named else None, start + 2 * named, index - 1))
                start = index + 1
            depth += (self.kind(index) in _OPENS) - (self.kind(index) in _CLOSES)
        return found

    def replaced(self, first: int, last: int, text: str, *, safe: bool = False) -> Edit:
        """An edit that replaces some tokens by `text`."""
        return Edit(self.span(first, last), text, safe=safe)

    def inserted(self, index: int, text: str) -> Edit:
        """An edit that inserts `text` before a token."""
        start = self.tokens[index].span.start
        return Edit(Span(self.source.name, start, start), text)

    def after(self, edits: Sequence[Edit]) -> str:
        """The text of the statement after some edits of it, on one line and without its body."""
        last = self.last - (self.kind(self.last) == "BODY")
        whole = self.span(0, last)
        text = self.source.text[whole.start : whole.end]
        for edit in sorted(edits, key=lambda e: e.span.start, reverse=True):
            text = text[: edit.span.start - whole.start] + edit.text + text[edit.span.end - whole.start :]
        return " ".join(text.split()) + (" { … }" if last < self.last else "")
