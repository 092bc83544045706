"""Elaboration: expands a model into a network, with shapes inferred and everything checked.

Takes the resolved files of a `Compilation` (`library`) and the name of a member, and gives a `Network` (`models`).
`declared`, `expressions` and `values` are what counting and repairs need to evaluate parts of a spec by themselves.
"""

__all__ = ["declared", "expressions", "library", "models", "options", "standpoint", "values"]
