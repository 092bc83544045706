"""The smallest change of signs with which a statement can be read: tried where nothing else says what was meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from archc.diagnostics.core import Edit
from archc.diagnostics.source import Span
from archc.syntax.foreign.statement import BrokenStatement
from archc.syntax.tokens import Token

Reads = Callable[[Sequence[Token]], bool]
"""Whether tokens are a whole statement."""

_LONGEST = 60
"""Tokens of a statement that is tried."""
_NEAR = 8
"""Tokens around the one that cannot stand there, between which a pair of brackets is tried."""
_PAIRS = (("LSQB", "[", "RSQB", "]"), ("LPAR", "(", "RPAR", ")"))
_PUT_IN = ("COLON", "ASSIGN", "COMMA", "MINUS", "BAR", "RPAR", "RSQB", "LPAR")
"""Signs that are forgotten, the likeliest first."""
_MISTAKEN = {
    "ASSIGN": ("COLON",),
    "COLON": ("ASSIGN",),
    "COMMA": ("BAR",),
    "EQ": ("ASSIGN", "COLON"),
}
"""Signs that stand for another one."""


def closest(statement: BrokenStatement, signs: dict[str, str], reads: Reads) -> tuple[str, tuple[Edit, ...]] | None:
    """What a statement is after the smallest change that makes it one, and the edits; None where none is near.

    A sign is put in, taken for another, or moved; brackets are put around a part or taken off. No word is left out,
    so that the change loses nothing that was said.
    """
    if len(statement.tokens) > _LONGEST:
        return None
    for edits, tokens in _changes(statement, signs):
        if reads(tokens):
            return _written(statement, edits), edits
    return None


def _changes(s: BrokenStatement, signs: dict[str, str]) -> Iterator[tuple[tuple[Edit, ...], list[Token]]]:
    """Changes of signs near the token that cannot stand where it is, the smallest first."""
    at, tokens = s.at, list(s.tokens)
    for kind in _PUT_IN:
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
    """Brackets around tokens up to the one that cannot stand there, and beyond it."""
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
    """The place right behind the token before the one at `at`."""
    end = s.tokens[at - 1].span.end if at else s.tokens[0].span.start
    return Span(s.source.name, end, end)


def _written(s: BrokenStatement, edits: Sequence[Edit]) -> str:
    """The text of the statement with the edits made, its body left out."""
    last = s.last - (s.kind(s.last) == "BODY")
    whole = s.span(0, last)
    text = s.source.text[whole.start : whole.end]
    for edit in sorted(edits, key=lambda e: e.span.start, reverse=True):
        text = text[: edit.span.start - whole.start] + edit.text + text[edit.span.end - whole.start :]
    return " ".join(text.split()) + (" { … }" if last < s.last else "")
