"""The formatter: the text of a spec in, the same spec in one style out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from archc.diagnostics.core import Reporter
from archc.diagnostics.source import Source, Span
from archc.support.limits import LIMITS, Limits
from archc.syntax.format.align import align
from archc.syntax.format.breaks import arranged
from archc.syntax.format.layout import Line, laid_out
from archc.syntax.format.pieces import Unbalanced, pieces
from archc.syntax.reader import Reader
from archc.syntax.same import same
from archc.syntax.scan import scan
from archc.syntax.statements import Statements
from archc.syntax.tables import tables
from archc.syntax.tokens import Token

MOST_PASSES = 4
"""A pass may move a line to where the next pass aligns it; more than two are rarely needed."""


def formatted(source: Source, limits: Limits = LIMITS) -> str:
    """The text of `source` in the standard style (docs/formatting.md).

    Ensures: it has the same content (`same`), with the same comments in the same order, and formatting it again
    changes nothing. Statements that cannot be parsed are left unchanged, byte for byte.

    Raises `ValueError` for more words and signs than the limit.
    """
    tokens = list(islice(scan(source, tables()), limits.words + 1))
    if len(tokens) > limits.words:
        most = f"{limits.words:,} words and signs"
        raise ValueError(f"{source.name} has more than {most}; `archc --limit words=N` raises the limit")
    found = _statements(source, tokens)
    for _ in range(MOST_PASSES):
        before = found
        found = _once(before)
        if found.source.text == before.source.text:
            break
    return found.source.text


def _once(before: Statements) -> Statements:
    """`before` in the standard style; `before` itself if the result would have another meaning."""
    tokens = before.tokens[:-1]
    for kept in _left_alone(before.source, tokens, before):
        try:
            text = _written(before.source, tokens, kept)
        except Unbalanced:
            continue
        if text == before.source.text:
            return before
        source = Source(before.source.name, text)
        after = _statements(source, list(scan(source, tables())))
        if _same(before, after):
            return after
    return before


def _statements(source: Source, tokens: list[Token]) -> Statements:
    """The statements of a text."""
    silent = Reporter()
    statements = Statements(source, tokens, Reader(source, tables(), silent), silent)
    statements.run()
    return statements


def _same(before: Statements, after: Statements) -> bool:
    """Whether two texts have the same content."""
    one, other = before.frames[0], after.frames[0]
    return same((one.doc, *one.statements), (other.doc, *other.statements)) and before.lost == after.lost


def _written(source: Source, tokens: Sequence[Token], kept: Sequence[tuple[int, int]]) -> str:
    """The text in the standard style, except for the ranges `kept`."""
    lines = laid_out(arranged(source, pieces(source, tokens, kept)))
    align(source, lines)
    return "".join(_text(lines))


def _text(lines: Sequence[Line]) -> Iterator[str]:
    before: Line | None = None
    for line in lines:
        first, last = line.pieces[0], before.pieces[-1] if before else None
        opened = last is not None and last.opens is not None and last.opens.kind != "values"
        if line.blank and before is not None and not opened and first.closes is None:
            yield "\n"
        if first.type == "RAW":
            yield first.text.rstrip("\n") + "\n"
        else:
            yield " " * line.indent + "".join(_words(line)) + "\n"
        before = line


def _words(line: Line) -> Iterator[str]:
    for index, piece in enumerate(line.pieces):
        if index:
            yield " " * piece.gap
        yield _moved(piece.text, line.indent) if piece.type == "DOC" else piece.text


def _moved(docstring: str, indent: int) -> str:
    """A docstring of several lines at its new indentation; unchanged if tabs or escapes obscure its margin."""
    first, *rest = docstring.split("\n")
    if not rest or "\t" in docstring or "\\" in docstring:
        return docstring
    margin = min((len(line) - len(line.lstrip()) for line in rest if line.strip()), default=0)
    moved = [" " * indent + line[margin:] if line.strip() else "" for line in rest]
    return "\n".join([first, *moved])


# -- what cannot be read ----------------------------------------------------------------------------------------------


def _left_alone(source: Source, tokens: Sequence[Token], found: Statements) -> Iterator[list[tuple[int, int]]]:
    """The ranges to leave unchanged: statements that cannot be parsed; failing that, the declarations around them."""
    yield _whole_lines(source, _unread(tokens, found.read, found.unfinished))
    if found.unfinished:
        whole = [s for s in found.read if not any(_holds(s, body) for body in found.unfinished)]
        yield _whole_lines(source, _unread(tokens, whole, []))


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _unread(tokens: Sequence[Token], read: Sequence[Span], unfinished: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """The tokens that belong to no statement of `read`, or to the inside of a body of `unfinished` alone."""
    edges = [(s.start, 1, s.end, True) for s in read] + [(s.start + 1, 0, s.end - 1, False) for s in unfinished]
    edges.sort(key=lambda e: (e[0], -e[2]))
    inside: list[tuple[int, bool]] = []
    at = 0
    for token in tokens:
        if token.type == "NEWLINE":
            continue
        while at < len(edges) and edges[at][0] <= token.span.start:
            inside.append((edges[at][2], edges[at][3]))
            at += 1
        while inside and inside[-1][0] <= token.span.start:
            inside.pop()
        if not inside or not inside[-1][1]:
            yield token.span.start, token.span.end


def _whole_lines(source: Source, ranges: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """The lines that `ranges` cover, with their ends; consecutive ones are joined."""
    found: list[tuple[int, int]] = []
    text = source.text
    for start, end in ranges:
        start = text.rfind("\n", 0, start) + 1
        stop = text.find("\n", end)
        stop = len(text) if stop < 0 else stop
        if found and not re.search(r"\n[^\S\n]*\n", text[found[-1][1] : start]) and start <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        else:
            found.append((start, stop))
    return found
