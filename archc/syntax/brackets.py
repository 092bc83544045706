"""Open brackets, and where each was probably meant to be closed."""

from __future__ import annotations

from archc.diagnostics.core import Edit
from archc.diagnostics.source import Source, Span
from archc.support.record import Struct, field
from archc.syntax.tokens import Token

OPENS = {"RPAR": "LPAR", "RSQB": "LSQB", "TIMES": "LSQB", "RBRACE": "LBRACE"}
CLOSING = {"LPAR": ")", "LSQB": "]", "LBRACE": "}"}


class OpenStatement(Struct):
    """A statement that has not ended yet: its tokens, and its open brackets."""

    tokens: list[Token] = field(default_factory=list)
    brackets: list[tuple[Token, int]] = field(default_factory=list)
    """Each open bracket with its index among the tokens of the file."""
    loops: int = 0
    """The number of `for`s whose braces have not been opened yet."""
    closed: Token | None = None
    """The bracket that closed the outermost one last."""
    broken: bool = False
    """Whether it contains an error that has been reported, or will be when it ends. It is then not parsed."""
    unreadable: int | None = None
    """The first token that is invalid in itself, if the statement has one."""


def closing(bracket: Token, token: Token, draft: OpenStatement, source: Source) -> Edit:
    """The edit that closes `bracket` where it was probably meant to be closed.

    That is the end of a call's line, or before the next term. A brace is closed where it was found to be missing.
    """
    sign = CLOSING[bracket.type]
    inside = [t for t in draft.tokens if t.span.start >= bracket.span.start]
    depth, last = 0, bracket.span.end
    for here, after in zip(inside, (*inside[1:], token), strict=False):
        depth += (here.type in CLOSING) - (here.type in OPENS)
        last = here.span.end
        ends_line = "\n" in source.text[last : after.span.start]
        ends_term = after.type in ("MINUS", "BAR") and here is not bracket
        if bracket.type == "LPAR" and depth <= 1 and (ends_line or ends_term):
            break
    if bracket.type == "LBRACE":
        before = source.text[: token.span.start].rstrip()
        return Edit(Span(source.name, len(before), len(before)), "\n}")
    return Edit(Span(source.name, last, last), sign)


def likely(draft: OpenStatement, index: int, end: Token, source: Source) -> Token:
    """The bracket that should have been closed, from the open one `index` on: the first call of several lines.

    Brackets are matched from the inside, so the outer of two nested ones is left over. But the arguments of a
    call rarely span several lines.
    """
    bracket = draft.brackets[index][0]
    before: Token | None = None
    stack: list[tuple[Token, bool]] = []
    for token in (*draft.tokens, end):
        if token.type in ("LPAR", "LSQB", "LBRACE"):
            is_call = before is not None and before.type == "NAME" and before.span.end == token.span.start
            stack.append((token, is_call and token.span.start > bracket.span.start))
        elif token.type in OPENS and stack:
            opener, is_call = stack.pop()
            if is_call and "\n" in source.text[opener.span.start : token.span.start]:
                return opener
        before = token
    return next((opener for opener, is_call in stack if is_call), bracket)


def indentation(token: Token, source: Source) -> int:
    """The number of characters before `token` on its line."""
    return token.span.start - source.text.rfind("\n", 0, token.span.start) - 1
