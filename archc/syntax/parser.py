"""From spec text to the syntax tree."""

from __future__ import annotations

from itertools import islice
from typing import Any

from archc.diagnostics import Reporter
from archc.limits import LIMITS, Limits
from archc.problems.limits import TooLarge
from archc.source import Source, Span
from archc.syntax import tree
from archc.syntax.reader import Reader
from archc.syntax.scan import scan
from archc.syntax.statements import Statements
from archc.syntax.tables import tables


def parse(source: Source, reporter: Reporter, limits: Limits = LIMITS) -> tree.File:
    """The syntax tree of `source`.

    Ensures: a `File`, whatever the text. Statements that cannot be read are left out, each with a diagnostic; of a file
    with more words and signs than the limit, all are.
    """
    ready = tables()
    whole = Span(source.name, 0, len(source.text))
    tokens = list(islice(scan(source, ready), limits.words + 1))
    if len(tokens) > limits.words:
        reporter.add(TooLarge(what="the file", limit=f"{limits.words:,} words and signs"), tokens[-1].span)
        return tree.File(whole, None, ())
    statements = Statements(source, tokens, Reader(source, ready, reporter), reporter)
    frame = statements.run()
    declarations: tuple[Any, ...] = tuple(frame.statements)
    return tree.File(whole, frame.doc, declarations, frozenset(statements.lost))
