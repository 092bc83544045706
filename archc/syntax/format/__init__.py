"""The formatter: one style for spec text (docs/formatting.md). Line breaks are the author's; the rest is not."""

__all__ = ["formatter"]
