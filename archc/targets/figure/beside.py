"""Figures of several networks side by side, each in one column, with a common scale and legend.

Spacers align parts whose tensors have the same size, unless that takes much more room.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from archc.support.record import Struct
from archc.targets.figure.columns import Open, Token, Unit, length
from archc.targets.figure.figure import Box, Figure, Graph
from archc.targets.figure.laid import GAP, Laid, Point
from archc.targets.figure.lay import Arranger
from archc.targets.figure.legend import legend_of, remarks_of
from archc.targets.figure.making import how_to_read
from archc.targets.figure.page import MARGIN, Page, Words
from archc.targets.figure.slabs import cells, moved_faces
from archc.targets.figure.table import merged

MOST_STRETCH = 1.4
"""The maximum length of the aligned networks, relative to the longest network alone."""


def lay_out_beside(figures: Sequence[Figure]) -> Page:
    """One page of figures of one level."""
    whole = together(figures)
    looks = cells(whole, "down")
    alone = [Arranger(replace(one, legend=False, remarks=()), "down", columns=1, looks=looks) for one in figures]
    for one, tokens in zip(alone, _aligned([_runs(one) for one in alone]), strict=True):
        one.tokens = tokens
    pages = [one.page(least=0.0) for one in alone]
    moved: list[Page] = []
    x, things = 0.0, 0
    for page in pages:
        moved.append(_moved(page, x, things))
        things += len(page.boxes) + len(page.slabs)
        x += page.width
    legend, scale, height = legend_of(whole, x, max(page.height for page in pages) - MARGIN + 8)
    remarks, height = remarks_of(whole, height, x)
    return Page(
        whole,
        x,
        height + MARGIN,
        tuple(w for page in moved for w in page.heading),
        tuple(p for page in moved for p in page.panels),
        tuple(f for page in moved for f in page.frames),
        tuple(w for page in moved for w in page.wires),
        tuple(b for page in moved for b in page.boxes),
        tuple(s for page in moved for s in page.slabs),
        captions=tuple(w for page in moved for w in page.captions),
        legend=legend,
        scale=scale,
        remarks=remarks,
    )


def together(figures: Sequence[Figure]) -> Figure:
    """Everything that occurs in any of the figures."""
    first = figures[0]
    graph = Graph(tuple(part for one in figures for part in one.graph.parts), ())
    remarks = how_to_read(graph, first.linear) if first.level == "stage" else ()
    return Figure(
        ", ".join(one.name for one in figures),
        ", ".join(filter(None, (one.title for one in figures))),
        " ".join(f"{one.description}." for one in figures),
        first.level,
        graph,
        tuple(inset for one in figures for inset in one.insets),
        first.heat,
        max(one.hottest for one in figures),
        first.legend,
        remarks or tuple(dict.fromkeys(remark for one in figures for remark in one.remarks)),
        first.linear,
        tuple(dict.fromkeys(meaning for one in figures for meaning in one.meanings)),
    )


def _moved(page: Page, x: float, things: int) -> Page:
    """A page that begins at `x`, its boxes numbered from `things` on."""

    def words(lines: Iterable[Words]) -> tuple[Words, ...]:
        return tuple(replace(w, x=w.x + x) for w in lines)

    def points(line: Sequence[Point]) -> tuple[Point, ...]:
        return tuple((a + x, b) for a, b in line)

    def number(box: int) -> int:
        return box + things if box >= 0 else box

    return replace(
        page,
        heading=words(page.heading),
        captions=words(page.captions),
        panels=tuple(replace(p, x=p.x + x, words=words(p.words)) for p in page.panels),
        frames=tuple(replace(f, x=f.x + x, words=words(f.words)) for f in page.frames),
        wires=tuple(replace(w, points=points(w.points), start=number(w.start), end=number(w.end)) for w in page.wires),
        boxes=tuple(replace(b, x=b.x + x, words=words(b.words)) for b in page.boxes),
        slabs=tuple(
            replace(
                s,
                faces=moved_faces(s.faces, x, 0.0),
                words=words(s.words),
                strokes=tuple(map(points, s.strokes)),
                bank=moved_faces(s.bank, x, 0.0),
            )
            for s in page.slabs
        ),
    )


class _Run(Struct):
    """Consecutive tokens that make tensors of one size. Each slab is a run: `at` counts those of a size."""

    size: str
    at: int
    tokens: list[Token]

    @property
    def row(self) -> str:
        """The key of the runs that it is aligned with."""
        return f"{self.size} {self.at}"

    @property
    def foot(self) -> float:
        """The position of the line on which it is aligned: the foot of a slab, otherwise the top."""
        laid = next((t.laid for t in self.tokens if isinstance(t, Unit) and t.laid.cell is not None), None)
        return (laid.length + laid.cell[1].height) / 2 if laid is not None and laid.cell is not None else 0.0

    @property
    def length(self) -> float:
        """Its length in a column."""
        return sum(map(length, self.tokens))


def _runs(arranger: Arranger) -> list[_Run]:
    """The runs of a network's tokens by output size. A frame that opens before a part belongs to its run."""
    found = [_Run("", 0, [])]
    opening: list[Token] = []
    for token in arranger.tokens:
        if isinstance(token, Open):
            opening.append(token)
            continue
        if isinstance(token, Unit):
            size = _size(token.laid, arranger) or found[-1].size
            same = size == found[-1].size
            if not same or token.laid.cell is not None:
                found.append(_Run(size, found[-1].at + 1 if same else 0, []))
        found[-1].tokens += [*opening, token]
        opening = []
    return found


def _size(laid: Laid, arranger: Arranger) -> str:
    """The resolution of an output, if it is known; `1` for a vector."""
    found, waiting = "", [laid]
    while waiting and not found:
        here = waiting.pop()
        number = here.cell[0] if here.cell is not None else here.box[0] if here.box is not None else None
        thing = arranger.placer.boxes[number] if number is not None else None
        if thing is not None:
            told = thing.shape if isinstance(thing, Box) else "×".join(map(str, thing.dims))
            found = "×".join(told.split("×")[1:]).replace("1×1", "1") or "1" if told else ""
        waiting += [child for child, _, _ in here.children]
    return found


def _aligned(networks: Sequence[list[_Run]]) -> list[list[Token]]:
    """The tokens of each network, with spacers before parts that would be too high."""
    rows = merged([[run.row for run in runs] for runs in networks])
    known = [{run.row: run for run in runs} for runs in networks]
    feet = [max(runs[row].foot for runs in known if row in runs) for row in rows]
    heights = [
        foot + max(runs[row].length - runs[row].foot for runs in known if row in runs)
        for row, foot in zip(rows, feet, strict=True)
    ]
    stretched = sum(heights) > MOST_STRETCH * max(sum(run.length for run in runs) for runs in networks)
    if stretched or any(len(runs) < len(own) for runs, own in zip(known, networks, strict=True)):
        return [[token for run in runs for token in run.tokens] for runs in networks]
    found: list[list[Token]] = []
    for runs in known:
        tokens: list[Token] = []
        spare = 0.0
        for row, foot, height in zip(rows, feet, heights, strict=True):
            spare += height
            if row in runs:
                run = runs[row]
                above = spare - height + foot - run.foot
                tokens += [*_spacer(above), *run.tokens]
                spare -= above + run.length
        found.append(tokens)
    return found


def _spacer(room: float) -> list[Token]:
    """A line of this length in a column."""
    return [Unit(Laid(room - GAP, passing=[[(0.0, 0.0), (room - GAP, 0.0)]]), ())] if room > 0.01 else []
