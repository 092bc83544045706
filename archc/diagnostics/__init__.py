"""What is reported about a spec.

`source` has texts and places in them, `core` the diagnostic and the reporter that collects them, `problems` the
catalogue of what can be wrong, `words` the vocabulary of other libraries, and `render` turns diagnostics into text
and machine formats.
"""

__all__ = ["core", "problems", "render", "source", "words"]
