"""The sheet that charts are drawn on: its size, theme and fonts, and the same bytes every time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from html import escape
from importlib.resources import as_file
from typing import TYPE_CHECKING, Any

from archc.support.extras import require
from archc.support.record import Record
from archc.support.resources import font
from archc.targets.chart.theme import DARK, LIGHT, ChartTheme, ThemeName, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

FORMATS = ("svg", "png", "pdf", "html")
LEAST = 6.0
"""The smallest size of text in points, on any paper."""
INCH = 72.0
FONTS = {"Arimo": ("Arimo-Regular.ttf", "Arimo-Bold.ttf"), "archc Hangul": ("Hangul-Regular.ttf",)}
"""The shipped fonts and their files; matplotlib's own font has the characters that they lack."""
_FAMILIES = re.compile(r"'Arimo'[^;\"]*")
_STAND_INS = "Arimo, Arial, Helvetica, 'Liberation Sans', 'Noto Sans KR', 'Malgun Gothic', sans-serif"
"""For SVG: fonts with these widths, at least one of which is installed nearly everywhere."""
_DPI = 300
_LONG = re.compile(r"(\d\.\d\d)\d+")
"""Hundredths of a point are precise enough for a drawing, and halve the bytes."""


class ChartSheet(Record):
    """Paper: its width and greatest height in points, and the theme. By default, a 16:9 slide."""

    width: float = 960.0
    height: float = 540.0
    theme: ThemeName = "light"

    @property
    def font(self) -> float:
        """The usual size of text: 6.5 pt in a column, 7.6 on a page, 10 on a slide."""
        return min(max(6.5 + 3.5 * (self.width - 234) / 726, LEAST), 12.0)

    @property
    def colours(self) -> ChartTheme:
        """The theme's colours."""
        return theme(self.theme)


SLIDE = ChartSheet()


@contextmanager
def drawing(sheet: ChartSheet, height: float) -> Iterator[Figure]:
    """An empty figure as wide as the sheet, with matplotlib's defaults regardless of the user's settings."""
    require("matplotlib")
    from matplotlib.figure import Figure
    from matplotlib.style import context

    _bring_fonts()
    with context(["default", _style(sheet)]):
        yield Figure(figsize=(sheet.width / INCH, height / INCH), dpi=INCH)


def _style(sheet: ChartSheet) -> dict[str, Any]:
    colours = sheet.colours
    return {
        "font.family": [*FONTS, "DejaVu Sans"],  # shipped: the same picture on every machine
        "font.size": sheet.font,
        "figure.facecolor": colours.paper,
        "savefig.facecolor": colours.paper,
        "axes.facecolor": colours.paper,
        "axes.edgecolor": colours.faint,
        "axes.labelcolor": colours.ink,
        "axes.labelsize": sheet.font,
        "axes.linewidth": 0.7,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.color": colours.grid,
        "grid.linewidth": 0.5,
        "xtick.color": colours.faint,
        "ytick.color": colours.faint,
        "xtick.labelsize": sheet.font,
        "ytick.labelsize": sheet.font,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "text.color": colours.ink,
        "text.parse_math": False,  # a `$` in a name is a dollar sign, not maths
        "svg.fonttype": "none",
        "svg.hashsalt": "archc",
        "pdf.fonttype": 42,
    }


@cache
def _bring_fonts() -> None:
    """Register the shipped fonts with matplotlib; the Hangul font has one weight, which is also used for bold."""
    from dataclasses import replace

    from matplotlib.font_manager import fontManager

    for file in (file for files in FONTS.values() for file in files):
        with as_file(font(file)) as path:
            fontManager.addfont(path)
    fontManager.ttflist.append(replace(fontManager.ttflist[-1], weight=700))


def placed(figure: Figure, left: float, bottom: float, width: float, height: float, **more: Any) -> Axes:
    """Axes at a place in points, from the lower left corner of the sheet."""
    whole, tall = (inches * INCH for inches in figure.get_size_inches())
    return figure.add_axes((left / whole, bottom / tall, width / whole, height / tall), **more)


def over(figure: Figure) -> Axes:
    """Axes without a line over the whole sheet, whose units are points."""
    width, height = (inches * INCH for inches in figure.get_size_inches())
    axes = placed(figure, 0, 0, width, height, zorder=-1)
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    return axes


# -- letters ----------------------------------------------------------------------------------------------------------


@cache
def _letters(size: float, bold: bool) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    _bring_fonts()
    return FontProperties(family=[*FONTS, "DejaVu Sans"], size=size, weight="bold" if bold else "normal")


ASCENT, DESCENT = 0.74, 0.22
"""How far letters extend above and below the baseline, as fractions of their size."""


def extent(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text, in points."""
    from matplotlib.textpath import text_to_path

    width, _, _ = text_to_path.get_text_width_height_descent(text, _letters(size, bold), ismath=False)
    return float(width)


def wrapped(text: str, size: float, most: float, bold: bool = False) -> list[str]:
    """Text wrapped into lines no wider than `most`; a wider word is broken."""
    lines = [""]
    for word in re.findall(r"\s*\S+", text):
        if lines[-1] and extent(lines[-1] + word, size, bold) <= most:
            lines[-1] += word
            continue
        lines.append(word.lstrip())
        while len(lines[-1]) > 1 and extent(lines[-1], size, bold) > most:
            at = next(
                i for i in range(len(lines[-1]) - 1, 0, -1) if i == 1 or extent(lines[-1][:i], size, bold) <= most
            )
            lines[-1:] = [lines[-1][:at], lines[-1][at:]]
    return lines[1:]


class Heading:
    """A bold title above lines of remarks, as wide as the sheet allows; `height` is the height that it needs."""

    def __init__(self, sheet: ChartSheet, title: str, remark: str = "") -> None:
        self.sheet, self.size = sheet, sheet.font * 1.3
        most = sheet.width - 2 * sheet.font
        self.titles = wrapped(title, self.size, most, bold=True)
        self.remarks = wrapped(remark, sheet.font, most)
        self.height = (0.6 + 1.3 * len(self.remarks)) * sheet.font + 1.25 * len(self.titles) * self.size

    def write(self, axes: Axes) -> None:
        """At the top of axes over the whole sheet."""
        left, top = self.sheet.font, axes.get_ylim()[1] - 0.6 * self.sheet.font
        for line in self.titles:
            axes.text(left, top, line, fontsize=self.size, fontweight="bold", va="top")
            top -= 1.25 * self.size
        for line in self.remarks:
            axes.text(left, top, line, fontsize=self.sheet.font, color=self.sheet.colours.faint, va="top")
            top -= 1.3 * self.sheet.font


# -- files ------------------------------------------------------------------------------------------------------------


def written(figure: Figure, format: str, titles: Mapping[str, str], name: str) -> bytes:
    """A figure as `svg`, `png`, `pdf` or `html`.

    `titles`: the tooltip of each drawn part, by id; `name`: the title of the whole figure.

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
    """The SVG without its prologue, with a title for the figure and for each part that has one."""
    svg = svg[svg.index("<svg") :]
    end = svg.index(">") + 1
    svg = f'{svg[: end - 1]} role="img" aria-label="{escape(name)}"><title>{escape(name)}</title>{svg[end:]}'
    for id, title in titles.items():
        svg = svg.replace(f'<g id="{id}">', f'<g id="{id}" class="part"><title>{escape(title)}</title>', 1)
    return _FAMILIES.sub(_STAND_INS, _LONG.sub(r"\1", svg))


def adaptive(svg: str) -> str:
    """A light chart whose colours are CSS variables of the page (`palette`), which follow the reader's system."""
    for name, light, _ in _pairs():
        svg = svg.replace(light, f"var(--chart-{name}, {light})")
    return svg


def palette() -> str:
    """CSS that gives `adaptive` charts their colours."""
    light = " ".join(f"--chart-{name}: {one};" for name, one, _ in _pairs())
    dark = " ".join(f"--chart-{name}: {one};" for name, _, one in _pairs())
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"


def _pairs() -> Iterator[tuple[str, str, str]]:
    """Each colour of the light theme, by name, with its counterpart in the dark theme."""
    for name in ("paper", "ink", "faint", "grid", "band", "disc"):
        yield name, getattr(LIGHT, name), getattr(DARK, name)
    yield from ((str(i), *pair) for i, pair in enumerate(zip(LIGHT.hues, DARK.hues, strict=True)))


def _page(svg: str, name: str) -> str:
    """A page that shows an SVG; pointing at a part shows its title."""
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(name)}</title>
<style>
:root {{ color-scheme: light dark; }}
{palette()}
body {{ margin: 0; background: var(--chart-paper); color: var(--chart-ink); font: 15px/1.5 system-ui, sans-serif; }}
main {{ max-width: 80rem; margin: 0 auto; padding: 1rem; overflow-x: auto; }}
svg {{ display: block; width: 100%; min-width: 40rem; height: auto; }}
.part:hover {{ filter: brightness(.8) saturate(1.6); cursor: help; }}
</style>
</head>
<body>
<main tabindex="0">
{adaptive(svg)}</main>
</body>
</html>
"""
