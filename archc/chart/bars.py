"""Bars: the costs and the accuracy of a few networks side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archc.chart.ball import AXES
from archc.chart.canvas import INK, colour, style, written
from archc.chart.points import Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS = ("params", "macs", "memory", "top1")


def bar_chart(points: Sequence[Point], format: str) -> bytes:
    """A panel for each cost and one for the accuracy; a bar for each network, in the order given.

    Raises:
        ValueError: For another format, or no points.
    """
    from matplotlib.figure import Figure

    if not points:
        raise ValueError("there is no point to draw")
    panels = [key for key in PANELS if any(getattr(point, key) is not None for point in points)]
    name = f"{', '.join(point.name for point in points)}: costs and accuracy"
    with style():
        figure = Figure(figsize=(11.0, 1.3 + 0.36 * len(points)))
        all_axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        longest = max(len(point.name) for point in points)
        top = 1 - 0.55 / (1.3 + 0.36 * len(points))
        figure.subplots_adjust(left=min(0.03 + 0.0068 * longest, 0.4), right=0.985, top=top, bottom=0.1, wspace=0.12)
        for axes, key in zip(all_axes, panels, strict=True):
            _panel(axes, points, key)
        return written(figure, format, {}, name)


def _panel(axes: Axes, points: Sequence[Point], key: str) -> None:
    """One quantity: bars from the top down, each with its number."""
    axis = AXES[key]
    values = [getattr(point, key) for point in points]
    longest = max(value or 0 for value in values) / axis.scale
    for i, value in enumerate(values):
        size = (value or 0) / axis.scale
        axes.barh(i, size, height=0.62, color=colour(i), alpha=0.75)
        text = "not known" if value is None else f"{size:.4g}"
        axes.text(size + 0.02 * (longest or 1), i, text, fontsize=8, va="center", color=INK)
    axes.set_xlim(0, (longest or 1) * 1.28)
    axes.set_ylim(len(points) - 0.5, -0.5)
    axes.set_yticks(range(len(points)))
    axes.set_yticklabels([point.name for point in points], fontsize=9, color=INK)
    axes.set_title(f"{axis.title} [{axis.unit}]".replace(" of one sample", ""), fontsize=9, loc="left")
    axes.tick_params(axis="both", length=0)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
