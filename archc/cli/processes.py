"""Work side by side, in as many processes as there are processors."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor


def processes() -> ProcessPoolExecutor:
    """A pool of new processes. They are spawned: a fork would copy the threads' locks of a progress bar or of torch."""
    return ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn"), initializer=_prepare)


def _prepare() -> None:
    """Prepare a new process.

    There is one for each processor: numeric libraries need no further threads. Ctrl-C is for the process that started
    it, which then ends it.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
