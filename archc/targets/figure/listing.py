"""Figures as lists of boxes and edges across frames, for DOT and Mermaid."""

from __future__ import annotations

from typing import TypeAlias

from archc.support.record import Record
from archc.targets.figure.figure import ENTRY, EXIT, Box, Figure, FigureFrame, Graph, Slab
from archc.targets.figure.operands import sign
from archc.targets.figure.wording import counted


class Inside(Record):
    """A frame and its content."""

    frame: FigureFrame
    inside: tuple[Held, ...]


Held: TypeAlias = int | Inside
"""A box by its number in `Listing.boxes`, or a frame."""


class Listing:
    """A figure's boxes by number, the edges between them, and the graphs: the network, then the insets."""

    def __init__(self, figure: Figure) -> None:
        self.boxes: list[Box] = []
        self.edges: list[tuple[int, int]] = []
        self.graphs: list[tuple[str, list[Held]]] = [("", self._read(figure.graph)[0])]
        self.graphs += [(inset.title, self._inset(inset.graph)) for inset in figure.insets]

    def label(self, start: int, end: int) -> str:
        """The label of an edge: the shape of its tensor, and the sign of an operand."""
        one, other = self.boxes[start], self.boxes[end]
        return " ".join(filter(None, (one.shape, sign(one, other))))

    def _inset(self, graph: Graph) -> list[Held]:
        """An inset, with a box for its input if it has none."""
        held, entries, _ = self._read(graph)
        if all(self.boxes[entry].kind == "input" for entry in entries):
            return held
        self.boxes.append(Box("", "input", "in"))
        number = len(self.boxes) - 1
        self.edges += [(number, entry) for entry in entries]
        return [number, *held]

    def _read(self, graph: Graph) -> tuple[list[Held], list[int], list[int]]:
        """The content of a graph, the boxes that incoming lines lead to, and those that outgoing lines leave."""
        held: list[Held] = []
        ends: list[tuple[list[int], list[int]]] = []
        for part in graph.parts:
            if not isinstance(part, FigureFrame):
                self.boxes.append(part if isinstance(part, Box) else _box(part))
                number = len(self.boxes) - 1
                held.append(number)
                ends.append(([number], [number]))
            else:
                inner, first, last = self._read(part.graph)
                held.append(Inside(part, tuple(inner)))
                ends.append((first, last))
        entries: list[int] = []
        exits: list[int] = []
        for e in graph.edges:
            if e.start == ENTRY:
                entries += ends[e.end][0]
            elif e.end == EXIT:
                exits += ends[e.start][1]
            else:
                self.edges += [(a, b) for a in ends[e.start][1] for b in ends[e.end][0]]
        return held, entries, exits


def _box(slab: Slab) -> Box:
    """A slab as a box."""
    size = counted("×".join(map(str, dims)) for dims in (slab.dims, *slab.more))
    notes = tuple(filter(None, (slab.light, slab.inside, size)))
    return Box(
        slab.path, slab.kind, ", ".join(slab.names), notes, nodes=slab.nodes, frozen=slab.frozen, signs=slab.signs
    )
