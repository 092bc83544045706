"""Limits for one input: its time, and the memory of the process."""

from __future__ import annotations

import gc
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS = 2.0
"""Processor time for one input."""
MEGABYTES = 500
"""Resident memory of the process."""


class TookTooLong(Exception):
    """An input took more than `SECONDS`."""


class TookTooMuch(Exception):
    """The process used more than `MEGABYTES`."""


@contextmanager
def watched() -> Iterator[None]:
    """A context that raises in the block when its time is over."""

    def over(signal: int, frame: FrameType | None) -> None:
        raise TookTooLong

    gc.freeze()  # existing objects are not traversed in the time of this input
    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        gc.unfreeze()


def fault_of(target: Callable[[str], None], text: str) -> Exception | None:
    """The exception of a target for a text, None if there is none.

    In a process that has used more memory before, only memory beyond that is noticed.
    """
    most = max(_resident(), MEGABYTES * 1024)
    try:
        with watched():
            target(text)
    except Exception as error:
        return error
    return TookTooMuch() if _resident() > most else None


def _resident() -> int:
    """The peak memory of this process so far, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
