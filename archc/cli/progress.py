"""A progress bar for long work: on a terminal, never in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def tracked(steps: Sequence[T], what: str) -> Iterator[T]:
    """The steps in order, with a bar on standard error that disappears at the end."""
    if not sys.stderr.isatty():
        yield from steps
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(steps, what, console=Console(stderr=True), transient=True)
