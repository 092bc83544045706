"""Python's search for garbage in circles, and when it may wait."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """No garbage is sought meanwhile.

    What the compiler makes is nearly all kept: to go through it in vain, time and again, takes a fifth of all time.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
