r"""A page as TikZ: positions as in the other formats, with named styles, editable nodes and real text.

The document compiles by itself with pdflatex (`standalone`, `helvet`), and can be included in a paper with `\input`
after `\usepackage{standalone,tikz}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archc.targets.figure.figure import Badge, Broken, Figure, Kind
from archc.targets.figure.laid import Point
from archc.targets.figure.page import Page, Words
from archc.targets.figure.scene import DIM, corner, dimmed, shaded
from archc.targets.figure.theme import Theme
from archc.targets.figure.wording import clean

SIGNS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "×": r"$\times$", "·": r"$\cdot$", "–": "--", "…": r"\dots{}",
    "→": r"$\to$", "−": "$-$",
}  # fmt: skip
"""The LaTeX for characters that it would interpret or does not have."""
SHAPES: dict[Kind, str] = {
    "pool": "chamfered rectangle",
    "merge": "rectangle, rounded corners=9bp",
    "linear": "rectangle, rounded corners=7bp",
    "activation": "rectangle, rounded corners=7bp",
    "head": "rectangle, rounded corners=7bp, double, double distance=0.8bp",
    "shape": "rectangle, densely dotted",
    "regularization": "rectangle, densely dashed",
    "attention": "chamfered rectangle, chamfered rectangle corners={north west, south east}",
    "block": "rectangle, sharp corners",
}
"""The outline for each kind, so that kinds differ without colour."""
BROKEN: dict[Broken, str] = {
    "": "",
    "unknown": ", dash pattern=on 4bp off 4bp",
    "wrong": ", solid, draw=archc wrong, line width=2.2bp",
}
"""The outlines of errors, and of parts of unknown size after one."""


def tikz(page: Page, theme: Theme) -> str:
    """The page as a LaTeX document, in which a point of the figure is a PostScript point (`bp`)."""
    cut, scale = (page.paper.cut, page.paper.scale) if page.paper is not None else (0.0, 1.0)
    width, height = page.width - 2 * cut, page.height - 2 * cut
    lines = [
        f"% {_comment(page.figure.description)}",
        f"% {width * scale:.0f} x {height * scale:.0f} bp, smallest text {8 * scale:.1f} bp. In a paper:",
        "% \\usepackage{standalone,tikz}",
        "% \\usetikzlibrary{shapes.misc}, then \\resizebox{\\linewidth}{!}{\\input{this file}}.",
        r"\documentclass[tikz]{standalone}",
        r"\usepackage[T1]{fontenc}",
        r"\usepackage[scaled]{helvet}",
        r"\usetikzlibrary{shapes.misc}",
        r"\begin{document}",
        *_colours(page.figure, theme),
        rf"\begin{{tikzpicture}}[x=1bp, y=-1bp, scale={scale:.4f}, transform shape, line join=round,",
        r"  every node/.append style={inner sep=0, outer sep=0},",
        *_styles(page.figure),
        "]",
        *_body(page, theme),
        r"\end{tikzpicture}",
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    return escaped(text).replace("\n", " ")


def escaped(text: str) -> str:
    """A text as pdflatex source; a character that it cannot set becomes a question mark."""
    told = (SIGNS.get(c, c if ord(c) < 0x180 else "?") for c in clean(text).replace("\ufffd", "?"))
    return "".join(told)


def unsaid(figure: Figure) -> str:
    """The characters of a figure's texts that pdflatex cannot set."""
    return "".join(sorted({c for text in figure.texts() for c in text if ord(c) >= 0x180 and c not in SIGNS}))


def _name(kind: str) -> str:
    return f"archc {kind}"


def _colours(figure: Figure, theme: Theme) -> Iterator[str]:
    named = {
        "ink": theme.ink, "muted": theme.muted, "line": theme.line, "edge": theme.edge, "paper": theme.paper,
        "accent": theme.accent, "panel": theme.panel, "frame": theme.frame, "frame edge": theme.frame_edge,
        "text": theme.text,
    }  # fmt: skip
    named |= {kind: theme.fills[kind] for kind in figure.kinds()}
    if any(box.broken == "wrong" for box in figure.boxes()):
        named["wrong"] = theme.wrong
    for name, colour in named.items():
        yield rf"\definecolor{{{_name(name)}}}{{HTML}}{{{colour[1:].upper()}}}"


def _styles(figure: Figure) -> Iterator[str]:
    """A style for each kind of mark that occurs, so that a paper can change it in one place."""
    font = r"font=\sffamily\fontsize{{{0}}}{{{1}}}\selectfont{2}"
    small, large = font.format(8, 10, ""), font.format(10, 12.5, r"\bfseries")
    yield r"  archc wire/.style={draw=archc line, line width=0.8bp, rounded corners=4bp},"
    yield r"  archc arrow/.style={archc wire, -latex},"
    yield r"  archc frame/.style={draw=archc frame edge, fill=archc frame, line width=0.6bp, rounded corners=5bp},"
    yield r"  archc panel/.style={draw=archc frame edge, fill=archc panel, line width=0.6bp, rounded corners=6bp},"
    yield rf"  archc note/.style={{text=archc muted, {small}}},"
    yield rf"  archc strong/.style={{text=archc ink, {font.format(8, 10, chr(92) + 'bfseries')}}},"
    yield rf"  archc large/.style={{text=archc ink, {large}}},"
    yield rf"  archc heading/.style={{text=archc ink, {font.format(14, 17, chr(92) + 'bfseries')}}},"
    yield rf"  archc box/.style={{draw=archc edge, text=archc text, line width=0.8bp, align=center, {small}}},"
    yield r"  archc marked/.style={draw=archc accent, line width=2.2bp},"
    for kind in figure.kinds():
        shape = SHAPES.get(kind, "rectangle, rounded corners=2.5bp")
        yield rf"  archc {kind} box/.style={{archc box, {shape}, fill=archc {kind}}},"


# -- things -----------------------------------------------------------------------------------------------------------


def _body(page: Page, theme: Theme) -> Iterator[str]:
    cut = page.paper.cut if page.paper is not None else 0.0
    corners = f"({_n(cut)},{_n(cut)}) rectangle ({_n(page.width - cut)},{_n(page.height - cut)})"
    yield rf"\fill[archc paper] {corners};"
    yield rf"\useasboundingbox {corners};"
    for panel in page.panels:
        yield _rectangle("archc panel", panel.x, panel.y, panel.width, panel.height)
        yield from map(_words, panel.words)
    for frame in page.frames:
        style = "archc frame, archc marked" if frame.frame.marked else "archc frame"
        style += ", densely dashed" if not frame.frame.path else ""
        yield _rectangle(style, frame.x, frame.y, frame.width, frame.height)
        yield from map(_words, frame.words)
    for wire in page.wires:
        yield rf"\draw[archc {'arrow' if wire.arrow else 'wire'}] {_path(wire.points)};"
    yield from _slabs(page, theme)
    for line in page.lines:
        yield rf"\draw[archc line, line width=0.6bp] {_path(line)};"
    for arc in page.arcs:
        points = " ".join(f"({_n(x)},{_n(y)})" for x, y in arc)
        yield rf"\draw[archc line, line width=0.6bp, -latex] plot[smooth] coordinates {{{points}}};"
    for i, box in enumerate(page.boxes):
        yield from _box(page, i, theme)
        yield from _corner(box.box.badge, box.x, box.y, theme)
    for frame in page.frames:
        yield from _corner(frame.frame.frozen, frame.x, frame.y, theme)
    for words in (*page.captions, *page.heading, *page.remarks):
        yield _words(words)
    yield from _legend(page, theme)


def _box(page: Page, number: int, theme: Theme) -> Iterator[str]:
    """The cards behind a box, the box as a node with its lines of text, and its count."""
    placed = page.boxes[number]
    box, figure = placed.box, page.figure
    yield f"% {clean(box.path) or box.title}"
    style = _name(box.kind) + " box"
    if figure.heat:
        fill = theme.blank if box.heat is None else theme.warmth(box.heat / max(figure.hottest, 1))
        yield rf"\definecolor{{archc heat}}{{HTML}}{{{fill[1:].upper()}}}"
        style += ", fill=archc heat"
    elif box.dimmed:
        style += f", fill=archc {box.kind}!{100 - 100 * DIM:.0f}!archc paper"
    x, y = placed.x + placed.width / 2, placed.y + placed.height / 2
    size = _size(box.kind, placed.width, placed.height)
    if placed.cards:
        steps = min(box.repeat - 1, 2)
        for i in range(steps, 0, -1):
            off = placed.cards / steps * i
            yield rf"\node[{style}, fill opacity=0.65, {size}] at ({_n(x + off)},{_n(y + off)}) {{}};"
    marked = ", archc marked" if box.marked else ""
    marked += BROKEN[box.broken]
    yield rf"\node[{style}{marked}, {size}] (b{number}) at ({_n(x)},{_n(y)}) {{}};"
    if box.kind in ("block", "input"):
        for at in (placed.x + 2.5, placed.x + placed.width - 2.5):
            yield rf"\draw[archc edge, line width=0.6bp] ({_n(at)},{_n(placed.y)}) -- +(0,{_n(placed.height)});"
    yield from (_words(words, "archc text") for words in placed.words)


def _size(kind: Kind, width: float, height: float) -> str:
    """The options for a node's size; TikZ cuts the corners outside its inner size."""
    if kind in ("pool", "attention"):
        cut = min(3.0, height / 5)
        inner = f"inner xsep={_n(width / 2 - cut)}bp, inner ysep={_n(height / 2 - cut)}bp"
        return f"chamfered rectangle sep={_n(cut)}bp, {inner}"
    return f"minimum width={_n(width)}bp, minimum height={_n(height)}bp"


def _slabs(page: Page, theme: Theme) -> Iterator[str]:
    for placed in page.slabs:
        slab, figure = placed.slab, page.figure
        fill = dimmed(theme.fills[slab.kind], slab, theme)
        if figure.heat:
            fill = theme.blank if slab.heat is None else theme.warmth(slab.heat / max(figure.hottest, 1))
        yield f"% {clean(slab.path) or ' '.join(slab.names)}"
        edge = "archc accent, line width=1.8bp" if slab.marked else "archc edge, line width=0.6bp"
        for points, shade, kind in placed.faces:
            colour = dimmed(theme.fills[kind], slab, theme) if kind is not None and not figure.heat else fill
            yield from _face(points, shaded(colour, shade), edge)
        for line in placed.strokes:
            yield rf"\draw[archc edge, line width=0.6bp] {_path(line)};"
        for face in placed.bank:
            yield from _face(face.points, shaded(theme.paper, face.shade / 2), "archc edge, line width=0.5bp")
        yield from map(_words, placed.words)
        (x, y), *_ = placed.faces[0].points
        yield from _corner(slab.badge, x, y, theme)


def _face(points: Sequence[Point], colour: str, edge: str) -> Iterator[str]:
    yield rf"\definecolor{{archc face}}{{HTML}}{{{colour[1:].upper()}}}"
    yield rf"\filldraw[draw={edge}, fill=archc face] {_path(points)} -- cycle;"


def _legend(page: Page, theme: Theme) -> Iterator[str]:
    for sample in page.legend:
        if sample.kind is not None:
            x, y = sample.x + sample.width / 2, sample.y + sample.height / 2
            size = _size(sample.kind, sample.width, sample.height)
            corners = ", rounded corners=4bp" if "rounded corners=" in SHAPES.get(sample.kind, "") else ""
            yield rf"\node[archc {sample.kind} box, {size}{corners}] at ({_n(x)},{_n(y)}) {{}};"
        yield from _corner(sample.badge, sample.x + sample.width / 2, sample.y + sample.height / 2, theme)
        yield from map(_words, sample.words)
    if page.scale is not None:
        bar = page.scale
        for i in range(16):
            colour = theme.warmth((i + 0.5) / 16)
            yield rf"\definecolor{{archc heat}}{{HTML}}{{{colour[1:].upper()}}}"
            left, part = bar.x + bar.width * i / 16, bar.width / 16 + 0.3
            yield rf"\fill[archc heat] ({_n(left)},{_n(bar.y)}) rectangle +({_n(part)},{_n(bar.height)});"
        yield from map(_words, bar.words)


def _corner(badge: Badge, x: float, y: float, theme: Theme) -> Iterator[str]:
    """The mark at a corner, from the same shapes as in the other formats."""
    names = {theme.ink: "archc ink", theme.paper: "archc paper"}
    for shape in corner(badge, x, y, theme):
        if shape.fill:
            style = f"draw=archc ink, fill={names[shape.fill]}, line width=0.7bp"
            yield rf"\filldraw[{style}] ({_n(x)},{_n(y)}) circle [radius=4.8bp];"
        else:
            points: Sequence[Point] = [(p[0], p[1]) for p in shape.path]
            yield rf"\draw[{names[shape.stroke or theme.ink]}, line width=0.6bp] {_path(points)};"


def _words(words: Words, colour: str = "") -> str:
    usual = {"heading": "large" if words.size == 10.0 else "heading", "title": "large", "badge": "large"}
    style = usual.get(words.role, "") if words.size > 8.0 else "strong" if words.bold else "note"
    anchor = {"start": "base west", "middle": "base", "end": "base east"}[words.anchor]
    text = f", text={colour}" if colour else ""
    return rf"\node[archc {style}{text}, anchor={anchor}] at ({_n(words.x)},{_n(words.y)}) {{{escaped(words.text)}}};"


def _rectangle(style: str, x: float, y: float, width: float, height: float) -> str:
    return rf"\draw[{style}] ({_n(x)},{_n(y)}) rectangle ({_n(x + width)},{_n(y + height)});"


def _path(points: Sequence[Point]) -> str:
    return " -- ".join(f"({_n(x)},{_n(y)})" for x, y in points)


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
