"""The error of a finished run whose proof fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archc.training.errors import TrainingError

if TYPE_CHECKING:
    from archc.training.engine import TrainingResult


class NotProved(TrainingError):
    """A run is finished, and its proof fails. `result` is its result; do not use the weights."""

    def __init__(self, result: TrainingResult) -> None:
        super().__init__("; ".join(f"{c.name}: {c.detail}" for c in result.proof.checks if not c.holds))
        self.result = result
