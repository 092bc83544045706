"""Long networks in several columns (or rows), so that a figure has the proportions of a page.

The main path is broken between its parts. A broken frame continues in the next column; a short one is not broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from archc.support.record import Record, replace
from archc.targets.figure.figure import FigureFrame, Graph
from archc.targets.figure.laid import BAND, GAP, PAD, Laid
from archc.targets.figure.place import Placer
from archc.targets.figure.split import Fork, split

WHOLE = 0.34
"""A frame shorter than this fraction of a column is not broken."""
INSIDE = 0.25
"""The penalty for a break inside a frame: as much as for leaving an eighth of a column empty."""


class Open(Record):
    """A frame begins; `length` is that of the whole frame."""

    frame: FigureFrame
    length: float


class Close(Record):
    """The innermost open frame ends."""


class Unit(Record):
    """An element of the main path, with the dead ends attached to it."""

    laid: Laid
    sides: tuple[Laid, ...]


Token: TypeAlias = Open | Close | Unit


def tokens(placer: Placer, graph: Graph) -> list[Token]:
    """The main path of a graph, with frames taken apart."""
    structure = split(graph)
    found: list[Token] = []
    for element in placer.gathered(graph, structure):
        part = graph.parts[element] if isinstance(element, int) else None
        if isinstance(part, FigureFrame) and element not in structure.sides:
            inner = tokens(placer, part.graph)
            found += [Open(part, sum(map(length, inner)) + BAND + 2 * PAD), *inner, Close()]
        else:
            end = element.merge if isinstance(element, Fork) else element
            sides = structure.sides.get(end, ()) if isinstance(end, int) else ()
            laid = placer.element(element, graph)
            found.append(Unit(laid, tuple(placer.aside(s, graph) for s in sides)))
    return found


def length(token: Token) -> float:
    """The length of a token in a column."""
    match token:
        case Unit():
            return token.laid.length + GAP
        case Open():
            return BAND + PAD
        case Close():
            return PAD


def broken(sequence: Sequence[Token], limit: float) -> list[list[Token]]:
    """The tokens in columns of at most `limit`, except for those that cannot be broken."""
    columns: list[list[Token]] = []
    column: list[Token] = []
    used, whole = 0.0, 0
    for token in sequence:
        if whole:
            whole += isinstance(token, Open) - isinstance(token, Close)
            column.append(token)
            continue
        size = length(token)
        if isinstance(token, Open) and token.length < limit * WHOLE:
            size, whole = token.length, 1
        if used + size > limit and not isinstance(token, Close) and (at := _break(column, limit)):
            columns.append(column[:at])
            column = column[at:]
            used = sum(map(length, column))
        column.append(token)
        used += size
    return [*columns, column]


def _break(column: Sequence[Token], limit: float) -> int:
    """Where to break a full column: late, but preferably between frames. 0 if nowhere."""
    best, worst = 0, 10.0
    used, depth = 0.0, 0
    for at, token in enumerate([*column, None]):
        if at and not isinstance(token, Close) and not isinstance(column[at - 1], Open):
            badness = max(depth, 0) * INSIDE + (1 - used / limit) * 2
            if badness <= worst:
                best, worst = at, badness
        if token is not None:
            used += length(token)
            depth += isinstance(token, Open) - isinstance(token, Close)
    return best if best and any(isinstance(token, Unit) for token in column[:best]) else 0


def spread(sequence: Sequence[Token], count: int) -> list[list[Token]]:
    """The tokens in at most `count` columns of similar lengths."""
    high = sum(map(length, sequence)) + 1
    low = high / count
    if count == 1:
        return broken(sequence, high)
    for _ in range(8):
        middle = (low + high) / 2
        if len(broken(sequence, middle)) <= count:
            high = middle
        else:
            low = middle
    tried = [broken(sequence, high * stretch) for stretch in (1.0, 1.05, 1.1, 1.2, 1.3, 1.4)]
    return min((columns for columns in tried if len(columns) == len(tried[0])), key=_badness)


def _badness(columns: Sequence[Sequence[Token]]) -> float:
    """The length of the longest column, and the number of broken frames."""
    longest = max(sum(map(length, column)) for column in columns)
    depth = frames = 0
    for column in columns[:-1]:
        depth += sum(isinstance(token, Open) - isinstance(token, Close) for token in column)
        frames += depth
    return longest * (1 + 0.06 * frames)


def is_lone(column: Sequence[Token]) -> bool:
    """Whether a column has a single box."""
    units = [token.laid for token in column if isinstance(token, Unit)]
    return len(units) == 1 and units[0].box is not None


def tightened(columns: Sequence[Sequence[Token]]) -> list[list[Token]]:
    """Columns whose slabs take no more room across than the largest separate one in them."""
    return [_tight(column) for column in columns]


def _tight(column: Sequence[Token]) -> list[Token]:
    cells = [token.laid.cell for token in column if isinstance(token, Unit) and token.laid.entries]
    known = [cell[1] for cell in cells if cell is not None]
    if not known:
        return list(column)
    spare = (known[0].room - max(cell.across for cell in known)) / 2
    return [
        replace(token, laid=token.laid.narrowed(spare))
        if isinstance(token, Unit) and token.laid.cell and spare > 0
        else token
        for token in column
    ]


def built(placer: Placer, columns: Sequence[Sequence[Token]]) -> Iterator[Laid]:
    """Lay out each column. Open frames continue."""
    opened: list[FigureFrame] = []
    for column in columns:
        rows: list[tuple[list[Laid], dict[int, list[Laid]]]] = [([], {}) for _ in range(len(opened) + 1)]
        frames = [replace(f, label=f"… {f.label}" if f.label else "") for f in opened]
        for token in column:
            match token:
                case Open():
                    opened.append(token.frame)
                    frames.append(token.frame)
                    rows.append(([], {}))
                case Close():
                    opened.pop()
                    _end(placer, rows, frames)
                case Unit():
                    units, hanging = rows[-1]
                    units.append(token.laid)
                    if token.sides:
                        hanging[len(units) - 1] = list(token.sides)
        while len(rows) > 1:
            _end(placer, rows, frames)
        yield placer.row(*rows[0])


def _end(placer: Placer, rows: list[tuple[list[Laid], dict[int, list[Laid]]]], frames: list[FigureFrame]) -> None:
    inner = placer.row(*rows.pop())
    rows[-1][0].append(placer.framed(frames.pop(), inner))
