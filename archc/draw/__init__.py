"""Figures: `render` writes one as SVG, PNG, PDF or DOT."""

from __future__ import annotations

import io
from html import escape
from typing import Any

from archc.draw.figure import Figure
from archc.draw.layout import LINE, PAD, SIZE, Layout, lay_out

COLOURS = {
    "input": "#eeeeee",
    "conv": "#9fd0ee",
    "linear": "#f2c46d",
    "pool": "#8fd6bd",
    "norm": "#f5efa0",
    "activation": "#f0b08a",
    "regularization": "#dddddd",
    "merge": "#e3b3cf",
    "shape": "#ffffff",
    "head": "#f2c46d",
    "block": "#c9d8ea",
}  # tints of Okabe and Ito's palette, light enough for black text


def render(figure: Figure, format: str) -> bytes:
    """The figure as `svg`, `png`, `pdf` or `dot`. Equal figures give equal bytes.

    Raises:
        ValueError: For another format.
    """
    if format == "dot":
        return _dot(figure).encode()
    layout = lay_out(figure)
    if format == "svg":
        return _svg(layout).encode()
    if format in ("png", "pdf"):
        return _paint(layout, format)
    raise ValueError(f"no such format: {format}")


def _svg(page: Layout) -> str:
    title = escape(page.title)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{page.width:.1f}" height="{page.height:.1f}" '
        f'viewBox="0 0 {page.width:.1f} {page.height:.1f}" font-family="DejaVu Sans, sans-serif" '
        f'font-size="{SIZE}"><title>{title}</title><desc>{len(page.boxes)} boxes</desc>',
        '<defs><marker id="tip" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="6" markerHeight="6" orient="auto">'
        '<path d="M0 0L6 3L0 6z"/></marker></defs><rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="20" y="24" font-weight="bold">{title}</text>',
    ]
    for r in page.routes:
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in r.points)
        out.append(f'<polyline points="{points}" fill="none" stroke="#333" marker-end="url(#tip)"/>')
        if r.edge.shape and len(r.points) == 2:
            (x, y), (_, z) = r.points
            out.append(f'<text x="{x + 5:.1f}" y="{(y + z) / 2 + 4:.1f}">{escape(r.edge.shape)}</text>')
    for b in page.boxes:
        out.append(
            f'<g id="{escape(b.box.id)}"><rect x="{b.x:.1f}" y="{b.y:.1f}" width="{b.width:.1f}" '
            f'height="{b.height:.1f}" rx="3" fill="{COLOURS[b.box.family]}" stroke="#333"/>'
        )
        for i, line in enumerate(b.lines):
            y = b.y + PAD / 2 + LINE * i + SIZE
            out.append(f'<text x="{b.x + b.width / 2:.1f}" y="{y:.1f}" text-anchor="middle">{escape(line)}</text>')
        out.append("</g>")
    return "\n".join([*out, "</svg>", ""])


def _dot(figure: Figure) -> str:
    import graphviz

    graph = graphviz.Digraph(graphviz.escape(figure.title), node_attr={"shape": "box", "style": "filled"})
    for i, box in enumerate(figure.boxes):
        lines = (*box.lines, f"×{box.repeat}") if box.repeat > 1 else box.lines
        graph.node(f"n{i}", "\\n".join(graphviz.escape(t) for t in lines), fillcolor=COLOURS[box.family])
    for e in figure.edges:
        graph.edge(f"n{e.start}", f"n{e.end}", graphviz.escape(e.shape))
    return str(graph.source)


def _paint(page: Layout, format: str) -> bytes:
    from matplotlib.figure import Figure as Canvas
    from matplotlib.patches import Rectangle

    canvas = Canvas(figsize=(page.width / 72, page.height / 72))
    axes = canvas.add_axes((0, 0, 1, 1), xlim=(0, page.width), ylim=(page.height, 0))
    axes.axis("off")
    style: dict[str, Any] = {"fontsize": SIZE, "fontfamily": "DejaVu Sans", "parse_math": False}
    axes.text(20, 24, page.title, **style)
    for r in page.routes:
        xs, ys = zip(*r.points, strict=True)
        axes.plot(xs[:-1], ys[:-1], color="#333", lw=0.8)
        axes.annotate(
            "",
            r.points[-1],
            r.points[-2],
            arrowprops={"arrowstyle": "-|>", "color": "#333", "lw": 0.8, "shrinkA": 0, "shrinkB": 0},
        )
        if r.edge.shape and len(r.points) == 2:
            axes.text(xs[0] + 5, sum(ys) / 2 + 4, r.edge.shape, **style)
    for b in page.boxes:
        axes.add_patch(Rectangle((b.x, b.y), b.width, b.height, fc=COLOURS[b.box.family], ec="#333", lw=0.8))
        for i, line in enumerate(b.lines):
            axes.text(b.x + b.width / 2, b.y + PAD / 2 + LINE * i + SIZE, line, ha="center", **style)
    file = io.BytesIO()
    dpi = min(150.0, 20000 / max(page.height, page.width) * 72)
    unsaid = "CreationDate" if format == "pdf" else "Software"  # the same bytes every time
    canvas.savefig(file, format=format, dpi=dpi, metadata={unsaid: None})
    return file.getvalue()
