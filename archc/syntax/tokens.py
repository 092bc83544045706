"""Tokens, and what makes a word a keyword."""

from __future__ import annotations

from archc.diagnostics.source import Span
from archc.support.record import Struct

EDITS = frozenset("REPLACE REMOVE INSERT TRUNCATE FREEZE UNFREEZE".split())
STARTERS = (
    frozenset("FROM ALLOW DEFAULT INIT LET FN MACRO BLOCK MODEL VARIANT RETURN INPUT SHARED EXPECT".split()) | EDITS
)
"""The words that are keywords only at the beginning of a statement."""

MERGES = frozenset({"ADD", "CONCAT", "MUL"})
"""The words that are keywords only before a brace, which then contains chains."""

UNREADABLE = frozenset({"STRAY", "OPEN_STRING", "BAD_NUMBER"})
"""The tokens that are always errors."""

_WITHIN = {
    "OVER": ("BLOCK",),
    "USE": ("FROM",),
    "AFTER": ("INSERT", "TRUNCATE"),
    "ALL": ("FREEZE", "UNFREEZE"),
    "EXCEPT": ("FREEZE", "UNFREEZE"),
}
"""The words that are keywords only in a statement that begins with certain others."""
_SECOND = {"AFTER": EDITS, "ALL": EDITS, "EXCEPT": frozenset({"ALL"})}
"""The words that are keywords only directly after certain others."""

_NAME_BEFORE = frozenset({"COLON", "ASSIGN"})
_NOT_STARTED_BEFORE = frozenset({"MINUS", "COMMA", "DOT", "BAR"})
_ENDS = frozenset({"NEWLINE", "RBRACE", "END"})


class Token(Struct):
    """A token as Lark's parser takes it (it reads `type`), with its place and what it stands for."""

    type: str
    text: str
    span: Span
    value: object = None
    """The parsed value: the node of a number or string, the statements of a body."""


def is_name(token: Token, first: str, before: str, after: str) -> bool:
    """Whether a word of the grammar is an ordinary name where it stands.

    Args:
        token: The token, typed as the keyword that its text can be.
        first: The type of the first token of its statement, empty where it is the first.
        before: The type of the token before it in the statement.
        after: The type of the token after it.
    """
    kind = token.type
    if after in _NAME_BEFORE or before == "DOT":
        return True
    if kind == "RETURN" and after == "MINUS":  # `return -x`: Python keeps the word, so that no tensor has this name
        return bool(first)
    if kind in STARTERS:
        return bool(first) or after in _NOT_STARTED_BEFORE
    if kind in _WITHIN:
        return first not in _WITHIN[kind] or before not in _SECOND.get(kind, (before,))
    if kind in MERGES:
        return after != "LBRACE"
    if kind == "EVERY":
        return after not in ("LSQB", "FOR")
    if kind == "TRAINING":
        return before != "RETURN" or after in _NOT_STARTED_BEFORE or after in _ENDS
    return False
