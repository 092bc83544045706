"""The error about weights."""

from __future__ import annotations


class WeightsError(Exception):
    """Weights cannot be read, fetched or used. The message says why, and what to do."""


def needs(extra: str, missing: ImportError) -> WeightsError:
    """The error for a library that is not installed."""
    return WeightsError(f"{missing.name} is not installed: pip install 'archc[{extra}]'")
