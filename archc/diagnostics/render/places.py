"""Converting spans to lines and columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archc.diagnostics.source import Source, Span


class LineColumn(NamedTuple):
    """A line and a column, both counted from 1; the column counts characters."""

    line: int
    column: int


class Range(NamedTuple):
    """From `start` up to `end`, not included."""

    start: LineColumn
    end: LineColumn


def range_of(span: Span, sources: Mapping[str, Source]) -> Range | None:
    """Lines and columns of a span; None if the source is not known."""
    source = sources.get(span.file)
    if source is None:
        return None
    return Range(LineColumn(*source.position(span.start)), LineColumn(*source.position(span.end)))


def place(span: Span, sources: Mapping[str, Source], seen_from: str = "") -> str:
    """`resnet.arch:14:3`; without the file's name if that is `seen_from`."""
    where = range_of(span, sources)
    if where is None:
        return span.file
    position = f"{where.start.line}:{where.start.column}"
    return position if span.file == seen_from else f"{span.file}:{position}"
