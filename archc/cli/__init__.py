"""The command line: one file for each command, in `commands`. All input and output is here.

Takes the arguments of the process and gives an exit status.
"""

__all__ = ["main"]
