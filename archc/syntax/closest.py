"""The smallest change of punctuation that makes a statement parse: tried if nothing else suggests what was meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from archc.diagnostics.core import Edit
from archc.diagnostics.source import Span
from archc.syntax.foreign.statement import BrokenStatement
from archc.syntax.tokens import Token

Reads = Callable[[Sequence[Token]], bool]
"""Whether tokens form a complete statement."""

_LONGEST = 60
"""The most tokens of a statement for which changes are tried."""
_NEAR = 8
"""The number of tokens around the unexpected one between which a pair of brackets is tried."""
_PAIRS = (("LSQB", "[", "RSQB", "]"), ("LPAR", "(", "RPAR", ")"))
_PUT_IN = ("COLON", "ASSIGN", "COMMA", "MINUS", "BAR", "RPAR", "RSQB", "LPAR", "IN")
"""What is often forgotten, the likeliest first."""
_WORDS = frozenset({"return", "input", "let", "if", "default", "init", "shared"})
"""Words that begin a statement, and are no labels."""
_MISTAKEN = {
    "ASSIGN": ("COLON",),
    "COLON": ("ASSIGN",),
    "COMMA": ("BAR",),
    "EQ": ("ASSIGN", "COLON"),
}
"""Signs that are mistaken for one another."""


def closest(statement: BrokenStatement, signs: dict[str, str], reads: Reads) -> tuple[str, tuple[Edit, ...]] | None:
    """The statement after the smallest change that makes it parse, and the edits; None if no small change does.

    A sign is inserted, replaced or moved; brackets are added around a part or removed. No word is dropped, so that
    nothing that was written is lost.
    """
    if len(statement.tokens) > _LONGEST:
        return None
    for edits, tokens in _changes(statement, signs):
        if reads(tokens):
            return statement.after(edits), edits
    return None


def _changes(s: BrokenStatement, signs: dict[str, str]) -> Iterator[tuple[tuple[Edit, ...], list[Token]]]:
    """Changes of signs near the unexpected token, the smallest first."""
    at, tokens = s.at, list(s.tokens)
    for kind in _PUT_IN:
        if kind in ("COLON", "MINUS") and s.text(at - 1) in _WORDS:
            continue
        if kind in s.possible and kind in signs:
            place = _before(s, at)
            text = signs[kind] if kind in ("COLON", "COMMA", "RPAR", "RSQB") else f" {signs[kind]}"
            yield (Edit(place, text),), [*tokens[:at], Token(kind, signs[kind], place), *tokens[at:]]
    for kind in _MISTAKEN.get(s.kind(at), ()):
        if s.kind(0) != "RETURN" and kind in s.possible and kind in signs:
            edit = Edit(s.span(at), signs[kind])
            yield (edit,), [*tokens[:at], Token(kind, signs[kind], s.span(at)), *tokens[at + 1 :]]
    for opening in {s.around(at), at} if s.kind(at) in ("LSQB", "LPAR") or s.depth(at) else ():
        closing = s.closing(opening)
        if s.kind(opening) in ("LSQB", "LPAR") and s.kind(closing) in ("RSQB", "RPAR"):
            edits = (Edit(s.span(opening), ""), Edit(s.span(closing), ""))
            yield edits, [t for i, t in enumerate(tokens) if i not in (opening, closing)]
    yield from _enclosed(s)


def _enclosed(s: BrokenStatement) -> Iterator[tuple[tuple[Edit, ...], list[Token]]]:
    """Brackets around tokens up to the unexpected one, and beyond it."""
    tokens, level = list(s.tokens), s.depth(s.at)
    for opens, left, closes, right in _PAIRS:
        for first in range(s.at - 1, max(0, s.at - _NEAR), -1):
            is_call = s.kind(first) == "LPAR" and s.kind(first - 1) == "NAME" and s.touch(first - 1)
            if s.depth(first) != level or s.kind(first - 1) == "DOT" or is_call:
                continue
            for last in range(s.at + 1, min(len(tokens), s.at + 2 * _NEAR)):
                if s.depth(last + 1) != level:
                    continue
                start, end = s.span(first), s.span(last)
                edits = (
                    Edit(Span(start.file, start.start, start.start), left),
                    Edit(Span(end.file, end.end, end.end), right),
                )
                inside = tokens[first : last + 1]
                put = [Token(opens, left, edits[0].span), *inside, Token(closes, right, edits[1].span)]
                yield edits, [*tokens[:first], *put, *tokens[last + 1 :]]


def _before(s: BrokenStatement, at: int) -> Span:
    """The place right after the token before the one at `at`."""
    end = s.tokens[at - 1].span.end if at else s.tokens[0].span.start
    return Span(s.source.name, end, end)
