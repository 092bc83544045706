"""Where lines begin: the author's line breaks, moved to where the style puts them.

- A `-` or `|` leads its line, and no line begins with `,` `:` `=` `.`; `else` follows its `}`.
- Braces and groups whose content takes several lines have it on lines of its own, and each branch of a merge too.
- The same holds for values that begin on a line of their own; those that begin next to their bracket end next to it.
- A macro whose chain continues with `-` begins it on a line of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from archc.diagnostics.source import Source
from archc.syntax.format.pieces import Bracket, Piece, Statement
from archc.syntax.tokens import STARTERS

_LEADS = frozenset({"CHAIN", "MINUS", "BAR"})
_TRAILS = frozenset({"COMMA", "COLON", "ASSIGN", "DOT"})


def arranged(source: Source, pieces: list[Piece]) -> list[Piece]:
    """`pieces` with their breaks, and the `broken` and `hang` of brackets and statements, as the style has them."""
    pieces = _lead(pieces)
    _trail(pieces)
    _note_broken(pieces)
    _force(pieces)
    _note_hanging(source, pieces)
    return pieces


def _lead(pieces: list[Piece]) -> list[Piece]:
    """Move the signs at the end of a line to the next; the first word of a statement is not a keyword before one."""
    result: list[Piece] = []
    held: Piece | None = None
    for piece in pieces:
        if held is not None and piece.type != "COMMENT":
            leads = piece.type in _LEADS or piece.closes is not None
            if piece.breaks and not leads and not _could_be_keyword(result):
                held.breaks, held.blank = True, piece.blank
                piece.breaks = piece.blank = False
                result.append(held)
            else:
                at = len(result)
                while at and result[at - 1].type == "COMMENT" and result[at - 1].start > held.start:
                    at -= 1
                result.insert(at, held)
            held = None
        if piece.type in _LEADS:
            held = piece
            continue
        if piece.type == "COMMENT" and result and result[-1].type == "COMMENT":
            piece.breaks = True
        result.append(piece)
    return result if held is None else [*result, held]


def _could_be_keyword(pieces: Sequence[Piece]) -> bool:
    last = next((p for p in reversed(pieces) if p.type != "COMMENT"), None)
    return last is not None and last.starts is not None and last.text.upper() in STARTERS


def _trail(pieces: list[Piece]) -> None:
    """Only the breaks that the style has a place for: the others are removed, unless a comment needs them."""
    for before, piece in zip(pieces, pieces[1:], strict=False):
        if before.type == "COMMENT":
            piece.breaks = True
        elif piece.breaks and not _may_break(before, piece):
            piece.breaks = piece.blank = False


def _may_break(before: Piece, piece: Piece) -> bool:
    """Whether a line may begin with `piece`."""
    if piece.starts is not None or piece.type in ("CHAIN", "BAR", "COMMENT"):
        return True
    if piece.closes is not None or before.opens is not None:
        return before.opens is not piece.closes or piece.closes is None
    if piece.type in _TRAILS or piece.type == "ELSE" and before.type == "RBRACE":
        return False
    if before.type in ("COMMA", "ASSIGN"):
        return before.type == "COMMA" or piece.gap > 0
    return piece.within is not None and piece.within.kind == "values" and piece.gap > 0 and piece.opens is None


def _note_broken(pieces: Sequence[Piece]) -> None:
    """The brackets that contain a break: values directly, the others anywhere inside."""
    inside: set[int] = set()
    for before, piece in zip(pieces, pieces[1:], strict=False):
        if not piece.breaks:
            continue
        bracket = piece.closes or piece.within
        if bracket is not None and bracket.kind == "values" and before.opens is bracket:
            bracket.broken = True
        while bracket is not None and id(bracket) not in inside:
            inside.add(id(bracket))
            bracket.broken = bracket.broken or bracket.kind != "values"
            bracket = bracket.parent


def _force(pieces: Sequence[Piece]) -> None:
    """Breaks at the edges of brackets, and before the branches of merges."""
    for before, piece in zip(pieces, pieces[1:], strict=False):
        if before.opens is not None and before.opens.broken:
            piece.breaks = piece.breaks or piece.type != "COMMENT"
        if piece.closes is not None:
            piece.breaks = piece.closes.broken or before.type == "COMMENT"
        elif piece.type == "BAR" and piece.within is not None and piece.within.kind == "merge":
            piece.breaks = piece.within.broken


def _note_hanging(source: Source, pieces: Sequence[Piece]) -> None:
    """The first terms that are indented by two more columns, above those after `-`.

    In a group and in a macro all are, so that the terms form one column. In a statement and a `for` both styles are
    common, and the author's is kept.
    """
    statement: Statement | None = None
    first: dict[Bracket | Statement, Piece] = {}
    assigned: Piece | None = None
    """The first piece of a macro's chain."""
    for before, piece in zip([None, *pieces], pieces, strict=False):
        if piece.type == "COMMENT":
            continue
        level = piece.within is None or piece.within.kind == "body"
        if piece.starts is not None:
            statement, assigned = piece.starts, None
            first[statement] = piece
            piece.leads = True
        elif level and statement is not None and before is not None and before.type == "ASSIGN":
            statement.form = "macro" if statement.form == "macro" else "other"
            assigned = piece
            piece.leads = True
        if piece.within is not None and before is not None and before.opens is piece.within:
            first[piece.within] = piece
            piece.leads = True
        if piece.type != "CHAIN" or not piece.breaks:
            continue
        owner = statement if level else piece.within
        if owner is None or owner.hang:
            continue
        if isinstance(owner, Bracket):
            owner.hang = owner.kind == "group" or _is_over(source, first.get(owner), piece)
        elif owner.form == "macro":
            owner.hang = True
            if assigned is not None:
                assigned.breaks = True
        else:
            owner.hang = owner.form == "chain" and _is_over(source, first.get(owner), piece)


def _is_over(source: Source, first: Piece | None, dash: Piece) -> bool:
    """Whether a first term is directly above the term after `dash`, each leading its line of the source."""
    if first is None or not (first.led and dash.led):
        return False
    return source.position(first.start)[1] == source.position(dash.start)[1] + 2
