"""Differences between versions of a file, as text."""

from __future__ import annotations

from difflib import unified_diff


def difference(name: str, before: str, after: str) -> str:
    """A unified diff; empty if nothing changes."""
    lines = list(unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), name, name))
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
