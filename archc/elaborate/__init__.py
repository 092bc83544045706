"""Elaboration: expanding a model into a network, with shapes inferred and everything checked.

Takes the resolved files of a `Compilation` (`library`) and the name of a member, and gives a `Network` (`models`).
Counting and repairs use `declared` and `values` to evaluate parts of a spec.
"""

__all__ = ["declared", "edits", "library", "models", "options", "standpoint", "values"]
