"""Fuzzing: arbitrary texts, and the properties of every stage that must hold for each of them.

`python -m fuzz --seconds 3600` (or `make fuzz`) runs all targets; `python -m fuzz.bytes check` one under Atheris.
"""
