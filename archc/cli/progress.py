"""A progress bar for work that takes a while: on a terminal, never in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def tracked(steps: Sequence[T], what: str) -> Iterator[T]:
    """The steps, one after another, with a bar on standard error that goes away at the end."""
    if not sys.stderr.isatty():
        yield from steps
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(steps, what, console=Console(stderr=True), transient=True)
