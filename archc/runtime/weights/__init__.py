"""Weights: where they come from, and whether they fit. Only `sources` imports torch.

Takes a network and a file or a reference and gives a state dict, or a diagnostic that says what differs.
"""

__all__ = ["errors", "files", "mapping", "match", "sources"]
