"""The work done to check a spec, compared with the limits."""

from __future__ import annotations

from collections.abc import Callable

from archc.diagnostics.core import REPORTED, ErrorSentinel, Problem
from archc.diagnostics.problems.limits import TooManySteps, TooSlow
from archc.support.clock import thread_time
from archc.support.limits import LIMITS, Limits
from archc.support.record import Struct

_BETWEEN_LOOKS = 256
"""The number of steps between two readings of the clock."""


class Budget(Struct):
    """The work of one check, shared by all its networks. Once it is used up, further expansion fails silently."""

    limits: Limits = LIMITS
    clock: Callable[[], float] = thread_time
    steps: int = 0
    spent: bool = False
    _started: float = 0.0
    _next_look: int = 0

    def __post_init__(self) -> None:
        self._started = self.clock()

    def spend(self, steps: int = 1) -> Problem | ErrorSentinel | None:
        """Count steps. Returns the limit that they exceed, if any, or `ErrorSentinel` if one was exceeded before."""
        if self.spent:
            return REPORTED
        self.steps += steps
        problem: Problem | None = None
        if self.steps > self.limits.steps:
            problem = TooManySteps(limit=self.limits.steps)
        elif self.steps >= self._next_look:
            self._next_look = self.steps + _BETWEEN_LOOKS
            if self.clock() - self._started > self.limits.seconds:
                problem = TooSlow(limit=self.limits.seconds)
        self.spent = problem is not None
        return problem
