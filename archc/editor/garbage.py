"""Garbage collection between requests, so that no request waits for it.

A full collection with a family of twenty networks in memory takes up to a second. Shells therefore disable the
collector, and call `tidy` when idle.
"""

from __future__ import annotations

import gc
from itertools import count

_THOROUGHLY = 20
"""The number of calls of `tidy` per full collection."""
_TIDIED = count(1)


def tidy() -> None:
    """Collect recent garbage, and sometimes all. To be called when no request is waiting."""
    if next(_TIDIED) % _THOROUGHLY == 0:
        gc.unfreeze()
    gc.collect()
    gc.freeze()
