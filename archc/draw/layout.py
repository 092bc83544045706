"""Geometry: one column of boxes, edges that skip boxes routed as lanes on its right. Linear in boxes and edges."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from archc.draw.figure import Box, Edge, Figure

SIZE, LINE, GAP, PAD, LANE = 11.0, 15.0, 30.0, 10.0, 9.0


@dataclass(frozen=True)
class Placed:
    """A box and its place, in points, from the top left."""

    box: Box
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """An edge as the corners of its line."""

    edge: Edge
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Layout:
    """Everything placed, and the size of the page in points."""

    title: str
    width: float
    height: float
    boxes: tuple[Placed, ...]
    routes: tuple[Route, ...]


@cache
def _font() -> object:
    import matplotlib
    from PIL import ImageFont

    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"), 100)


@cache
def measure(text: str) -> float:
    """The width of a text in DejaVu Sans at `SIZE`, in points."""
    return float(_font().getlength(text)) * SIZE / 100  # type: ignore[attr-defined]


def lay_out(figure: Figure) -> Layout:
    """Place the boxes from top to bottom in execution order."""
    texts = [(*b.lines, f"×{b.repeat}") if b.repeat > 1 else b.lines for b in figure.boxes]
    width = max((measure(t) for lines in texts for t in lines), default=60.0) + 2 * PAD
    y, placed = 40.0, []
    for box, lines in zip(figure.boxes, texts, strict=True):
        height = len(lines) * LINE + PAD
        placed.append(Placed(box, 20.0, y, width, height, lines))
        y += height + GAP
    beside = 20 + width / 2 + 5 + max((measure(e.shape) for e in figure.edges), default=0.0)
    base = max(20 + width, beside)  # lanes pass to the right of the boxes and of the shapes beside the edges
    routes, lanes = _routes(figure, placed, base)
    page = max(base + lanes * LANE + 20, measure(figure.title) * 1.2 + 40)
    return Layout(figure.title, page, y, tuple(placed), routes)


def _routes(figure: Figure, placed: list[Placed], base: float) -> tuple[tuple[Route, ...], int]:
    ends: list[int] = []
    routes = []
    for edge in figure.edges:
        a, b = placed[edge.start], placed[edge.end]
        if edge.end == edge.start + 1:
            x = a.x + a.width / 2
            routes.append(Route(edge, ((x, a.y + a.height), (x, b.y))))
            continue
        lane = next((i for i, end in enumerate(ends) if end <= edge.start), len(ends))
        ends[lane : lane + 1] = [edge.end]
        x, right = base + (lane + 1) * LANE, a.x + a.width
        low, high = a.y + a.height * 0.7, b.y + b.height * 0.3
        routes.append(Route(edge, ((right, low), (x, low), (x, high), (right, high))))
    return tuple(routes), len(ends)
