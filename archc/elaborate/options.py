"""What a user may set from outside a spec."""

from __future__ import annotations

from archc.support.limits import LIMITS, Limits
from archc.support.record import Record


class Options(Record):
    """What a user may set from outside.

    The input's shape, the number of classes of a bare chain, the limits, the codes of warnings that are not wanted
    (`allow`), and of those that are given on request (`warn`).
    """

    input: tuple[int, ...] | None = None
    classes: int | None = None
    limits: Limits = LIMITS
    allow: frozenset[str] = frozenset()
    warn: frozenset[str] = frozenset()
