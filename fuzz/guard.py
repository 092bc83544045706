"""One input under watch: its time and the memory of the process."""

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
    """The process takes more than `MEGABYTES`."""


@contextmanager
def watched() -> Iterator[None]:
    """Raise in the block when its time is over."""

    def over(signal: int, frame: FrameType | None) -> None:
        raise TookTooLong

    gc.freeze()  # what the process held before is not looked through in the time of this input
    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        gc.unfreeze()


def fault_of(target: Callable[[str], None], text: str) -> Exception | None:
    """What a target raises on a text, None if it keeps its promise.

    In a process that has taken more memory before, for something else, only what goes beyond that is seen.
    """
    most = max(_resident(), MEGABYTES * 1024)
    try:
        with watched():
            target(text)
    except Exception as error:
        return error
    return TookTooMuch() if _resident() > most else None


def _resident() -> int:
    """The most memory that this process has had so far, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
