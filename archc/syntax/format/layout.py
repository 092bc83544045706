"""Lines with their indentation; long lines are broken.

All of a term is to the right of the `-` or `|` before it: the contents of its brackets are indented from the term, and
the closing bracket is under its first letter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from archc.support.record import Struct, field
from archc.syntax.format.pieces import Piece, Statement

WIDTH = 100
"""Columns; a longer line is broken where it can be. Comments do not count."""

STEP = 2
_LISTS = frozenset({"RETURN", "DEFAULT", "FROM", "ALLOW", "FREEZE", "UNFREEZE", "REMOVE"})
"""The statements that are lists, and so can continue after a comma."""


class Line(Struct):
    """A line to be written: its indentation and pieces, and whether an empty line comes before."""

    pieces: list[Piece]
    indent: int = 0
    blank: bool = False

    @property
    def code(self) -> list[Piece]:
        """The pieces without a comment at the end."""
        return self.pieces[:-1] if self.pieces[-1].type == "COMMENT" else self.pieces


class _Layout(Struct):
    """One pass over the lines."""

    statement: Statement = field(default_factory=lambda: Statement("", "other"))
    lines: list[Line] = field(default_factory=list)
    comments: list[Line] = field(default_factory=list)
    """Comments on lines of their own that wait for the line that they are about."""


def laid_out(pieces: Iterable[Piece]) -> list[Line]:
    """The lines of `pieces`."""
    layout = _Layout()
    waiting: deque[list[Piece]] = deque()
    for line in _cut(pieces):
        waiting.append(line)
        while waiting:
            line = waiting.popleft()
            if line[0].type == "COMMENT":
                layout.comments.append(Line(line, blank=line[0].blank))
                continue
            indent = _indent(layout, line)
            parts = _split(layout, line, indent) if _width(line, indent) > WIDTH else None
            if parts:
                waiting.extendleft(reversed(parts))
            else:
                _place(layout, line, indent)
    for comment in layout.comments:
        layout.lines.append(comment)
    return layout.lines


def _cut(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    line: list[Piece] = []
    for piece in pieces:
        if piece.breaks and line:
            yield line
            line = []
        line.append(piece)
    if line:
        yield line


def _width(line: Sequence[Piece], indent: int) -> int:
    """The column at which the code of a line ends; a line with a multi-line string is never too long."""
    if any("\n" in piece.text for piece in line):
        return 0
    code = line[:-1] if line[-1].type == "COMMENT" else line
    return indent + sum(p.gap + len(p.text) for p in code) - (code[0].gap if code else 0)


# -- indentation ------------------------------------------------------------------------------------------------------


def _indent(layout: _Layout, line: Sequence[Piece]) -> int:
    """The column at which a line begins."""
    first = line[0]
    if first.closes is not None:
        for piece in line:
            if piece.closes is None:
                break
            base = piece.closes.base
        return base
    if first.starts is not None:
        layout.statement = first.starts
        first.starts.indent = first.within.base + STEP if first.within is not None else 0
    return _column(layout, first, first.type == "CHAIN")


def _column(layout: _Layout, first: Piece, dash: bool) -> int:
    """The column of a line that begins with `first`, or with a `-` in the same brackets."""
    bracket, statement = first.within, layout.statement
    if bracket is None or bracket.kind == "body":
        if first.starts is not None and not dash:
            return statement.indent + (STEP if statement.hang and statement.form == "chain" else 0)
        if first.type == "ELSE" or (dash and statement.form == "chain"):
            return statement.indent
        hangs = statement.form == "macro" and statement.hang and not dash
        return statement.indent + (2 * STEP if hangs else STEP)
    if bracket.column is not None:
        return bracket.column
    if bracket.kind == "merge":
        return bracket.base + (STEP if first.type == "BAR" else 2 * STEP)
    return bracket.base + (2 * STEP if bracket.hang and not dash else STEP)


def _place(layout: _Layout, line: list[Piece], indent: int) -> None:
    """Add a line in its final form, and record the columns of its brackets."""
    first = line[0]
    base = indent + STEP if first.type in ("CHAIN", "BAR") else indent
    at = indent - first.gap
    for here, after in zip(line, [*line[1:], None], strict=True):
        at += here.gap + len(here.text)
        if here.opens is not None:
            here.opens.base = base
            beside = after is not None and after.type != "COMMENT" and here.opens.kind == "values"
            here.opens.column = at if beside else None
    column = indent + STEP if first.closes is not None else indent
    for comment in layout.comments:
        comment.indent = column
        layout.lines.append(comment)
    layout.comments.clear()
    layout.lines.append(Line(line, indent, first.blank))


# -- long lines -------------------------------------------------------------------------------------------------------


def _split(layout: _Layout, line: list[Piece], indent: int) -> list[list[Piece]] | None:
    """A line that is too long, in parts; None if there is no place to break it.

    The outermost place is chosen: the `|` of a merge; else the braces of merges and loops, whose content gets lines of
    its own; else the `-` of a chain or the commas of a list, each filling its lines; else other brackets.
    """
    outer = _outer(line)
    bars = [i for i in outer if i and line[i].type == "BAR" and line[i].within is not None]
    if bars:
        return _cut_at(line, bars)
    braces = [pair for pair in _pairs(line, outer) if _kind(line[pair[0]]) in ("merge", "for", "body")]
    if braces:
        return _opened(line, braces)
    dashes = [i for i in outer if i and line[i].type == "CHAIN"]
    if dashes and not _stands_flat(layout, line[0], line[dashes[0]]):
        return _split_chain(layout, line, outer, dashes)
    commas = [i + 1 for i in outer if _goes_on(line, i) and _may_go_on(layout, line[i])]
    if commas:
        return _filled(line, commas, indent, _column(layout, line[commas[0]], dash=False))
    return _split_brackets(line, outer, indent)


def _outer(line: Sequence[Piece]) -> list[int]:
    """The pieces of a line that are outside all brackets that it opens."""
    depth = 0
    outer = []
    for i, piece in enumerate(line):
        depth -= piece.closes is not None and depth > 0
        if depth == 0 and piece.type != "COMMENT":
            outer.append(i)
        depth += piece.opens is not None
    return outer


def _goes_on(line: Sequence[Piece], index: int) -> bool:
    """Whether a piece is a comma that is followed by more than a comment."""
    return line[index].type == "COMMA" and index + 1 < len(line) and line[index + 1].type != "COMMENT"


def _may_go_on(layout: _Layout, comma: Piece) -> bool:
    within = comma.within
    return within.kind == "values" if within and within.kind != "body" else layout.statement.first in _LISTS


def _stands_flat(layout: _Layout, first: Piece, dash: Piece) -> bool:
    """Whether the first term of the chain of `dash` has been set so that none of its lines may begin with `-`."""
    if first.leads and first.within is dash.within:
        return False
    if dash.within is None or dash.within.kind == "body":
        return layout.statement.form == "macro" and not layout.statement.hang
    return dash.within.kind == "group" and not dash.within.hang


def _split_chain(layout: _Layout, line: list[Piece], outer: list[int], dashes: list[int]) -> list[list[Piece]]:
    bracket, statement = line[dashes[0]].within, layout.statement
    if bracket is None or bracket.kind == "body":
        if statement.form == "macro":
            assign = next((i for i in outer if line[i].type == "ASSIGN"), None)
            statement.hang = True
            if assign is not None:
                return _cut_at(line, [assign + 1])
    elif bracket.kind == "group":
        bracket.hang = True
    indent = _column(layout, line[0], line[0].type == "CHAIN")
    return _filled(line, dashes, indent, _column(layout, line[dashes[0]], dash=True))


def _filled(line: list[Piece], places: Sequence[int], indent: int, rest: int) -> list[list[Piece]]:
    """`line` cut at some of `places`, so that each part but the last is as long as allowed.

    `indent` is the column of the first part, `rest` that of the others.
    """
    cuts: list[int] = []
    at, before = indent, 0
    for place, after in zip(places, [*places[1:], len(line)], strict=True):
        at += _width(line[before:place], 0)
        here = line[place:after]
        if here and here[-1].type == "COMMENT":
            here = here[:-1]
        if at + here[0].gap + _width(here, 0) > WIDTH or not before and not cuts and at > WIDTH:
            cuts.append(place)
            at = rest
        else:
            at += here[0].gap
        before = place
    return _cut_at(line, cuts or [places[0]])


def _split_brackets(line: list[Piece], outer: list[int], indent: int) -> list[list[Piece]] | None:
    pairs = _pairs(line, outer)
    groups = [pair for pair in pairs if _kind(line[pair[0]]) == "group"]
    if pairs:
        return _opened(line, [max(groups or pairs, key=lambda pair: _width(line[pair[0] + 1 : pair[1]], 0))])
    last = outer[-1]
    if _kind(line[last]) != "values":
        return None
    commas = [i + 1 for i in range(last, len(line)) if _goes_on(line, i) and line[i].within is line[last].opens]
    if not commas:
        return None
    return _filled(line, commas, indent, indent + _width(line[: last + 1], 0))


def _pairs(line: Sequence[Piece], outer: Sequence[int]) -> list[tuple[int, int]]:
    """The outer brackets that a line opens and closes with something between."""
    return [(i, j) for i, j in zip(outer, outer[1:], strict=False) if line[i].opens and line[j].closes and j > i + 1]


def _kind(piece: Piece) -> str:
    return piece.opens.kind if piece.opens is not None else ""


def _opened(line: list[Piece], pairs: Sequence[tuple[int, int]]) -> list[list[Piece]]:
    """`line` with the content of these brackets on lines of its own, and each branch of a merge too."""
    cuts: list[int] = []
    for start, end in pairs:
        bracket = line[start].opens
        assert bracket is not None
        bracket.broken = True
        cuts.append(start + 1)
        if bracket.kind == "merge":
            bars = (i for i in range(start + 2, end) if line[i].type == "BAR" and line[i].within is bracket)
            cuts.extend(bars)
        cuts.append(end)
    return _cut_at(line, cuts)


def _cut_at(line: list[Piece], places: Sequence[int]) -> list[list[Piece]]:
    starts = [0, *places]
    return [line[a:b] for a, b in zip(starts, [*places, len(line)], strict=True)]
