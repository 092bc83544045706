"""Columns: blanks that align a piece with the line above or below are kept, others are not.

Neighbouring lines make a table where pieces begin (or numbers end) in one column of the source and one of them has more
blanks before it than it needs. A line that is too short to reach a column does not interrupt it; an empty line or a
comment does. A table is laid out again, so that a changed cell moves its column, and keeps the distance that its widest
cell had.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archc.diagnostics.source import Source
from archc.support.record import Struct, field
from archc.syntax.format.layout import WIDTH, Line
from archc.syntax.format.pieces import Piece


class _Column(Struct):
    """Cells of one column: pieces of different rows that begin (`left`) or end (`right`) together."""

    left: bool
    right: bool
    place: int
    cells: list[tuple[_Row, int]] = field(default_factory=list)
    wide: bool = False

    @property
    def key(self) -> tuple[int, bool]:
        """Its position among the columns."""
        return self.place, self.left


class _Row(Struct):
    """A line with where its pieces begin and end in the source, and which column each belongs to."""

    line: Line
    starts: list[int]
    ends: list[int]
    shift: int
    """The number of columns by which the line moves to the right."""
    columns: dict[int, _Column] = field(default_factory=dict)
    begin: dict[int, int] = field(default_factory=dict)
    """The pieces that begin and end in a column of the source."""
    finish: dict[int, int] = field(default_factory=dict)
    cursor: int = 0
    placed: int = -1
    """The last piece that has been placed, and where it ends."""

    def spare(self, index: int) -> int:
        """The number of blanks before a piece in the source beyond those that it needs."""
        gap = self.starts[index] - self.ends[index - 1]
        return max(0, gap - self.line.pieces[index].gap)

    def advance(self, index: int) -> int:
        """Where piece `index` begins if it and those before it that have no place yet take the blanks they need."""
        pieces = self.line.pieces
        if self.placed < 0:
            self.cursor, self.placed = self.line.indent + len(pieces[0].text), 0
        for piece in pieces[self.placed + 1 : index]:
            self.cursor += piece.gap + len(piece.text)
        self.placed = index - 1
        return self.cursor + pieces[index].gap


def align(source: Source, lines: Sequence[Line]) -> None:
    """Set the `gap` of the pieces of `lines` that are aligned in columns."""
    for block in _blocks(lines):
        rows = [row for row in (_row(source, line) for line in block) if row is not None]
        columns = [c for c in _columns(rows) if c.wide]
        gaps = _gaps(columns)
        if all(_end(row, gaps) <= WIDTH for row in rows):
            for piece, gap in gaps.items():
                piece.gap = gap


def _blocks(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Runs of consecutive lines."""
    block: list[Line] = []
    for line in lines:
        if line.blank or line.pieces[0].type in ("COMMENT", "RAW", "DOC"):
            if len(block) > 1:
                yield block
            block = []
        if line.pieces[0].type not in ("COMMENT", "RAW", "DOC"):
            block.append(line)
    if len(block) > 1:
        yield block


def _row(source: Source, line: Line) -> _Row | None:
    """A line as a row, unless it is composed differently than in the source."""
    pieces = line.pieces
    if not (pieces[0].led and pieces[-1].last) or any(p.led for p in pieces[1:]) or any("\n" in p.text for p in pieces):
        return None
    column = source.position(pieces[0].start)[1]
    offset = column - pieces[0].start
    if any(b.start < a.end for a, b in zip(pieces, pieces[1:], strict=False)):
        return None
    shift = line.indent - (column - 1)
    row = _Row(line, [p.start + offset for p in pieces], [p.end + offset for p in pieces], shift)
    row.begin = {start: i for i, start in enumerate(row.starts)}
    row.finish = {end: i for i, end in enumerate(row.ends)}
    return row


def _columns(rows: Sequence[_Row]) -> list[_Column]:
    """The columns of a run of rows."""
    found: list[_Column] = []
    above: list[_Row] = []
    """The rows that can still be seen, the longest first."""
    for row in rows:
        seen = len(above) - 1
        for index in range(1, len(row.starts)):
            while seen >= 0 and above[seen].ends[-1] <= row.starts[index]:
                seen -= 1
            if seen >= 0:
                _link(above[seen], row, index, found)
        while above and above[-1].ends[-1] <= row.ends[-1]:
            above.pop()
        above.append(row)
    return found


def _link(above: _Row, row: _Row, index: int, found: list[_Column]) -> None:
    """Join a piece to the column of the piece above it, if both can be cells of one."""
    piece, cell = row.line.pieces[index], _cell(row.line.pieces, index)
    if cell is None:
        return
    starting, ending = above.begin.get(row.starts[index], 0), above.finish.get(row.ends[index], 0)
    if piece.type != "NUMBER" or above.line.pieces[ending].type != "NUMBER":
        ending = 0
    partner = ending or starting
    if not partner or _cell(above.line.pieces, partner) != cell:
        return
    if above.shift != row.shift and not (above.spare(partner) and row.spare(index)):
        return  # the alignment may be a coincidence
    left, right = partner == starting, partner == ending
    column = above.columns.get(partner)
    if column is None:
        column = _Column(left, right, row.starts[index])
        column.cells.append((above, partner))
        column.wide = above.spare(partner) > 0
        above.columns[partner] = column
        found.append(column)
    elif not (column.left and left or column.right and right):
        return
    column.left, column.right = column.left and left, column.right and right
    column.place = row.starts[index] if column.left else row.ends[index]
    column.cells.append((row, index))
    column.wide = column.wide or row.spare(index) > 0
    row.columns[index] = column


def _cell(pieces: Sequence[Piece], index: int) -> str | None:
    """The kind of cell that a piece can be: a separator of terms, or the start of a value. Others are not aligned."""
    piece, before = pieces[index], pieces[index - 1]
    if piece.type in ("CHAIN", "BAR", "IF", "ASSIGN", "COMMENT"):
        return piece.type
    in_values = piece.within is not None and piece.within.kind == "values"
    if before.type == "COLON" or (in_values and before.type in ("COMMA", "LPAR", "LSQB")):
        return f"after {before.type}"
    return None


def _gaps(columns: Sequence[_Column]) -> dict[Piece, int]:
    """The blanks before each cell, the columns from left to right."""
    gaps: dict[Piece, int] = {}
    for column in sorted(columns, key=lambda c: c.key):
        natural = [(row.advance(index), row, index) for row, index in column.cells]
        spare = min(row.spare(index) for row, index in column.cells)
        widths = [0 if column.left else len(row.line.pieces[index].text) for _, row, index in natural]
        place = spare + max(start + width for (start, _, _), width in zip(natural, widths, strict=True))
        for (start, row, index), width in zip(natural, widths, strict=True):
            piece = row.line.pieces[index]
            gaps[piece] = piece.gap + place - width - start
            row.cursor = place - width + len(piece.text)
            row.placed = index
    return gaps


def _end(row: _Row, gaps: dict[Piece, int]) -> int:
    """The column at which the code of a row ends."""
    code = row.line.code
    return row.line.indent + sum(gaps.get(p, p.gap) + len(p.text) for p in code) - code[0].gap
