"""Applying edits to a text."""

from __future__ import annotations

from collections.abc import Sequence

from archc.diagnostics.core import Edit

Repair = tuple[Edit, ...]
"""Edits that are made together."""


def applied(text: str, edits: Sequence[Edit]) -> str:
    """Apply edits to `text`. Lines that a deletion leaves empty are removed. Requires: the edits do not overlap."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda e: e.span):
        start, end = with_lines(text, edit)
        parts += text[at:start], edit.text
        at = end
    return "".join((*parts, text[at:]))


def with_lines(text: str, edit: Edit) -> tuple[int, int]:
    """The start and end of an edit, extended over lines that it leaves empty."""
    start, end = edit.span.start, edit.span.end
    line = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end) + 1 or len(text)
    if edit.text or start == end or text[line:start].strip() or text[end:stop].strip():
        return start, end
    return line, stop


def compatible(repairs: Sequence[Repair]) -> list[Repair]:
    """The repairs that can be made together: each that overlaps none before it. Equal edits are made once."""
    chosen: list[Repair] = []
    taken: set[Edit] = set()
    for repair in repairs:
        if set(repair) <= taken or any(_overlap(e, other) for e in repair for other in taken):
            continue
        chosen.append(repair)
        taken.update(repair)
    return chosen


def _overlap(one: Edit, other: Edit) -> bool:
    """Whether two edits touch the same characters, or insert at the same place."""
    if one.span.file != other.span.file:
        return False
    first, second = sorted((one.span, other.span))
    return second.start < first.end or second.start == first.start
