"""Diagnostics as an editor shows them."""

from __future__ import annotations

from collections.abc import Iterator

from archc.diagnostics.core import Diagnostic
from archc.diagnostics.problems.warnings.names import UnreadTensor, Unused, UnusedParameter, UnusedValue
from archc.diagnostics.source import Span
from archc.editor.analysis import Analysis
from archc.editor.data import Told
from archc.editor.view import View

_UNUSED = (Unused, UnusedParameter, UnusedValue, UnreadTensor)
MOST_RELATED = 12
"""The maximum number of other places of a diagnostic; a recursive macro has many."""


def problems(view: View, earlier: Analysis | None = None) -> tuple[Told, ...]:
    """The diagnostics of a file that are known so far; for `earlier` see `Analysis`.

    Errors in a file that it uses are reported at the call or import that leads there.
    """
    return tuple(told(view, d) for d in view.analysis.diagnostics(earlier))


def told(view: View, diagnostic: Diagnostic) -> Told:
    """A diagnostic in real places, for the file of the view."""
    problem, span = diagnostic.problem, diagnostic.span
    lines = [problem.message()]
    related = dict.fromkeys(_related(diagnostic))
    if span.file == view.name:
        lines.append(diagnostic.label)
    else:
        related = {(span, diagnostic.label or problem.message()): None, **related}
        span = _seen_from(view, diagnostic)
    lines += [problem.note(), f"help: {diagnostic.help}" if diagnostic.help else ""]
    message = "\n".join(line for line in lines if line)
    known = [(place, text) for place, text in related if place.file in view.analysis.texts]
    unused = isinstance(problem, _UNUSED)
    return Told(span, diagnostic.severity, diagnostic.code, message, tuple(known[:MOST_RELATED]), unused)


def _related(diagnostic: Diagnostic) -> Iterator[tuple[Span, str]]:
    yield from ((label.span, label.text) for label in diagnostic.labels)
    for frame in diagnostic.frame.trail() if diagnostic.frame is not None else ():
        yield frame.span, f"expanded from here: {frame.call}" + (f", as {frame.path}" if frame.path else "")


def _seen_from(view: View, diagnostic: Diagnostic) -> Span:
    """The place in the view's file that leads to a diagnostic elsewhere."""
    for frame in diagnostic.frame.trail() if diagnostic.frame is not None else ():
        if frame.span.file == view.name:
            return frame.span
    for each, used in view.analysis.module.imports.items():
        if used is not None and diagnostic.span.file in used.sources():
            return view.outside(each.path.span) or Span(view.name, 0, 0)
    return Span(view.name, 0, 0)
