"""Recognises statements of other languages and translates them: tried when the grammar cannot continue.

Each idiom is a function from a `BrokenStatement` to a `Foreign`, or None. They are tried in order, the most specific
first. The modules are imported only when a statement cannot be parsed, which most specs never need.
"""

from __future__ import annotations

from archc.syntax.foreign.statement import BrokenStatement, Foreign

__all__ = ["attributes", "definitions", "files", "recognised", "statement", "unreadable"]


def recognised(statement: BrokenStatement) -> Foreign | None:
    """The idiom of another language that an unparsable statement is, if any."""
    from archc.syntax.foreign import (
        arguments,
        bindings,
        caffe,
        calls,
        drawn,
        filled,
        headers,
        joints,
        labels,
        loops,
        ours,
        programs,
        rows,
        sums,
        worded,
    )
    from archc.syntax.foreign.lambdas import function

    idioms = (
        function, *filled.IDIOMS, *drawn.IDIOMS, worded.yaml, *loops.IDIOMS, *rows.IDIOMS, *caffe.IDIOMS,
        *bindings.IDIOMS, *ours.IDIOMS, *programs.IDIOMS, *labels.IDIOMS, *headers.IDIOMS, *calls.IDIOMS,
        *sums.IDIOMS, *worded.IDIOMS, *arguments.IDIOMS, *joints.IDIOMS, *filled.SETTINGS,
    )  # fmt: skip
    return next((found for idiom in idioms if (found := idiom(statement)) is not None), None)


def unreadable(statement: BrokenStatement) -> Foreign | None:
    """The same for a statement with characters that form no token of the language; `at` is the first of them."""
    from archc.syntax.foreign import calls, drawn, marks, signs

    marked = next((found for mark in (*drawn.MARKS, *marks.MARKS) if (found := mark(statement)) is not None), None)
    if marked is not None:
        return marked
    before = BrokenStatement(statement.source, statement.tokens, max(0, statement.at - 1), statement.possible)
    plain = marks.with_plain_sizes(statement)
    return (
        recognised(statement)
        or recognised(before)
        or calls.quoted(statement)
        or marks.counted(statement)
        or (recognised(plain) if plain is not None else None)
        or signs.strange(statement)
    )
