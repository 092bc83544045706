"""Idioms of objects: `self.conv1`, a layer that a program keeps for its chain."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.source import Span
from archc.syntax.foreign.attributes import OBJECTS, made
from archc.syntax.foreign.ported import CannotPort, dotted, term
from archc.syntax.foreign.statement import BrokenStatement, Foreign
from archc.syntax.foreign.written import JOINED, written_here

_KEPT = re.compile(r"^[ \t]*((?:self|this)\.(\w+)\s*=(?!=).*\n?)", re.MULTILINE)
"""A line of a program that keeps a layer as an attribute."""
_LONGEST = 240
"""Letters of a chain that is shown."""


def _self(s: BrokenStatement) -> Foreign | None:
    """`self.conv1`: layers are named where they stand."""
    found = (i for i, t in enumerate(s.texts) if t in OBJECTS and s.kind(i + 1) == "DOT")
    at = next((i for i in found if s.text(i + 2) != "training"), None)
    if at is None:
        return None
    why, name = f"there is no `{s.text(at)}`", s.text(at + 2)
    if at == 0 and s.kind(3) == "ASSIGN":
        advice = f"a layer is named where it stands: `{_layers(s)}`; write the chain, not the layers one by one"
        return Foreign(why, advice, s.span(at), _unread(s), once="self")
    first = next(i for i in range(at + 1) if dotted(s, i) is not None)
    advice, edits = written_here(s, first)
    if advice == JOINED:
        advice = f"a layer is named where it stands: `{name}: …`; write the chain, not the layers one by one"
    return Foreign(why, advice, s.span(at), edits, once="" if edits else "self")


def _unread(s: BrokenStatement) -> tuple[Edit, ...]:
    """The edits that remove the lines which only keep layers for the chain, where the chain has them all."""
    kept = list(_KEPT.finditer(s.source.text))
    called = all(len(re.findall(rf"\b(?:self|this)\.{each[2]}\(", s.source.text)) == 1 for each in kept)
    return tuple(Edit(Span(s.source.name, *each.span(1)), "") for each in kept) if called else ()


def _layers(s: BrokenStatement) -> str:
    """The layers that the statement and those behind it keep, in their order; the first alone if others are unknown."""
    first = _labelled(s.text(2), _right_side(s))
    found = [first]
    for each in list(_KEPT.finditer(s.source.text, s.span(0).end)):
        made_of = made(s, each[2])
        try:
            last, chain = term(made_of, 0) if made_of is not None else (0, None)
        except CannotPort:
            return first
        if chain is None or made_of is None or last != made_of.last or chain.start or not chain.terms:
            return first
        found.append(_labelled(each[2], chain.text()))
    whole = " - ".join(found)
    return whole if len(whole) <= _LONGEST else first


def _labelled(name: str, chain: str) -> str:
    return f"{name}: {f'({chain})' if ' - ' in chain else chain}"


def _right_side(s: BrokenStatement) -> str:
    """The layer after the first `=` of a statement, translated if it is foreign."""
    try:
        last, chain = term(s, 4)
    except CannotPort:
        return s.written(4, s.last)
    return chain.text() if last == s.last and not chain.start else s.written(4, s.last)


IDIOMS = (_self,)
