"""The error of a run that is done and whose proof fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archc.training.errors import TrainingError

if TYPE_CHECKING:
    from archc.training.engine import TrainingResult


class NotProved(TrainingError):
    """A run came to its end and is not what it promised to be. `result` is what came out; do not use its weights."""

    def __init__(self, result: TrainingResult) -> None:
        super().__init__("; ".join(f"{c.name}: {c.detail}" for c in result.proof.checks if not c.holds))
        self.result = result
