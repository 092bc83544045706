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


EQUIVALENT: tuple[Equivalent, ...] = (
    Equivalent(
        "archc/count/counts.py",
        "sums[parent] = [a + b for a, b in zip(sums[parent], sums[index], strict=True)]",
        "sums[parent] = [a + b for a, b in zip(sums[index], sums[parent], strict=True)]",
        "a sum of numbers does not hang on their order",
    ),
    Equivalent(
        "archc/targets/pytorch/passes/containers.py",
        "self.open([p for p in early if all(p in b or p not in n for b, n in zip(begin, needs, strict=True))], found)",
        "self.open([p for p in early if all(p in b or p not in n for b, n in zip(begin, needs, strict=False))], found)",
        "both lists have an entry for each of the two sides of an `if`",
    ),
)
