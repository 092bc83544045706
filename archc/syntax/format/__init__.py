"""The formatter: one style for spec text. Where lines break is the author's, the rest is not (docs/formatting.md)."""
