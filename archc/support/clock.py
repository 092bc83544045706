"""The clock that work on a spec is measured with."""

from __future__ import annotations

import time
from collections.abc import Callable

thread_time: Callable[[], float] = getattr(time, "thread_time", time.perf_counter)
"""The processor time of this thread in seconds; in a browser's Python, which has no such clock, that of the wall."""
