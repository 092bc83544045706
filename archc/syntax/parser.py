"""From spec text to the syntax tree."""

from __future__ import annotations

from itertools import islice
from typing import Any

from archc.diagnostics.core import Diagnostic, Reporter
from archc.diagnostics.problems.limits import TooLarge
from archc.diagnostics.source import Source, Span
from archc.support.limits import LIMITS, Limits
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
    found = Reporter()
    reader = Reader(source, ready, found)
    statements = Statements(source, tokens, reader, found)
    frame = statements.run()
    declarations: tuple[Any, ...] = tuple(frame.statements)
    if found.diagnostics:
        from archc.syntax.foreign.files import left_over, recognised  # most files have no mistakes

        defines = any(isinstance(d, _DEFINITIONS) for d in declarations)
        if (foreign := left_over(source) or (None if defines else recognised(source))) is not None:
            reporter.add(*foreign)
            return tree.File(whole, None, (), frozenset(statements.lost | reader.lost))
        for diagnostic in found.diagnostics:
            _pass_on(diagnostic, reporter)
    return tree.File(whole, frame.doc, declarations, frozenset(statements.lost | reader.lost))


def _pass_on(diagnostic: Diagnostic, reporter: Reporter) -> None:
    reporter.add(diagnostic.problem, diagnostic.span, labels=diagnostic.labels, edits=diagnostic.edits)


_DEFINITIONS = (tree.ModelDef, tree.Block, tree.Variant, tree.Macro, tree.Function)
