"""Terms of a program in a statement, as they are written here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archc.diagnostics.core import Edit
from archc.diagnostics.words.meaning import meaning
from archc.diagnostics.words.table import table
from archc.syntax.foreign.ported import CannotPort, PortedChain, dotted, term
from archc.syntax.foreign.statement import BrokenStatement
from archc.syntax.foreign.tensors import is_named

_MOST = 2_000
"""Tokens of a statement all of whose terms are looked at."""
_LONGEST = 120
"""Letters of a statement that is shown as a whole."""
_CONDITION = re.compile(r"\bif ([^()]+) else\b")
JOINED = "layers are joined with `-`: `Conv(64) - ReLU`"
"""What is to be done about a term of which nothing else is known."""


class PortedTerm(NamedTuple):
    """A term of a program: its tokens, its text here, empty where there is none, and what to do then."""

    first: int
    last: int
    text: str
    advice: str = ""


def written_here(s: BrokenStatement, first: int) -> tuple[str, tuple[Edit, ...]]:
    """What to write for the term of a program at `first` and for the others of the statement, and the edits."""
    found = list(_terms(s)) if len(s.tokens) <= _MOST else []
    one = next((t for t in found if t.first <= first <= t.last), None) or ported(s, first)
    found = found if one in found else [one]
    edits = (*(s.replaced(t.first, t.last, t.text) for t in found), *_conditions(s))
    if not one.text:
        return one.advice, ()
    if not all(t.text for t in found):
        return f"write `{one.text}`", ()
    whole = _CONDITION.sub(r"if (\1) else", _with(s, found))
    if any("…" in t.text for t in found):
        return f"write `{whole}`, with its arguments for each `…`", ()
    if len(found) > 1 and len(whole) <= _LONGEST:
        return f"write `{whole}`", edits
    rest = len(found) - 1
    more = f", and so on for the {f'{rest} others' if rest > 1 else 'other one'}" if rest else ""
    return f"write `{one.text}`{more}", edits


def _conditions(s: BrokenStatement) -> Iterator[Edit]:
    """The parentheses around the conditions of terms."""
    for at in (i for i in range(1, s.last) if s.kind(i) == "IF" and s.kind(i + 1) != "LPAR"):
        end = next((i for i in range(at, s.last) if s.kind(i) == "ELSE" and s.depth(i) == s.depth(at)), 0)
        if end and not s.depth(at) and s.kind(0) not in ("LET", "FN"):
            yield s.replaced(at + 1, end - 1, f"({s.written(at + 1, end - 1)})")


def _terms(s: BrokenStatement) -> Iterator[PortedTerm]:
    """The terms of a statement that are those of a program, in order."""
    index = 0
    while index < len(s.tokens):
        if dotted(s, index) is None and not _is_foreign(s, index):
            index += 1
            continue
        found = ported(s, index)
        yield found
        index = found.last + 1


def _is_foreign(s: BrokenStatement, index: int) -> bool:
    """Whether a call without a module is one of another library, or a layer that is called on a tensor."""
    name = s.text(index)
    if s.kind(index) != "NAME" or s.kind(index + 1) != "LPAR" or s.kind(index - 1) == "DOT" or not s.touch(index):
        return False
    closing = s.closing(index + 1)
    if s.kind(closing + 1) == "LPAR" and s.touch(closing):
        return True
    if name == "dict":
        return any(label == "type" for label, _ in s.arguments(index + 1))
    if name in table().ours or re.search(rf"\b(block|macro|fn) {re.escape(name)}\b", s.source.text):
        return False
    return name[0].isupper() and meaning(name, s.arguments(index + 1)) is not None


def ported(s: BrokenStatement, first: int) -> PortedTerm:
    """The term of a program at `first`, with the label before it where it has to stand behind a tensor."""
    try:
        last, chain = term(s, first)
    except CannotPort as why:
        end = dotted(s, first) or first
        closing = s.closing(end + 1) if s.kind(end + 1) == "LPAR" else end
        return PortedTerm(first, closing, "", str(why) or JOINED)
    if chain.start and s.kind(first - 1) == "COLON" and s.kind(first - 2) in ("NAME", "STRING") and chain.terms:
        return PortedTerm(first - 2, last, chain.text(s.text(first - 2)))
    if s.kind(first - 1) == "COLON" and len(chain.terms) > 1:
        return PortedTerm(first, last, f"({chain.text()})")
    if not chain.terms or is_named(s, chain.start):
        return PortedTerm(first, last, chain.text() or "in")
    if s.kind(first - 1) == "MINUS" and first > 1:
        return PortedTerm(first, last, PortedChain("", chain.terms).text())  # what the terms before it make
    if chain.start in table().tensors:  # a program's name for the incoming or the last tensor
        goes_on = first == 0 and _goes_on(s)
        return PortedTerm(first, last, f"{'- ' if goes_on else ''}{PortedChain('', chain.terms).text()}")
    return PortedTerm(first, last, chain.text())


def _goes_on(s: BrokenStatement) -> bool:
    """Whether a chain without a name stands on the line before a statement, which the statement continues."""
    line = s.source.text[: s.tokens[0].span.start].rstrip().rpartition("\n")[2]
    return re.match(r"[ \t]*(- |[\w\"{}]+:[ \t])?[\[(]?[A-Z]\w*\b(?![ \t]*=)", line) is not None


def _with(s: BrokenStatement, terms: Sequence[PortedTerm]) -> str:
    """The statement with some of its terms written as they are here."""
    parts: list[str] = []
    index = 0
    for each in terms:
        parts += [s.written(index, each.first - 1), each.text]
        index = each.last + 1
    return " ".join(filter(None, [*parts, s.written(index, s.last)]))
