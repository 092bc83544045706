"""Figures as DOT, for Graphviz: boxes, clusters and edges; Graphviz places them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import graphviz

from archc.targets.figure.figure import Box, Figure, FigureFrame, Kind
from archc.targets.figure.laid import Direction
from archc.targets.figure.listing import Held, Listing
from archc.targets.figure.theme import Theme
from archc.targets.figure.wording import BADGES

SHAPES: dict[Kind, str] = {
    "pool": "octagon",
    "merge": "oval",
    "block": "box3d",
    "shape": "note",
    "head": "Mrecord",
    "attention": "hexagon",
}


def dot(figure: Figure, theme: Theme, direction: Direction | None) -> str:
    """The figure as a DOT document, written by the `graphviz` package."""
    listing = Listing(figure)
    right = direction == "right" or (direction is None and figure.level == "stage")
    graph = graphviz.Digraph(
        graphviz.escape(figure.title),
        graph_attr={"label": graphviz.escape(figure.title), "labelloc": "t", "rankdir": "LR" if right else "TB"},
        node_attr={"shape": "box", "style": "filled", "fontname": "Arial", "fontsize": "10"},
        edge_attr={"fontname": "Arial", "fontsize": "8"},
    )
    for i, (title, held) in enumerate(listing.graphs):
        if title:
            with graph.subgraph(name=f"cluster_inset{i}", graph_attr={"label": graphviz.escape(title)}) as inset:
                _hold(inset, held, listing, theme, f"i{i}")
        else:
            _hold(graph, held, listing, theme, f"i{i}")
    for a, b in listing.edges:
        graph.edge(f"n{a}", f"n{b}", label=graphviz.escape(listing.label(a, b)))
    return str(graph.source)


def _hold(graph: graphviz.Digraph, held: Sequence[Held], listing: Listing, theme: Theme, name: str) -> None:
    for i, thing in enumerate(held):
        if isinstance(thing, int):
            box = listing.boxes[thing]
            lines = "\\n".join(graphviz.escape(t) for t in texts(box))
            style = {"style": "filled,dashed"} if box.frozen or box.broken == "unknown" else {}
            if box.broken == "wrong":
                style = {"color": theme.wrong, "penwidth": "2.2"}
            shape = SHAPES.get(box.kind, "box")
            graph.node(f"n{thing}", lines, fillcolor=theme.fills[box.kind], shape=shape, **style)
        else:
            frame, inner = thing.frame, thing.inside
            label = graphviz.escape(frame_text(frame))
            style = {"style": "dashed"} if frame.frozen else {}
            with graph.subgraph(name=f"cluster_{name}_{i}", graph_attr={"label": label, **style}) as cluster:
                _hold(cluster, inner, listing, theme, f"{name}_{i}")


def texts(box: Box) -> Iterator[str]:
    """The lines of text of a box, with its repeat, and whether it is frozen."""
    yield from box.notes[: box.above]
    yield box.title + (f" ×{box.repeat}" if box.repeat > 1 else "")
    yield from box.notes[box.above :]
    if box.badge:
        yield BADGES[box.badge]


def frame_text(frame: FigureFrame) -> str:
    """The label of a frame."""
    frozen = f"({BADGES[frame.frozen]})" if frame.frozen else ""
    return " ".join(filter(None, (frame.label, f"×{frame.repeat}" if frame.repeat > 1 else "", frozen)))
