"""Work side by side, in as many processes as there are processors."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor


def processes() -> ProcessPoolExecutor:
    """A pool of new processes. They are spawned: a fork would copy the threads' locks of a progress bar or of torch."""
    return ProcessPoolExecutor(
        os.cpu_count(), mp_context=multiprocessing.get_context("spawn"), initializer=_one_thread_each
    )


def _one_thread_each() -> None:
    """There is a process for each processor: numeric libraries need no further threads."""
    os.environ["OMP_NUM_THREADS"] = "1"
