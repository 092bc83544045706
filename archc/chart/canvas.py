"""The sheet that charts are drawn on: one style, and the same bytes every time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from html import escape
from importlib.resources import as_file
from typing import TYPE_CHECKING, Any

from archc.resources import font

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf", "html")
INK, FAINT, GRID = "#222222", "#666666", "#e4e4e4"
COLOURS = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#882255", "#999933", "#332288", "#44aa99",
    "#7f7f7f", "#ddcc77", "#aa4499", "#117733", "#88ccee", "#661100",
)  # fmt: skip
"""Okabe and Ito's palette, then Tol's muted one: neighbours in the list can be told apart by all readers."""

FONTS = {"Arimo": ("Arimo-Regular.ttf", "Arimo-Bold.ttf"), "archc Hangul": ("Hangul-Regular.ttf",)}
"""The shipped fonts and their files; matplotlib's own has what they lack."""
_FAMILIES = re.compile(r"'Arimo'[^;\"]*")
_STAND_INS = "Arimo, Arial, Helvetica, 'Liberation Sans', 'Noto Sans KR', 'Malgun Gothic', sans-serif"
"""For SVG: what has these widths nearly everywhere."""
_STYLE: dict[str, Any] = {
    "font.family": [*FONTS, "DejaVu Sans"],  # shipped: the same picture on every machine
    "font.size": 9.0,
    "axes.edgecolor": "#888888",
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "text.color": INK,
    "text.parse_math": False,  # a `$` in a name is a dollar
    "svg.fonttype": "none",
    "svg.hashsalt": "archc",
    "pdf.fonttype": 42,
}
_DPI = 160
_LONG = re.compile(r"(\d\.\d\d)\d+")
"""Hundredths of a point are fine enough for a drawing, and half the bytes."""


@contextmanager
def style() -> Iterator[None]:
    """Matplotlib's own defaults with the style of charts, whatever the user's settings are."""
    from matplotlib.style import context

    _bring_fonts()
    with context(["default", _STYLE]):
        yield


@cache
def _bring_fonts() -> None:
    """Make the shipped fonts known to matplotlib; the Hangul has one weight, which stands for bold too."""
    from dataclasses import replace

    from matplotlib.font_manager import fontManager

    for file in (file for files in FONTS.values() for file in files):
        with as_file(font(file)) as path:
            fontManager.addfont(path)
    fontManager.ttflist.append(replace(fontManager.ttflist[-1], weight=700))


def colour(index: int) -> str:
    """The colour of series number `index`."""
    return COLOURS[index % len(COLOURS)]


def written(figure: Figure, format: str, titles: Mapping[str, str], name: str) -> bytes:
    """A figure as `svg`, `png`, `pdf` or `html`.

    `titles`: for each id of a drawn part what a reader is told who points at it; `name`: the title of the whole.

    Raises:
        ValueError: For another format.
    """
    if format == "html":
        return _page(written(figure, "svg", titles, name).decode(), name).encode()
    if format not in FORMATS:
        raise ValueError(f"no such format: {format}")
    unsaid = {"pdf": ("CreationDate", "Creator", "Producer"), "svg": ("Date", "Creator"), "png": ("Software",)}
    file = io.BytesIO()
    figure.savefig(file, format=format, dpi=_DPI, metadata=dict.fromkeys(unsaid[format]))
    if format != "svg":
        return file.getvalue()
    return _titled(file.getvalue().decode(), titles, name).encode()


def _titled(svg: str, titles: Mapping[str, str], name: str) -> str:
    """The SVG without its prologue, with a title for the whole and for each part that has one."""
    svg = svg[svg.index("<svg") :]
    end = svg.index(">") + 1
    svg = f'{svg[: end - 1]} role="img" aria-label="{escape(name)}"><title>{escape(name)}</title>{svg[end:]}'
    for id, title in titles.items():
        svg = svg.replace(f'<g id="{id}">', f'<g id="{id}" class="part"><title>{escape(title)}</title>', 1)
    return _FAMILIES.sub(_STAND_INS, _LONG.sub(r"\1", svg))


def _page(svg: str, name: str) -> str:
    """A page that shows an SVG; pointing at a part tells its title."""
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(name)}</title>
<style>
body {{ margin: 0; background: #fff; color: {INK}; font: 15px/1.5 system-ui, sans-serif; }}
main {{ max-width: 80rem; margin: 0 auto; padding: 1rem; overflow-x: auto; }}
svg {{ display: block; width: 100%; min-width: 40rem; height: auto; }}
.part:hover {{ filter: brightness(.8) saturate(1.6); cursor: help; }}
</style>
</head>
<body>
<main tabindex="0">
{svg}</main>
</body>
</html>
"""
