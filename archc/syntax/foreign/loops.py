"""Idioms of loops whose body is not one chain: tensors that each turn assigns again, turns that are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archc.diagnostics.core import Edit
from archc.diagnostics.source import Source, Span
from archc.syntax.foreign.ported import CannotPort, expression
from archc.syntax.foreign.statement import BrokenStatement, Foreign
from archc.syntax.foreign.tensors import is_named
from archc.syntax.scan import scan
from archc.syntax.tables import tables

_LONGEST = 20
"""Lines of a loop's body that are looked at."""
_SKIPPED = re.compile(r"if\s+(.+?)\s*\{\s*(?:continue|pass)\s*\}\s*(.+)", re.DOTALL)


def _carried(s: BrokenStatement) -> Foreign | None:
    """`for i in range(3) { x = x - Conv(16) }`: a tensor that each turn makes from that of the last."""
    opening = next((i for i, kind in enumerate(s.kinds) if kind == "LBRACE"), 0)
    if s.kind(0) != "FOR" or not opening or s.kind(s.at) not in ("ASSIGN", "LPAR", "DOT", "NAME"):
        return None
    end = s.closing(opening)
    inside = s.source.snippet(s.span(opening, end))[1:-1]
    found = _chain(s, inside.splitlines())
    if found is None:
        return None
    return _told(s, s.written(0, opening - 1), found, s.span(0, end))


def _indented(s: BrokenStatement) -> Foreign | None:
    """`for c in (16, 32):` and lines of a program that each give the tensor anew."""
    if s.kind(0) != "FOR" or s.kind(s.at) != "COLON" or s.at != s.last:
        return None
    start = s.span(0).start
    margin = start - s.source.text.rfind("\n", 0, start) - 1
    lines, stop = [], s.span(s.last).end
    for line in s.source.text[stop:].split("\n")[1 : _LONGEST + 1]:
        if not line.strip() or len(line) - len(line.lstrip()) <= margin:
            break
        lines.append(line)
        stop += len(line) + 1
    found = _chain(s, lines) if lines else None
    return _told(s, s.written(0, s.at - 1), found, Span(s.source.name, start, stop)) if found is not None else None


def _told(s: BrokenStatement, head: str, found: tuple[str, str], place: Span) -> Foreign:
    name, chain = found
    head = re.sub(r"^(for .* in) \((.*)\)$", r"\1 [\2]", head)
    loop = f"{head} {{ {chain} }}"
    text = f"{name} = {name} - {loop}" if is_named(s, name) else f"{name} = {loop}"
    why = "the body of a `for` is one chain, and each turn continues the last"
    return Foreign(why, f"write `{text}`", s.span(0, s.at), (Edit(place, text),), opens="body", names=(name,))


def _chain(s: BrokenStatement, lines: list[str]) -> tuple[str, str] | None:
    """The tensor that lines give anew, each from itself, and the chain of them all; None if they do anything else."""
    terms: list[str] = []
    names: set[str] = set()
    for each in _statements(s, lines):
        if each.kinds[:2] != ["NAME", "ASSIGN"]:
            return None
        names.add(each.text(0))
        try:
            chain = expression(each, 2, each.last)
        except CannotPort:
            return None
        if chain.start not in ("", each.text(0)) or not chain.terms or "\u2026" in chain.text():
            return None
        terms += chain.terms
    return (names.pop(), " - ".join(terms)) if len(names) == 1 else None


def _statements(s: BrokenStatement, lines: list[str]) -> Iterator[BrokenStatement]:
    for line in filter(str.strip, lines):
        source = Source(s.source.name, line)
        tokens = [token for token in scan(source, tables()) if token.type != "NEWLINE"]
        if tokens:
            yield BrokenStatement(source, tokens, 0, frozenset())


def _skipped(s: BrokenStatement) -> Foreign | None:
    """`for i in … { if i == 2 { continue } A }`: statements in the body of a loop, which is a chain."""
    opening = s.around(s.at) if s.at else 0
    if s.kind(0) != "FOR" or s.kind(s.at) != "IF" or s.kind(opening) != "LBRACE":
        return None
    inside = s.source.snippet(s.span(opening, s.closing(opening)))[1:-1].strip()
    why = "the body of a `for` is one chain: a condition follows its term"
    if (found := _SKIPPED.fullmatch(inside)) is None:
        return Foreign(why, "write `(A - B) if (CONDITION) else C`", s.span(s.at))
    chain = " ".join(found[2].split())
    equal = re.fullmatch(r"(\w+) == (\w+)", found[1])
    kept = f"{equal[1]} != {equal[2]}" if equal else f"not ({found[1]})"
    text = f"{s.written(0, opening)} {f'({chain})' if ' - ' in chain else chain} if ({kept}) }}"
    return Foreign(why, f"write `{text}`", s.span(s.at), (s.replaced(0, s.closing(opening), text),))


IDIOMS = (_carried, _indented, _skipped)
