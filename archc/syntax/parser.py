"""From spec text to the syntax tree."""

from __future__ import annotations

from itertools import islice
from typing import Any

from archc.diagnostics import Reporter
from archc.problems.limits import TooLarge
from archc.source import Source, Span
from archc.syntax import tree
from archc.syntax.reader import Reader
from archc.syntax.scan import scan
from archc.syntax.statements import Statements
from archc.syntax.tables import tables

MAX_TOKENS = 1_000_000
"""The longest file: a chain of some 200,000 layers."""


def parse(source: Source, reporter: Reporter) -> tree.File:
    """The syntax tree of `source`.

    Ensures: a `File`, whatever the text. Statements that cannot be read are left out, each with a diagnostic.
    """
    ready = tables()
    whole = Span(source.name, 0, len(source.text))
    tokens = list(islice(scan(source, ready), MAX_TOKENS + 1))
    if len(tokens) > MAX_TOKENS:
        reporter.add(TooLarge(what="the file", limit=f"{MAX_TOKENS:,} words and signs"), tokens[-1].span)
        return tree.File(whole, None, ())
    statements = Statements(source, tokens, Reader(source, ready, reporter), reporter)
    frame = statements.run()
    declarations: tuple[Any, ...] = tuple(frame.statements)
    return tree.File(whole, frame.doc, declarations, frozenset(statements.lost))
