"""Parallel work, with one process for each processor."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def processes() -> Iterator[ProcessPoolExecutor]:
    """A pool of new processes.

    They are spawned: a fork would copy the locks held by the threads of a progress bar or of torch. After an error or
    Ctrl-C they stop at once: files are written completely or not at all.
    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(os.cpu_count(), mp_context=context, initializer=_prepare)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown()


def _prepare() -> None:
    """Prepare a new process.

    There is one for each processor, so that numeric libraries need no threads. Ctrl-C is handled by the parent, which
    then ends its processes.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
