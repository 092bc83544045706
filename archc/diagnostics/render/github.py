"""Diagnostics as annotations of a GitHub Actions run.

Source: GitHub's documentation, "Workflow commands for GitHub Actions", setting an error message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archc.diagnostics.core import Diagnostic, Severity
from archc.diagnostics.render.display import escaped
from archc.diagnostics.render.places import range_of
from archc.diagnostics.source import Source

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render_github(diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source]) -> str:
    """A workflow command for each diagnostic, one a line."""
    return "".join(_command(d, sources) for d in diagnostics)


def _command(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> str:
    properties = {"file": diagnostic.span.file}
    if (where := range_of(diagnostic.span, sources)) is not None:
        properties |= {"line": str(where.start.line), "endLine": str(where.end.line)}
        if where.start.line == where.end.line:  # GitHub takes columns for single lines only
            last = max(where.start.column, where.end.column - 1)
            properties |= {"col": str(where.start.column), "endColumn": str(last)}
    properties["title"] = diagnostic.code
    problem = diagnostic.problem
    parts = (problem.message(), diagnostic.label, problem.note(), *problem.help().splitlines())
    words = "\n".join(escaped(part) for part in parts if part)
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[diagnostic.severity]} {given}::{_data(words)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
