"""Fuzzing: texts that nobody would write, and the promise that every stage keeps on each of them.

`python -m fuzz --seconds 3600` (or `make fuzz`) runs all targets; `python -m fuzz.bytes check` one under Atheris.
"""
