"""What goes wrong with a run, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archc.runtime.training.engine import Result


class TrainingError(Exception):
    """A run cannot start or go on. The message says why, and what would do."""


class NotProved(TrainingError):
    """A run came to its end and is not what it promised to be. `result` is what came out; do not use its weights."""

    def __init__(self, result: Result) -> None:
        super().__init__("; ".join(f"{c.name}: {c.detail}" for c in result.proof.checks if not c.holds))
        self.result = result
