"""The features of editors, as functions of plain values, and the language server as a thin shell around them.

Takes texts and positions and gives diagnostics, completions, hovers and edits. `lexer` colours specs for Pygments,
`drawing` draws them in documentation.
"""

__all__ = ["handlers", "lexer"]
