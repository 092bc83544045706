"""A plain chain whose convolutions have two groups, as in AlexNet: two towers, with lines across where they meet."""

from __future__ import annotations

from dataclasses import replace

from archc.targets.figure.figure import Figure, Slab
from archc.targets.figure.fonts import measure
from archc.targets.figure.laid import NOTE, NOTE_LINE, LaidSlab, Point
from archc.targets.figure.legend import heading_of, legend_of, remarks_of
from archc.targets.figure.page import HEADING, MARGIN, Page, PlacedSlab, Words
from archc.targets.figure.slabs import cells, moved_faces

APART = 26.0
"""The distance between the towers."""
SPACE = 4.5


def lay_out_towers(figure: Figure) -> Page:
    """The page: each slab of both towers is drawn twice, with half of its channels."""
    halves = replace(figure, graph=replace(figure.graph, parts=tuple(map(_half, figure.slabs))))
    looks = cells(halves, "right")
    known = [looks[slab] for slab in halves.slabs]
    heading = heading_of(figure)
    top = MARGIN + (HEADING + 12 if heading else 0)
    high = max(cell.height for cell in known)
    middle = top + high + APART / 2
    low = middle + APART / 2 + high + 14
    placed: list[PlacedSlab] = []
    lines: list[tuple[Point, ...]] = []
    before: list[tuple[float, float]] = []
    x, end = MARGIN, low
    for slab, cell in zip(figure.slabs, known, strict=True):
        told = _words(slab, cell)
        wide = max(cell.width, *(measure(text, NOTE, "bold" if bold else "regular") for text, bold in told))
        left = x + (wide - cell.width) / 2
        middles = [middle + side * (high + APART) / 2 for side in ((-1, 1) if slab.towers > 1 else (0,))]
        faces = tuple(face for y in middles for face in moved_faces(cell.faces, left, y - cell.height / 2))
        words = [
            Words(text, x + wide / 2, low + NOTE_LINE * i, NOTE, "note", "middle", bold)
            for i, (text, bold) in enumerate(told)
        ]
        after = [(left - 1.0, y) for y in middles]
        apart = slab.apart and len(before) == len(after)
        lines += [(a, b) for i, a in enumerate(before) for j, b in enumerate(after) if not apart or i == j]
        before = [(left + cell.width + 1.0, y) for y in middles]
        placed.append(PlacedSlab(slab, faces, tuple(words)))
        end = max(end, low + NOTE_LINE * len(told))
        x += wide + SPACE
    width = max(x - SPACE + MARGIN, *(w.width + 2 * MARGIN for w in (*heading, *remarks_of(figure, 0.0)[0])))
    legend, scale, height = legend_of(figure, width, end)
    remarks, height = remarks_of(figure, height)
    return Page(
        figure, width, height + MARGIN, heading, slabs=tuple(placed), lines=tuple(lines), legend=legend, scale=scale,
        remarks=remarks,
    )  # fmt: skip


def _half(slab: Slab) -> Slab:
    """The part of a slab that is in one tower."""
    if slab.towers == 1:
        return slab
    slices = tuple((kind, (dims[0] // slab.towers, *dims[1:])) for kind, dims in slab.slices)
    return replace(slab, dims=(slab.dims[0] // slab.towers, *slab.dims[1:]), slices=slices)


def _words(slab: Slab, cell: LaidSlab) -> list[tuple[str, bool]]:
    """The layers that make a slab, with the depth of their kernels, and its size in each tower."""
    told = [line for line in cell.lines if line[1]]
    if slab.bank:
        layer, *more = told[-1][0].split(", ")
        told[-1:] = [(f"{layer}×{slab.bank[3]}" + "," * bool(more), True), *((word, True) for word in more)]
    return [*told, ("×".join(map(str, _half(slab).dims)), False)]
