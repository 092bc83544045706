"""From text to tokens."""

from __future__ import annotations

from collections.abc import Iterator

from archc.diagnostics.source import Source, Span
from archc.syntax.tables import Tables
from archc.syntax.tokens import Token


def scan(source: Source, tables: Tables, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """The tokens of `source` between two offsets, including line ends (several in a row as one).

    Total: text that forms no token of the language is returned as `STRAY`, `OPEN_STRING` or `BAD_NUMBER`.
    """
    ignored, words, name = tables.ignored, tables.words, source.name
    before = "NEWLINE"
    for match in tables.scanner.finditer(source.text, start, len(source.text) if end is None else end):
        kind = match.lastgroup or "STRAY"
        if kind not in ignored and not (kind == before == "NEWLINE"):
            before = kind
            text = match.group()
            if kind == "NAME":
                kind = words.get(text, kind)
            yield Token(kind, text, Span(name, match.start(), match.end()))
