"""Bars: the costs and the accuracy of a few networks side by side. Every axis begins at 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archc.targets.chart.ball import AXES
from archc.targets.chart.canvas import SLIDE, ChartSheet, drawing, extent, over, placed, wrapped, written
from archc.targets.chart.points import Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS = ("params", "macs", "memory", "top1")
WIDE, MIDDLE = 600.0, 400.0
"""The least widths, in points, for four panels side by side, and for two."""
NAMES = 0.35
"""The largest fraction of the width that names may take."""


def bar_chart(points: Sequence[Point], format: str, sheet: ChartSheet = SLIDE) -> bytes:
    """A panel for each cost and one for the accuracy; a bar for each network, in the order given.

    The chart is as wide as the sheet, and as high as its bars need.

    Raises:
        ValueError: For another format, or no points.
    """
    if not points:
        raise ValueError("there is no point to draw")
    panels = [key for key in PANELS if any(getattr(point, key) is not None for point in points)]
    beside = 4 if sheet.width >= WIDE else 2 if sheet.width >= MIDDLE else 1
    rows = [panels[i : i + beside] for i in range(0, len(panels), beside)]
    font = sheet.font
    names = [wrapped(point.called, font, NAMES * sheet.width) for point in points]
    left = max(extent(line, font) for lines in names for line in lines) + 1.6 * font
    bar = max(2.1, 1.3 * max(map(len, names)) + 0.5) * font
    tall = bar * len(points) + 2.4 * font
    name = f"{', '.join(point.called for point in points)}: costs and accuracy"
    height = len(rows) * tall + 0.8 * font
    with drawing(sheet, height) as figure:
        all_over = over(figure)
        room = (sheet.width - left - font) / beside
        for i, row in enumerate(rows):
            bottom = height - (i + 1) * tall
            for j, key in enumerate(row):
                axes = placed(figure, left + j * room, bottom, room - 1.2 * font, bar * len(points))
                _panel(axes, points, key, sheet, room)
            for k, lines in enumerate(names):
                top = bottom + (len(points) - k - 0.5) * bar + 0.65 * font * (len(lines) - 1)
                for number, line in enumerate(lines):
                    y = top - 1.3 * font * number
                    all_over.text(left - 0.6 * font, y, line, fontsize=font, ha="right", va="center_baseline")
        return written(figure, format, {}, name)


def _panel(axes: Axes, points: Sequence[Point], key: str, sheet: ChartSheet, room: float) -> None:
    """One quantity: bars from the top down, each with its number."""
    axis, colours = AXES[key], sheet.colours
    values = [getattr(point, key) for point in points]
    texts = ["not known" if value is None else f"{value / axis.scale:.4g}" for value in values]
    longest = max(value or 0 for value in values) / axis.scale or 1.0
    needed = max(extent(text, sheet.font) for text in texts) + sheet.font
    for i, (value, text) in enumerate(zip(values, texts, strict=True)):
        size = (value or 0) / axis.scale
        axes.barh(i, size, height=0.62, color=colours.hue(i), alpha=0.75, edgecolor=colours.ink, linewidth=0.4)
        axes.annotate(text, (size, i), (0.4 * sheet.font, 0), textcoords="offset points", va="center_baseline")
    axes.set_xlim(0, longest / max(1 - needed / (room - 1.2 * sheet.font), 0.3))
    axes.set_ylim(len(points) - 0.5, -0.5)
    title = f"{axis.title} [{axis.unit}]".replace(" of one sample", "")
    axes.set_title(title, fontsize=sheet.font, loc="left", pad=0.4 * sheet.font)
    axes.tick_params(axis="both", length=0)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)
