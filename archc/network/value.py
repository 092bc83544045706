"""The base of every value of the network."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """An immutable value with a JSON form. Its schema is built when it is first needed, to keep imports cheap."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
