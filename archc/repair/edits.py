"""Making edits in a text."""

from __future__ import annotations

from collections.abc import Sequence

from archc.diagnostics import Edit

Repair = tuple[Edit, ...]
"""Edits that are made together."""


def applied(text: str, edits: Sequence[Edit]) -> str:
    """`text` with all edits made. Requires: they do not overlap."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda e: e.span):
        parts += text[at : edit.span.start], edit.text
        at = edit.span.end
    return "".join((*parts, text[at:]))


def compatible(repairs: Sequence[Repair]) -> list[Repair]:
    """The repairs that can be made together: each that overlaps none before it. The same edit is made once."""
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
