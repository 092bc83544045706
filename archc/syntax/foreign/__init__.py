"""Statements of other languages recognised, with what they are here: tried when the grammar cannot go on.

Each idiom is a function from a `BrokenStatement` to what was found, or None. They are tried in order, the particular
first. The modules are imported when a statement cannot be read: most specs have none.
"""

from __future__ import annotations

from archc.syntax.foreign.statement import BrokenStatement, Foreign

__all__ = ["definitions", "files", "recognised", "statement", "unreadable"]


def recognised(statement: BrokenStatement) -> Foreign | None:
    """What a statement that cannot be read is, if it is an idiom of another language."""
    from archc.syntax.foreign import arguments, bindings, calls, headers, joints, labels, programs, rows, sums

    idioms = (
        *rows.IDIOMS, *bindings.IDIOMS, *programs.IDIOMS, *labels.IDIOMS, *headers.IDIOMS, *calls.IDIOMS, *sums.IDIOMS,
        *arguments.IDIOMS, *joints.IDIOMS,
    )  # fmt: skip
    return next((found for idiom in idioms if (found := idiom(statement)) is not None), None)


def unreadable(statement: BrokenStatement) -> Foreign | None:
    """The same for a statement with signs that are no token of the language; `at` is the first of them."""
    from archc.syntax.foreign import calls, signs

    before = BrokenStatement(statement.source, statement.tokens, max(0, statement.at - 1), statement.possible)
    return recognised(statement) or recognised(before) or calls.quoted(statement) or signs.strange(statement)
