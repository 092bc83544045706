"""Mutants that no test can kill, or that are not worth one, each with its reason.

A mutant is known by its file and by its changed lines without indentation, `before` and `after`, as the report prints
them. An entry that is no mutant any more is reported: the code has changed, and the reason has to be thought of again.
"""

from __future__ import annotations

from typing import NamedTuple


class Equivalent(NamedTuple):
    """A mutant, and why it means the same."""

    path: str
    before: str
    after: str
    reason: str


EQUIVALENT: tuple[Equivalent, ...] = ()
