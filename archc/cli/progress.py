"""A progress bar for long work: on a terminal, never in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TypeVar

GONE = "\x1b[A\r\x1b[K"
"""Erases the previous line, on which the bar ended."""
T = TypeVar("T")


def tracked(steps: Sequence[T], what: str) -> Iterator[T]:
    """The steps in order, with a bar on standard error that disappears at the end."""
    if not sys.stderr.isatty():
        yield from steps
        return
    import click

    with click.progressbar(steps, label=what, file=sys.stderr) as bar:
        yield from bar
    sys.stderr.write(GONE)
