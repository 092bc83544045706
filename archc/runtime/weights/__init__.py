"""Weights: where they come from, and whether they fit. Only `sources` imports torch."""
