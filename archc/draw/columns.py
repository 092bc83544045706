"""Long networks in several columns (or rows), so that a figure has the proportions of a page.

The main way is broken between its parts. A frame that is broken goes on in the next column; a short one is not broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from archc.draw.figure import Frame, Graph
from archc.draw.place import BAND, GAP, PAD, Laid, Placer
from archc.draw.split import Fork, Split, split

WHOLE = 0.34
"""A frame shorter than this part of a column is not broken."""


@dataclass(frozen=True, slots=True)
class Open:
    """A frame begins; `length` is that of all of it."""

    frame: Frame
    length: float


@dataclass(frozen=True, slots=True)
class Close:
    """The last frame that began ends."""


@dataclass(frozen=True, slots=True)
class Unit:
    """An element of the main way, and the dead ends that hang from it."""

    laid: Laid
    sides: tuple[Laid, ...]


Token: TypeAlias = Open | Close | Unit


def tokens(placer: Placer, graph: Graph) -> list[Token]:
    """The main way of a graph, with the frames on it taken apart."""
    structure = split(graph)
    found: list[Token] = []
    for element in structure.main:
        part = graph.parts[element] if isinstance(element, int) else None
        if isinstance(part, Frame) and element not in structure.sides:
            inner = tokens(placer, part.graph)
            found += [Open(part, sum(map(length, inner)) + BAND + 2 * PAD), *inner, Close()]
        else:
            end = element.merge if isinstance(element, Fork) else element
            sides = structure.sides.get(end, ()) if isinstance(end, int) else ()
            own = Split((element,), {})
            laid = placer.elements(graph, own)[0][0]
            found.append(Unit(laid, tuple(placer.row([placer.element(e, graph) for e in s], {}) for s in sides)))
    return found


def length(token: Token) -> float:
    """How much of a column a token takes."""
    match token:
        case Unit():
            return token.laid.length + GAP
        case Open():
            return BAND + PAD
        case Close():
            return PAD


def broken(sequence: Sequence[Token], limit: float) -> list[list[Token]]:
    """The tokens in columns no longer than `limit`, but for what cannot be broken."""
    columns: list[list[Token]] = [[]]
    used, kept = 0.0, 0
    for token in sequence:
        size = length(token)
        if not kept and isinstance(token, Open) and token.length < limit * WHOLE:
            size, kept = token.length, 1
        elif kept:
            kept += isinstance(token, Open) - isinstance(token, Close)
            columns[-1].append(token)
            continue
        starts = not isinstance(token, Close) and used + size > limit and used > 0
        if starts:
            column = columns[-1]
            at = len(column)
            while at and isinstance(column[at - 1], Open):
                at -= 1
            if at:
                columns.append(column[at:])
                del column[at:]
                used = sum(map(length, columns[-1]))
        columns[-1].append(token)
        used += size
    return columns


def spread(sequence: Sequence[Token], count: int) -> list[list[Token]]:
    """The tokens in at most `count` columns of lengths as equal as can be."""
    high = sum(map(length, sequence)) + 1
    low = high / count
    if count == 1:
        return broken(sequence, high)
    best = None
    for _ in range(12):
        middle = (low + high) / 2 if best is not None else low * 1.02
        columns = broken(sequence, middle)
        if len(columns) <= count:
            best, high = columns, middle
        else:
            low = middle
            best = best or broken(sequence, high)
    return best or broken(sequence, high)


def built(placer: Placer, columns: Sequence[Sequence[Token]]) -> Iterator[Laid]:
    """Each column laid out. Frames that were open go on."""
    opened: list[Frame] = []
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


def _end(placer: Placer, rows: list[tuple[list[Laid], dict[int, list[Laid]]]], frames: list[Frame]) -> None:
    inner = placer.row(*rows.pop())
    rows[-1][0].append(placer.framed(frames.pop(), inner))
