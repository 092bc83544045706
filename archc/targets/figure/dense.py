"""Dense blocks: a chain whose blocks each concatenate their output to their input, with an arc to every reader."""

from __future__ import annotations

from dataclasses import replace

from archc.targets.figure.figure import Edge, Figure, Graph, Slab
from archc.targets.figure.fonts import measure
from archc.targets.figure.inner import Inner
from archc.targets.figure.laid import NOTE, NOTE_LINE, Point
from archc.targets.figure.legend import heading_of, legend_of, remarks_of
from archc.targets.figure.page import HEADING, MARGIN, Page, PlacedSlab, Words
from archc.targets.figure.pieces import Structure
from archc.targets.figure.slabs import cells, moved_faces
from archc.targets.figure.steps import Step

SPACE = 18.0
RISE = 13.0
"""The additional height of an arc for each slab that it passes."""


def grown(steps: list[Step], structure: Structure) -> list[tuple[int, ...]]:
    """The output of each block of a dense chain, with `steps` between input and output; empty for other chains."""
    inner, found = Inner(structure), []
    for step in steps:
        (box, *others) = step.boxes
        if others or box.repeat > 1 or inner.passes(box) != ("concat",):
            return []
        last = structure.network.nodes[max(box.nodes)]
        own = [structure.network.type_of(ref).dims for ref in last.inputs if ref.node in box.nodes]
        if last.op.merge != "concat" or len(own) != 1:
            return []
        found.append(own[0])
    return found if len(found) > 1 else []


def dense(slabs: list[Slab], made: list[tuple[int, ...]]) -> Graph:
    """The graph in which each block reads the outputs of all before it. The first slab is the input.

    The last is the output, which consists of all of these.
    """
    first, *blocks = slabs
    shown = [replace(slab, dims=dims, passes=(), dense=True) for slab, dims in zip(blocks, made, strict=True)]
    out = Slab("", "input", blocks[-1].dims, ("out",), dense=True, channel_axis=first.channel_axis)
    parts = (replace(first, dense=True), *shown, out)
    pairs = ((a, b) for a in range(len(parts)) for b in range(a + 1, len(parts)))
    return Graph(parts, tuple(Edge(a, b) for a, b in pairs))


def lay_out_dense(figure: Figure) -> Page:
    """The page: a row, lines between neighbours, and arcs above."""
    looks = cells(figure, "right")
    known = [looks[slab] for slab in figure.slabs]
    heading = heading_of(figure)
    top = MARGIN + (HEADING + 12 if heading else 0) + RISE * (len(known) - 1)
    high = max(cell.height for cell in known)
    low = top + high + 14
    placed: list[PlacedSlab] = []
    edges: list[tuple[float, float, float]] = []
    x = MARGIN
    for slab, cell in zip(figure.slabs, known, strict=True):
        wide = max(cell.width, *(measure(text, NOTE, "bold" if bold else "regular") for text, bold in cell.lines))
        left = x + (wide - cell.width) / 2
        words = tuple(
            Words(text, x + wide / 2, low + NOTE_LINE * i, NOTE, "note", "middle", bold)
            for i, (text, bold) in enumerate(cell.lines)
        )
        placed.append(PlacedSlab(slab, moved_faces(cell.faces, left, top + (high - cell.height) / 2), words))
        edges.append((left, left + cell.width, top + (high - cell.height) / 2))
        x += wide + SPACE
    arcs = [_arc(edges, edge, top + high / 2) for edge in figure.graph.edges]
    end = low + NOTE_LINE * max(len(cell.lines) for cell in known)
    width = max(x - SPACE + MARGIN, *(w.width + 2 * MARGIN for w in (*heading, *remarks_of(figure, 0.0)[0])))
    legend, scale, height = legend_of(figure, width, end)
    remarks, height = remarks_of(figure, height)
    return Page(
        figure, width, height + MARGIN, heading, slabs=tuple(placed), arcs=tuple(arcs), legend=legend, scale=scale,
        remarks=remarks,
    )  # fmt: skip


def _arc(edges: list[tuple[float, float, float]], edge: Edge, middle: float) -> tuple[Point, ...]:
    """A straight line to the next slab, an arc to a later one."""
    (left, start, top), (end, right, other) = edges[edge.start], edges[edge.end]
    if edge.end == edge.start + 1:
        return (start, middle), (end, middle)
    a, b = ((left + start) / 2 + 2, top + 4), ((end + right) / 2 - 2, other + 4)
    rise = RISE * (edge.end - edge.start) * 4 / 3
    return tuple(
        (a[0] + (b[0] - a[0]) * (3 - 2 * t) * t * t, a[1] + (b[1] - a[1]) * t - rise * 3 * t * (1 - t))
        for t in (i / 16 for i in range(17))
    )
