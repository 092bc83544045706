"""Layers that a program keeps as attributes, `self.conv1`: where it makes them, and what their names say."""

from __future__ import annotations

import re

from archc.diagnostics.source import Source
from archc.diagnostics.words.table import folded, table
from archc.syntax.foreign.statement import BrokenStatement
from archc.syntax.scan import scan
from archc.syntax.tables import tables

OBJECTS = frozenset({"self", "this"})
"""What a program calls the object that keeps its layers."""
_LEARNED = frozenset({"BN", "LN"})
"""Layers with weights, which are found again by their names."""


def made(s: BrokenStatement, name: str) -> BrokenStatement | None:
    """The right side of `self.NAME = …` in the same text, or of a line `NAME: …`; None where the text has neither."""
    word = re.escape(name)
    kept, labelled = rf"\b(?:self|this)\.{word}\s*=(?!=)[ \t]*([^\n#]+)", rf"(?m)^[ \t]*{word}:[ \t]*([^\n#]+)"
    found = re.search(kept, s.source.text) or re.search(labelled, s.source.text)
    if found is None:
        return None
    source = Source(s.source.name, found[1])
    tokens = [token for token in scan(source, tables()) if token.type != "NEWLINE"]
    return BrokenStatement(source, tokens, 0, frozenset()) if tokens else None


def guessed(name: str) -> str:
    """The term for an attribute whose layer is not seen: `bn1: BN` of `bn1`, `conv1: Conv(…)` of `conv1`."""
    plain = re.sub(r"\d+$", "", folded(name))
    layer = table().members.get(plain) or table().activations.get(plain) or "…"
    return f"{name}: {layer}" if "…" in layer or layer in _LEARNED else layer
