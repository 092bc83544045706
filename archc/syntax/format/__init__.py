"""The formatter: one style for spec text (docs/formatting.md). Line breaks are the author's, and nothing else."""

__all__ = ["formatter"]
