"""The base of what a run writes into its folder as JSON."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class RunRecord(BaseModel):
    """An immutable value that is checked when it is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")
