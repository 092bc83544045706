"""Formatting a file, or some of its lines."""

from __future__ import annotations

from difflib import SequenceMatcher

from archc.diagnostics.core import Edit
from archc.diagnostics.source import Source, Span
from archc.support.limits import LIMITS, Limits
from archc.syntax.format.formatter import formatted


def format_edits(source: Source, first: int = 1, last: int | None = None, limits: Limits = LIMITS) -> tuple[Edit, ...]:
    """The edits that format a text, restricted to the lines from `first` to `last`, counted from 1.

    Raises `ValueError` for a text with more tokens than the limit.
    """
    text = formatted(source, limits)
    before, after = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    edits = []
    for what, low, high, new_low, new_high in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        touched = low < (last or len(before) + 1) and max(high, low + 1) >= first
        if what != "equal" and touched:
            edits.append(Edit(Span(source.name, starts[low], starts[high]), "".join(after[new_low:new_high]), True))
    return tuple(edits)
