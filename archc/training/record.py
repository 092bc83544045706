"""The base of the JSON records that a run writes to its folder."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class RunRecord(BaseModel):
    """An immutable value that is validated when it is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")
