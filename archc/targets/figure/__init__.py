"""Figures of networks.

    figure(network, level, wanted)  -> Figure  the content (figure.py: boxes, frames, edges, insets, slabs)
    lay_out(figure, direction)      -> Page    its geometry, in points (page.py)
    scene(page, theme)              -> Scene   shapes and texts in colours (scene.py)
    render(figure, format, look)    -> bytes   all of these steps: svg, png, pdf, tex, dot or mmd
    render_beside(figures, format)  -> bytes   several networks side by side, and warnings

Equal figures give equal bytes. Every `Box` carries its module `path` and the `nodes` (indices into `Network.nodes`)
that it stands for; `Page.boxes` has them with their places, and an SVG has the paths as ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

from archc.support.record import Record
from archc.targets.figure.beside import lay_out_beside
from archc.targets.figure.figure import LEVELS, Figure, FigureError, Heat, Level, Wanted
from archc.targets.figure.laid import Direction
from archc.targets.figure.lay import lay_out
from archc.targets.figure.making import figure
from archc.targets.figure.page import Page
from archc.targets.figure.paging import Room, fitted, lay_out_pages
from archc.targets.figure.theme import THEMES, ThemeName, theme

__all__ = [
    "FORMATS",
    "LEVELS",
    "THEMES",
    "Direction",
    "Figure",
    "FigureError",
    "Format",
    "Heat",
    "Level",
    "Look",
    "Room",
    "ThemeName",
    "Wanted",
    "building",
    "figure",
    "interactive",
    "lay_out",
    "lay_out_pages",
    "render",
    "render_beside",
    "render_pages",
    "table",
    "unshown",
]

Format: TypeAlias = Literal["svg", "png", "pdf", "tex", "dot", "mmd"]
FORMATS: tuple[Format, ...] = get_args(Format)
PLACED = ("svg", "png", "pdf", "tex")
"""The formats in which everything has a position."""


class Look(Record):
    """The style of a figure.

    `direction`: that of the flow; None for the default, right for stages and down for others. `scale`: the pixels per
    point of a PNG.
    """

    theme: ThemeName = "light"
    direction: Direction | None = None
    scale: float = 2.0


USUAL = Look()


def render(figure: Figure, format: str, look: Look = USUAL) -> bytes:
    """The figure as a file of this format, one of `FORMATS`.

    Raises:
        ValueError: the format is unknown.
    """
    if format == "dot":
        from archc.targets.figure.dot import dot

        return dot(figure, theme(look.theme), look.direction).encode("utf-8", "replace")
    if format == "mmd":
        from archc.targets.figure.mermaid import mermaid

        return mermaid(figure, theme(look.theme), look.direction).encode("utf-8", "replace")
    if format not in FORMATS:
        raise ValueError(f"no such format: {format}")
    return print_pages([lay_out(figure, look.direction)], format, look)[0]


def render_beside(
    figures: Sequence[Figure], format: str, look: Look = USUAL, room: Room | None = None
) -> tuple[bytes, list[str]]:
    """Figures of one level side by side, on paper if there is a room for it, as a file of a format, and warnings.

    Raises:
        FigureError: The format has no places.
    """
    _placed(format)
    page = lay_out_beside(figures)
    page, warnings = fitted(page, room) if room is not None else (page, [])
    return print_pages([page], format, look)[0], warnings


def _placed(format: str) -> None:
    if format not in PLACED:
        kinds = ", ".join(f".{one}" for one in PLACED)
        raise FigureError(f"a figure for paper or of several networks is one of {kinds}; .{format} has no places")


def unshown(figure: Figure, format: str) -> str:
    """The warning about characters that a format cannot show; empty if it shows all."""
    if format == "tex":
        from archc.targets.figure.tikz import unsaid

        lost = unsaid(figure)
        return f"pdflatex has no letter for {' '.join(lost)}: there are question marks in its place" if lost else ""
    from archc.targets.figure.fonts import lacking

    lost = lacking(figure.texts()) if format in PLACED else ""
    return f"no font on this computer has {' '.join(lost)}: there are boxes in its place" if lost else ""


def render_pages(figure: Figure, format: str, room: Room, look: Look = USUAL) -> tuple[list[bytes], list[str]]:
    """The figure on paper as files of a format, a PDF with all pages in one, and warnings.

    Raises:
        FigureError: The format has no places.
    """
    _placed(format)
    pages, warnings = lay_out_pages(figure, look.direction, room)
    return print_pages(pages, format, look), warnings


def print_pages(pages: Sequence[Page], format: str, look: Look) -> list[bytes]:
    """Pages as files of a format with positions; a PDF has all pages in one file."""
    if format == "tex":
        from archc.targets.figure.tikz import tikz

        return [tikz(page, theme(look.theme)).encode() for page in pages]
    from archc.targets.figure.scene import scene

    painted = [scene(page, theme(look.theme)) for page in pages]
    if format == "svg":
        from archc.targets.figure.svg import svg

        return [svg(one).encode() for one in painted]
    from archc.targets.figure.paint import paint

    return [paint(painted, "pdf")] if format == "pdf" else [paint([one], "png", look.scale) for one in painted]
