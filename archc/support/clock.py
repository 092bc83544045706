"""The clock that measures the work on a spec."""

from __future__ import annotations

import time
from collections.abc import Callable

thread_time: Callable[[], float] = getattr(time, "thread_time", time.perf_counter)
"""The processor time of this thread in seconds; in a browser's Python, which has no such clock, wall-clock time."""
