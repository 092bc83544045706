"""What archc says of a text."""

from __future__ import annotations

from archc.diagnostics.source import Source
from archc.pipeline import check
from tests.support.specs import load


def ways(text: str) -> str:
    """The help of all diagnostics of a spec."""
    return "\n".join(found.help for found in check(Source("x.arch", text), load).diagnostics)
