"""Words that specs use and archc knows."""

from __future__ import annotations

FACTS = (
    "aux_weight", "interpolation", "like", "mean", "name", "paper", "resize", "std", "top1", "top1_source", "top5",
)  # fmt: skip
"""The facts of a variant that archc reads."""
FREE = "x_"
"""The prefix of all other facts."""
