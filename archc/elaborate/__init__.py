"""Elaboration: expands a model into a network, with shapes inferred and everything checked.

Takes the resolved files of a `Compilation` (`library`) and the name of a member, and gives a `Network` (`models`).
`declared` and `values` are what counting and repairs need to evaluate parts of a spec, `builtins` what editors name.
"""

__all__ = ["builtins", "declared", "library", "models", "options", "standpoint", "values"]
