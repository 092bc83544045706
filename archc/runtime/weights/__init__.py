"""Weights: their sources, and whether they fit a network. Only `sources` imports torch.

Takes a network and a file or a published name, and gives a state dict or a diagnostic with the differences.
"""

__all__ = ["errors", "files", "mapping", "match", "sources"]
