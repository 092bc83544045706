"""Diagnostics as a SARIF log, for code scanning and editors.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from inspect import cleandoc
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from archc.diagnostics.core import Diagnostic, Edit, Problem, Severity
from archc.diagnostics.render.places import range_of
from archc.diagnostics.source import Source, Span
from archc.version import __version__

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source]) -> str:
    """A log of one run, with a rule for each code and a result for each diagnostic."""
    kinds = {d.code: type(d.problem) for d in diagnostics}
    codes = sorted(kinds)
    driver = {
        "name": "archc",
        "version": __version__,
        "rules": [_rule(code, kinds[code]) for code in codes],
    }
    results = [_result(d, codes.index(d.code), sources) for d in diagnostics]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str, kind: type[Problem]) -> dict[str, Any]:
    doc = cleandoc(kind.__doc__ or "")
    return {
        "id": code,
        "name": kind.__name__,
        "shortDescription": {"text": kind.title},
        "fullDescription": {"text": doc},
        "defaultConfiguration": {"level": _level(kind.severity)},
    }


def _level(severity: Severity) -> str:
    return severity.value  # SARIF's words are ours: error, warning, note


def _result(diagnostic: Diagnostic, rule: int, sources: Mapping[str, Source]) -> dict[str, Any]:
    problem = diagnostic.problem
    words = (problem.message(), problem.note(), problem.help())
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": _level(diagnostic.severity),
        "message": {"text": "\n".join(part for part in words if part)},
        "locations": [_location(diagnostic.span, diagnostic.label, sources)],
    }
    frames = diagnostic.frame.trail() if diagnostic.frame else ()
    related = [(label.span, label.text) for label in diagnostic.labels]
    related += [(frame.span, f"expanded from here: {frame.call}") for frame in frames]
    if related:
        # The standard wants them to be different; a macro that calls itself is expanded from one place many times.
        result["relatedLocations"] = [_location(span, text, sources) for span, text in dict.fromkeys(related)]
    if diagnostic.more_calls:
        result["occurrenceCount"] = 1 + diagnostic.more_calls
    if diagnostic.edits:
        result["fixes"] = [_fix(diagnostic.edits, sources)]
    return result


def _location(span: Span, text: str, sources: Mapping[str, Source]) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(span.file)}}
    if span.file in sources:
        physical["region"] = _region(span, sources)
    location: dict[str, Any] = {"physicalLocation": physical}
    if text:
        location["message"] = {"text": text}
    return location


def _region(span: Span, sources: Mapping[str, Source]) -> dict[str, int]:
    where = range_of(span, sources)
    if where is None:
        return {"charOffset": span.start, "charLength": span.end - span.start}
    return {
        "startLine": where.start.line,
        "startColumn": where.start.column,
        "endLine": where.end.line,
        "endColumn": where.end.column,
        "charOffset": span.start,
        "charLength": span.end - span.start,
    }


def _fix(edits: Sequence[Edit], sources: Mapping[str, Source]) -> dict[str, Any]:
    """All edits of a diagnostic, which are made together."""
    files: dict[str, list[dict[str, Any]]] = {}
    for edit in edits:
        replacement = {"deletedRegion": _region(edit.span, sources), "insertedContent": {"text": edit.text}}
        files.setdefault(edit.span.file, []).append(replacement)
    changes = [{"artifactLocation": {"uri": _uri(file)}, "replacements": files[file]} for file in sorted(files)]
    return {"artifactChanges": changes}


def _uri(file: str) -> str:
    """A file's name as a URI reference."""
    return quote(PurePath(file).as_posix())
