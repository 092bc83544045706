"""Resolving spec texts in tests."""

from __future__ import annotations

from archc.diagnostics.core import Problem, Severity
from archc.diagnostics.source import Source
from archc.pipeline import Checked, check, opened, reader_of
from archc.resolve import Load, Symbols
from tests.support import specs

NAME = "test.arch"


def checked(text: str, **others: str) -> Checked:
    """The result of checking `text`, which may use `others` by their name without `.arch`."""
    return check(Source(NAME, text), _loader(others))


def said(text: str, **others: str) -> list[tuple[str, str]]:
    """The errors in `text` and its imports: the code of each with the underlined text, in order."""
    result = checked(text, **others)
    errors = [d for d in result.diagnostics if d.severity is Severity.ERROR]
    return [(d.code, result.sources[d.span.file].snippet(d.span)) for d in errors]


def symbols(text: str, **others: str) -> Symbols:
    """The symbol table of `text`."""
    return opened(reader_of(_loader(others)), Source(NAME, text))[0].resolved.symbols


def _loader(others: dict[str, str]) -> Load:
    def load(path: str, importer: Source) -> Source | Problem:
        name = path.removesuffix(".arch")
        return Source(path, others[name]) if name in others else specs.load(path, importer)

    return load
