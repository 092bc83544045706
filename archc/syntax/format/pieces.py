"""From tokens to pieces: the items on the lines of a formatted text, each with its role.

The role determines the blanks before a piece and where a line may break: a `-` between terms is not the `-` of an
expression. It is derived from the tokens and their brackets, as in `statements`, since trees have no comments.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from archc.diagnostics.source import Source
from archc.support.record import Struct, field
from archc.syntax.tokens import EDITS, MERGES, Token, is_name

Kind: TypeAlias = Literal["group", "for", "merge", "body", "values"]
"""The contents of brackets: chains (of a group or repeat, a `for`, a merge), statements, or values."""

OPENERS = frozenset({"LPAR", "LSQB", "LBRACE"})
CLOSERS = {"RPAR": "LPAR", "RSQB": "LSQB", "TIMES": "LSQB", "RBRACE": "LBRACE"}
_OPERANDS = frozenset({"NAME", "NUMBER", "SHAPE", "STRING", "RPAR", "RSQB", "TRUE", "FALSE", "NONE", "VALUE"})
_VALUES = frozenset({"LET", "FN", "INPUT", "EXPECT", "INIT", "DEFAULT", "ALLOW", "FROM", "IF"}) | EDITS
_HOLD_CHAINS = frozenset({"REPLACE", "INSERT"})
"""The edits that contain a chain, after the path of a module and `:`."""
_GOES_ON_AFTER = frozenset({"MINUS", "CHAIN", "BAR", "COMMA", "ASSIGN"})
_GOES_ON_WITH = frozenset({"MINUS", "BAR", "ELSE"})
_TIGHT = frozenset({"RPAR", "RSQB", "TIMES", "COMMA", "COLON", "DOT", "DSTAR"})
_TIGHT_AFTER = frozenset({"LPAR", "LSQB", "DOT", "DSTAR", "UNARY"})


class Unbalanced(Exception):
    """Brackets do not match, which happens only in a statement that cannot be parsed."""


class Bracket(Struct):
    """A pair of brackets. `broken`: what is inside takes several lines; `hang`: of a chain that goes on with `-`.

    `base` and `column` are set by the layout: the column that its lines are indented from, and for values that begin
    beside their bracket, where they stand.
    """

    kind: Kind
    opener: str
    broken: bool = False
    hang: bool = False
    base: int = 0
    column: int | None = None
    parent: Bracket | None = None


class Statement(Struct):
    """A statement: the type of its first token, and of a chain that goes on with `-` whether its first term hangs.

    `form`: how its lines go on. `indent` is set by the layout.
    """

    first: str
    form: Literal["chain", "macro", "other"]
    hang: bool = False
    indent: int = 0


class Piece(Struct):
    """A token, a comment (`COMMENT`) or text that is left as it is (`RAW`).

    `type`: the type of the scanner, except `CHAIN` for a `-` between terms, `UNARY` for a sign, `VALUE` for `in` as a
    tensor, `DOC` for a docstring, and `PATH` for a part of a module's path. `gap`: the blanks before it within a line.
    `led`, `last`: it is the first or last of its line in the source.
    `breaks`: it begins a line of the result; `blank`: an empty line precedes that.
    `within`: the brackets around it; `opens`, `closes`: the pair that it opens or closes.
    `starts`: the statement that it begins.
    `leads`: it is the first of its statement, of a macro's chain, or inside its brackets.
    """

    type: str
    text: str
    start: int
    end: int
    gap: int = 1
    led: bool = False
    last: bool = False
    breaks: bool = False
    blank: bool = False
    within: Bracket | None = None
    opens: Bracket | None = None
    closes: Bracket | None = None
    starts: Statement | None = None
    leads: bool = False


class _Draft(Struct):
    """A statement that has not ended yet: the type of its first token, open brackets, and where values are expected."""

    facts: bool = False
    """Whether it is in the braces of a variant."""
    first: str = ""
    brackets: int = 0
    loops: int = 0
    header: bool = False
    """Whether the condition of an `if` or the iterable of a `for` is being read."""
    path: bool = False
    """Whether the path of a module is being read, in which blanks are significant."""


class _Reader(Struct):
    """One pass over the tokens."""

    source: Source
    open: list[Bracket] = field(default_factory=list)
    bodies: list[_Draft] = field(default_factory=lambda: [_Draft()])
    pieces: list[Piece] = field(default_factory=list)
    before: str = ""


def pieces(source: Source, tokens: Sequence[Token], kept: Iterable[tuple[int, int]] = ()) -> list[Piece]:
    """The pieces of a text with tokens `tokens` (line ends among them); the ranges `kept` are left as they are.

    Requires: each range of `kept` takes whole lines, in order. Raises `Unbalanced`.
    """
    reader = _Reader(source)
    ranges = [*kept, (len(source.text) + 1, len(source.text) + 1)]
    at, position = 0, 0
    for index, token in enumerate(tokens):
        while token.span.start >= ranges[at][1]:
            position = _keep(reader, ranges[at], position)
            at += 1
        if token.span.start >= ranges[at][0]:
            continue
        after = tokens[index + 1].type if index + 1 < len(tokens) else "END"
        if token.type == "NEWLINE":
            _line_end(reader, after)
            continue
        _comments(reader, position, token.span.start)
        _add(reader, token, after)
        position = token.span.end
    for rest in ranges[at:-1]:
        position = _keep(reader, rest, position)
    _comments(reader, position, len(source.text))
    if reader.open:
        raise Unbalanced
    _set_line_starts(source, reader.pieces)
    return reader.pieces


def _keep(reader: _Reader, kept: tuple[int, int], position: int) -> int:
    start, end = kept
    _comments(reader, position, start)
    within = reader.open[-1] if reader.open else None
    statement = Statement("RAW", "other")
    reader.pieces.append(Piece("RAW", reader.source.text[start:end], start, end, within=within, starts=statement))
    reader.before = ""
    reader.bodies[-1] = _Draft(reader.bodies[-1].facts)
    return end


def _comments(reader: _Reader, start: int, end: int) -> None:
    """The comments between two tokens."""
    text = reader.source.text
    within = reader.open[-1] if reader.open else None
    at = text.find("#", start, end)
    while at >= 0:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        reader.pieces.append(Piece("COMMENT", text[at:stop].rstrip(), at, stop, gap=2, within=within))
        at = text.find("#", stop, end)


def _set_line_starts(source: Source, found: list[Piece]) -> None:
    """Note which pieces begin a line, and which come after an empty one."""
    before: Piece | None = None
    for piece in found:
        lines = source.text.count("\n", before.end, piece.start) if before else 1
        piece.led = piece.breaks = lines > 0
        piece.blank = lines > 1
        if before is not None:
            before.last = piece.led
        before = piece
    if before is not None:
        before.last = True


# -- tokens -----------------------------------------------------------------------------------------------------------


def _line_end(reader: _Reader, after: str) -> None:
    draft = reader.bodies[-1]
    if draft.first and not draft.brackets and after not in _GOES_ON_WITH and reader.before not in _GOES_ON_AFTER:
        reader.bodies[-1] = _Draft(draft.facts)
        reader.before = ""


def _add(reader: _Reader, token: Token, after: str) -> None:
    draft = reader.bodies[-1]
    kind = token.type
    if token.text.isidentifier() and is_name(token, draft.first, reader.before, after):
        kind = "NAME"
    within = reader.open[-1] if reader.open else None
    piece = Piece(kind, token.text, token.span.start, token.span.end, within=within)
    if not draft.first and kind != "RBRACE":
        _start(draft, piece, alone=after in ("NEWLINE", "END", "RBRACE"))
    elif kind == "IF" and reader.before == "ELSE" and not draft.brackets and draft.first == "IF":
        draft.header = True
    if draft.path and kind != draft.first and kind not in ("COMMA", "COLON", "AFTER", "ALL", "EXCEPT"):
        apart = reader.pieces[-1].end < piece.start
        piece.type, piece.gap = "PATH", int(apart or reader.before != "PATH")
    else:
        _classify(reader, draft, piece)
        piece.gap = _gap(reader, piece)
    draft.path = draft.path and not (kind == "COLON" and draft.first in _HOLD_CHAINS)
    if reader.before == "TIMES":
        reader.pieces[-1].text = "]x" if kind == "NUMBER" else "] x"
    reader.pieces.append(piece)
    reader.before = piece.type


def _start(draft: _Draft, piece: Piece, *, alone: bool) -> None:
    """Begin a statement with `piece`, which is `alone` in it if the next token ends it."""
    kind = draft.first = piece.type
    draft.header = kind == "IF"
    draft.path = kind in EDITS or (kind == "RETURN" and draft.facts)
    if kind == "STRING" and alone:
        piece.type = "DOC"
    form: Literal["chain", "macro", "other"] = "macro" if kind == "MACRO" else "chain"
    piece.starts = Statement(kind, "other" if kind in _VALUES or kind == "RETURN" else form)


def _classify(reader: _Reader, draft: _Draft, piece: Piece) -> None:
    kind, operand = piece.type, reader.before in _OPERANDS
    if kind == "IN" and not operand:
        piece.type = "VALUE"
    elif kind == "MINUS" and (operand or reader.before == "RBRACE") and _holds_chains(reader, draft):
        piece.type = "CHAIN"
    elif kind in ("MINUS", "PLUS", "STAR") and not operand:
        piece.type = "UNARY"
    elif kind == "FOR" and _holds_chains(reader, draft):
        draft.loops += 1
        draft.header = True
    elif kind in OPENERS:
        piece.opens = Bracket(_kind_of(reader, draft, kind), kind, parent=piece.within)
        reader.open.append(piece.opens)
        if piece.opens.kind == "body":
            draft.header = False
            reader.bodies.append(_Draft(facts=draft.first == "VARIANT"))
        else:
            draft.brackets += 1
    elif kind in CLOSERS:
        _close(reader, piece)


def _close(reader: _Reader, piece: Piece) -> None:
    if not reader.open or reader.open[-1].opener != CLOSERS[piece.type]:
        raise Unbalanced
    piece.closes = reader.open.pop()
    piece.within = reader.open[-1] if reader.open else None
    if piece.closes.kind == "body":
        reader.bodies.pop()
    else:
        reader.bodies[-1].brackets -= 1


def _holds_chains(reader: _Reader, draft: _Draft) -> bool:
    """Whether terms are expected here, rather than values."""
    if draft.brackets:
        return reader.open[-1].kind != "values" and not draft.header
    if draft.header:
        return False
    return draft.first in _HOLD_CHAINS or not (draft.facts or draft.first in _VALUES)


def _kind_of(reader: _Reader, draft: _Draft, opener: str) -> Kind:
    before = reader.before
    if opener == "LBRACE":
        if before in MERGES:
            return "merge"
        if draft.loops:
            draft.loops -= 1
            draft.header = False
            return "for"
        return "for" if draft.brackets else "body"
    if before in _OPERANDS or before in ("IF", "TIMES", "OVER") or not _holds_chains(reader, draft):
        return "values"
    return "group"


def _gap(reader: _Reader, piece: Piece) -> int:
    """The number of blanks before a piece within a line."""
    kind, before = piece.type, reader.before
    if kind == "ASSIGN":
        return 0 if piece.within is not None and piece.within.kind == "values" else 1
    if before == "ASSIGN":
        return 0 if piece.within is not None and piece.within.kind == "values" else 1
    if before == "TIMES":
        return 0 if kind == "NUMBER" else 1
    if kind == "RBRACE":
        return 0 if before == "LBRACE" else 1
    if kind in _TIGHT or before in _TIGHT_AFTER:
        return 0
    if piece.opens is not None and kind in ("LPAR", "LSQB"):
        return 0 if before in _OPERANDS else 1
    return 1
