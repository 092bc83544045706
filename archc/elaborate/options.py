"""What a user may set from outside a spec."""

from __future__ import annotations

from typing import TypeAlias

from archc.support.limits import LIMITS, Limits
from archc.support.record import Record

Inputs: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]
"""Shapes of inputs, each with its name."""


class Options(Record):
    """What a user may set from outside: shapes of inputs, the number of classes of a bare chain, the limits.

    `inputs`: shapes with the names of the inputs that they are for, "" for the only one of a model. `allow` has the
    codes of warnings that are not wanted, `warn` those of warnings that are only given on request.
    """

    inputs: Inputs = ()
    classes: int | None = None
    limits: Limits = LIMITS
    allow: frozenset[str] = frozenset()
    warn: frozenset[str] = frozenset()
