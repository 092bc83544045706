"""What a user may set from outside a spec."""

from __future__ import annotations

from archc.support.limits import LIMITS, Limits
from archc.support.record import Record


class Options(Record):
    """What a user may set from outside: the input's shape, the number of classes of a bare chain, the limits.

    `allow` has the codes of warnings that are not wanted, `warn` those of warnings that are only given on request.
    """

    input: tuple[int, ...] | None = None
    classes: int | None = None
    limits: Limits = LIMITS
    allow: frozenset[str] = frozenset()
    warn: frozenset[str] = frozenset()
