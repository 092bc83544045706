"""The context of the cursor in a text that is being typed, derived from the tokens before it, despite errors."""

from __future__ import annotations

from typing import NamedTuple

from archc.diagnostics.source import Source, Span
from archc.support.record import Record
from archc.syntax.scan import scan
from archc.syntax.tables import tables
from archc.syntax.tokens import Token

_OPENS = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
_CLOSES = {"RPAR", "RSQB", "RBRACE", "TIMES"}
_GOES_ON = frozenset({"MINUS", "BAR", "COMMA", "ASSIGN"})
_BODIES = {"BLOCK": "body", "MODEL": "body", "VARIANT": "members", "IF": "body", "ELSE": "body"}


class Call(NamedTuple):
    """A call whose parentheses are open: the tokens before them, the named arguments, the number of arguments so far.

    `argument` is the name of the argument at the cursor, empty if it is positional.
    """

    callee: str
    start: int
    given: tuple[str, ...]
    position: int
    argument: str


class CursorContext(Record):
    """The surroundings of the cursor.

    `word`: the part of a word before it. `statement`: the tokens of the statement before it. `inside`: the open bodies
    around it, outermost first: `body` of a block or model, `members` of a variant. `call`: the innermost open call.
    `string`: it is in a string; `comment`: it is in a comment.
    """

    word: Span
    statement: tuple[Token, ...]
    inside: tuple[str, ...]
    call: Call | None
    string: bool = False
    comment: bool = False
    headers: tuple[tuple[Token, ...], ...] = ()
    """The statements of the enclosing bodies."""

    @property
    def first(self) -> str:
        """The type of the statement's first token, or ""."""
        return self.statement[0].type if self.statement else ""

    @property
    def before(self) -> str:
        """The type of the token before the one at the cursor, empty at the start of a statement."""
        return self.statement[-1].type if self.statement else ""


class _Open(NamedTuple):
    at: int
    """Its index in the statement."""
    token: Token


def context(source: Source, offset: int) -> CursorContext:
    """The surroundings of an offset of a text."""
    start = offset
    while start > 0 and (source.text[start - 1].isalnum() or source.text[start - 1] == "_"):
        start -= 1
    word = Span(source.name, start, offset)
    line = source.text[source.text.rfind("\n", 0, offset) + 1 : offset]
    tokens = [t for t in scan(source, tables()) if t.span.start < start]
    statement: list[Token] = []
    opened: list[_Open] = []
    bodies: list[tuple[list[Token], list[_Open], str]] = []
    for token in tokens:
        if token.span.end > start and token.type in ("STRING", "OPEN_STRING"):
            return CursorContext(
                word, tuple(statement), tuple(b[2] for b in bodies), _call(statement, opened), string=True
            )
        if token.type == "NEWLINE":
            if not opened and not (statement and statement[-1].type in _GOES_ON):
                statement = []
            continue
        if token.type == "LBRACE" and _is_body(statement, opened):
            first = next((t.type for t in statement if t.type in _BODIES), "")
            bodies.append((statement, opened, _BODIES.get(first, "body")))
            statement, opened = [], []
            continue
        if token.type == "RBRACE" and not any(o.token.type == "LBRACE" for o in opened) and bodies:
            bodies.pop()
            statement, opened = [], []
            continue
        if not statement and token.type in ("MINUS", "BAR"):
            statement = [token]
        if token.type in _OPENS:
            opened.append(_Open(len(statement), token))
        elif token.type in _CLOSES and opened:
            opened.pop()
        statement.append(token)
    bare = line.split('"')[::2]
    inside = tuple(body[2] for body in bodies)
    return CursorContext(
        word,
        tuple(statement),
        inside,
        _call(statement, opened),
        comment=any("#" in part for part in bare),
        headers=tuple(tuple(body[0]) for body in bodies),
    )


def _is_body(statement: list[Token], opened: list[_Open]) -> bool:
    """Whether a brace opens a body rather than branches or a loop's chain."""
    if opened or not statement:
        return False
    return statement[0].type in _BODIES or statement[-1].type == "ELSE"


def _call(statement: list[Token], opened: list[_Open]) -> Call | None:
    """The innermost open call; none after an open brace, which encloses chains."""
    for bracket in reversed(opened):
        if bracket.token.type == "LBRACE":
            return None
        if bracket.token.type == "LPAR" and bracket.at and statement[bracket.at - 1].text.isidentifier():
            callee = statement[bracket.at - 1]
            if callee.type in ("IF", "IN", "OVER", "AND", "OR", "NOT", "ELSE"):
                continue
            given, position, depth, argument = [], 0, 0, ""
            inner = statement[bracket.at + 1 :]
            for index, token in enumerate(inner):
                if token.type in _OPENS:
                    depth += 1
                elif token.type in _CLOSES:
                    depth -= 1
                elif depth == 0 and token.type == "COMMA":
                    position, argument = position + 1, ""
                elif depth == 0 and token.type == "ASSIGN" and index:
                    argument = inner[index - 1].text
                    given.append(argument)
            return Call(callee.text, callee.span.start, tuple(given), position, argument)
    return None
