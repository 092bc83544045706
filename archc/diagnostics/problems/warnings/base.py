"""The base of the warnings, and what their examples begin with."""

from __future__ import annotations

from archc.diagnostics.core import Problem, Severity

HEAD = "model m {\n  input 3x32x32\n  "
"""The beginning of an example."""


class Warned(Problem):
    """Base of the warnings."""

    severity = Severity.WARNING
