"""Repairs: edits that may correct an error, each tried by compiling the edited spec.

Takes a checked spec and its diagnostics (`search`, `fix`) and gives edits that have been shown to correct them; `edits`
applies edits to texts.
"""

__all__ = ["edits", "fix", "search"]
