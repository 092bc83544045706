"""Figures of several networks beside each other: each in one column, one legend for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from archc.targets.figure.figure import Figure, Graph
from archc.targets.figure.laid import Point
from archc.targets.figure.lay import Arranger
from archc.targets.figure.legend import legend_of, remarks_of
from archc.targets.figure.page import MARGIN, Page, Words
from archc.targets.figure.slabs import moved_faces


def lay_out_beside(figures: Sequence[Figure]) -> Page:
    """One page of figures of one level."""
    pages = [Arranger(replace(one, legend=False, remarks=()), "down", columns=1).page(least=0.0) for one in figures]
    whole = together(figures)
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
    """What is shown of all figures."""
    first = figures[0]
    return Figure(
        ", ".join(one.name for one in figures),
        ", ".join(filter(None, (one.title for one in figures))),
        " ".join(f"{one.description}." for one in figures),
        first.level,
        Graph(tuple(part for one in figures for part in one.graph.parts), ()),
        tuple(inset for one in figures for inset in one.insets),
        first.heat,
        max(one.hottest for one in figures),
        first.legend,
        tuple(dict.fromkeys(remark for one in figures for remark in one.remarks)),
        first.linear,
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
