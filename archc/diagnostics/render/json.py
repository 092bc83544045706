"""Diagnostics for tools, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from archc.diagnostics.core import Diagnostic, Edit
from archc.diagnostics.render.places import LineColumn, range_of
from archc.diagnostics.source import Source, Span


def render_json(diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source]) -> str:
    """An array with an object for each diagnostic. Offsets and columns count characters (Unicode code points).

    Each place has `file`, `start` and `end` with `offset`, `line` and `column`; lines and columns start at 1.
    """
    return json.dumps([_diagnostic(d, sources) for d in diagnostics], indent=2, ensure_ascii=False) + "\n"


def _diagnostic(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> dict[str, Any]:
    problem = diagnostic.problem
    frames = diagnostic.frame.trail() if diagnostic.frame else ()
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": problem.message(),
        "label": diagnostic.label,
        "note": problem.note(),
        "help": problem.help(),
        **_place(diagnostic.span, sources),
        "labels": [{"text": label.text, **_place(label.span, sources)} for label in diagnostic.labels],
        "trail": [{"call": f.call, "path": f.path, **_place(f.span, sources)} for f in frames],
        "more_calls": diagnostic.more_calls,
        "edits": [_edit(edit, sources) for edit in diagnostic.edits],
        "repairs": [[_edit(edit, sources) for edit in repair] for repair in diagnostic.repairs],
    }


def _edit(edit: Edit, sources: Mapping[str, Source]) -> dict[str, Any]:
    return {"text": edit.text, "safe": edit.safe, **_place(edit.span, sources)}


def _place(span: Span, sources: Mapping[str, Source]) -> dict[str, Any]:
    where = range_of(span, sources)
    return {
        "file": span.file,
        "start": _position(span.start, where.start if where else None),
        "end": _position(span.end, where.end if where else None),
    }


def _position(offset: int, position: LineColumn | None) -> dict[str, int]:
    if position is None:
        return {"offset": offset}
    return {"offset": offset, "line": position.line, "column": position.column}
