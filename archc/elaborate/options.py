"""Settings from outside a spec."""

from __future__ import annotations

from typing import TypeAlias

from archc.support.limits import LIMITS, Limits
from archc.support.record import Record

Inputs: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]
"""Shapes of inputs, with their names."""


class Options(Record):
    """Settings from outside a spec: shapes of inputs, the number of classes of a bare chain, the limits.

    `inputs`: shapes with the names of their inputs, "" for the only one of a model. `allow` has the codes of warnings
    to suppress, `warn` those of opt-in warnings to report.
    """

    inputs: Inputs = ()
    classes: int | None = None
    limits: Limits = LIMITS
    allow: frozenset[str] = frozenset()
    warn: frozenset[str] = frozenset()
