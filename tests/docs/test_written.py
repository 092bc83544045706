"""The generated pages are up to date."""

from __future__ import annotations

from docs import layers


def test_the_table_of_layers() -> None:
    """To renew: `python -m docs.layers`."""
    assert layers.page() == layers.PAGE.read_text(encoding="utf-8")
