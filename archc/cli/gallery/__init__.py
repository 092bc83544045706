"""What `archc zoo` writes: every family compiled, counted, drawn and proved, and an index page of it all.

Takes the shipped specs and writes a folder of files.
"""

__all__ = ["build", "entry", "pages"]
