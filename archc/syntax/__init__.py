"""Spec text to syntax trees, and back: the parser, the trees and the formatter.

Takes a `Source` and gives a `tree.File`, with what cannot be read reported (`parser`); `format` and `unparse` turn
trees into text, `walk` traverses them.
"""

__all__ = [
    "arguments", "foreign", "format", "operands", "outline", "parser", "same", "scan", "tables", "tokens", "tree",
    "unparse", "walk",
]  # fmt: skip
