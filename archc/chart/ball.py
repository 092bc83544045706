"""The ball chart: accuracy against cost, the area of a ball by parameters (Bianco et al. 2018, figure 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from archc.chart.canvas import FAINT, FONTS, colour, style, written
from archc.chart.labels import Ball, Box, Label, place
from archc.chart.points import Point, X, Y, families

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 13.333, 7.5
"""Inches: a slide."""
PLOT = (0.05, 0.075, 0.825, 0.855)
"""The axes on the sheet: left, bottom, width, height, as parts of it."""
AREA = 12.0
"""Square points of ball, in matplotlib's sense (the square of the diameter), for a million parameters."""
SIZES = (1, 5, 10, 50, 100, 150)
"""The legend's balls, in millions of parameters; those of the lecture's figure."""
SMALL = 7.0
"""The size of a ball's label in points."""
FULL = 100.0
"""Pixels to the inch while the picture is laid out."""
CORNER, CROWD = 0.035, 10
"""On a linear axis, so many networks within this part of it are shown again, larger."""
INSET = (0.36, 0.075, 0.63, 0.44)
"""Where: left, bottom, width and height as parts of the plot."""


@dataclass(frozen=True)
class Axis:
    """How a cost is shown: its name, the unit and how much one unit is."""

    title: str
    unit: str
    scale: float


AXES: dict[str, Axis] = {
    "macs": Axis("Multiply-accumulates of one sample", "G", 1e9),
    "params": Axis("Parameters", "M", 1e6),
    "memory": Axis("Peak activation memory of one sample", "MB", 1e6),
    "depth": Axis("Depth", "layers with weights", 1),
    "top1": Axis("Top-1 accuracy", "%", 1),
    "top5": Axis("Top-5 accuracy", "%", 1),
}


@dataclass(frozen=True)
class Chart:
    """A drawn chart. `unlabelled`: the points for whose names there was no room."""

    data: bytes
    unlabelled: tuple[str, ...]


def ball_chart(
    points: Sequence[Point], format: str, *, x: X = "macs", y: Y = "top1", log: bool = False, title: str = "",
    pareto: bool = False,
) -> Chart:  # fmt: skip
    """The chart of these points, all of which have what is asked for (`Point.has`); the first are labelled first.

    `pareto`: with a line through those that none is both cheaper and better than.

    Raises:
        ValueError: For another format, no points, or nothing above zero on a logarithmic axis.
    """
    from matplotlib.figure import Figure

    if not points:
        raise ValueError("there is no point to draw")
    if log and min(getattr(point, x) for point in points) <= 0:
        raise ValueError(f"{x} is 0 somewhere: a logarithmic axis has no place for it")
    name = title or f"{AXES[y].title} against {AXES[x].title.lower()}"
    with style():
        figure = Figure(figsize=(WIDTH, HEIGHT), dpi=FULL)
        axes = figure.add_axes(PLOT)
        hues = {family: colour(i) for i, family in enumerate(families(points))}
        titles = _balls(axes, points, x, y, hues)
        _axes(axes, points, x, y, log)
        if pareto:
            front = [_at(point, x, y) for point in best(points, x, y)]
            axes.plot(*zip(*front, strict=True), color=FAINT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=2)
        _legend(figure, points, hues)
        figure.text(PLOT[0], 0.962, name, fontsize=14, fontweight="bold", va="center")
        corner = () if log else _zoomed(axes, points, x, y)
        unlabelled: tuple[str, ...] = ()
        taken: tuple[Box, ...] = ()
        if corner:
            inset = axes.inset_axes(INSET)
            titles |= _balls(inset, corner, x, y, hues, "small")
            _axes(inset, corner, x, y, log=False)
            inset.set(xlabel="", ylabel="", facecolor="#ffffff")
            for line in axes.indicate_inset_zoom(inset, edgecolor=FAINT, linewidth=0.6).connectors or ():
                line.set_visible(False)
            limit = f"{inset.get_xlim()[1]:.2g} {AXES[x].unit}"
            inset.text(
                0.985, 0.045, f"the corner below {limit}, larger", transform=inset.transAxes, ha="right", color=FAINT
            )
            figure.draw_without_rendering()  # now the inset knows where it is
            unlabelled = _labels(inset, corner, x, y)
            taken = (_inside(inset),)
        rest = [point for point in points if point not in corner]
        unlabelled += _labels(axes, rest, x, y, corner, taken)
        return Chart(written(figure, format, titles, name), tuple(sorted(unlabelled)))


def best(points: Sequence[Point], x: X, y: Y) -> list[Point]:
    """The points that no other is at least as cheap as and better than, the cheapest first."""
    found: list[Point] = []
    for point in sorted(points, key=lambda p: (getattr(p, x), -getattr(p, y))):
        if not found or getattr(point, y) > getattr(found[-1], y):
            found.append(point)
    return found


def told(point: Point) -> str:
    """A point in words."""
    lines = [point.name + (f" ({point.family})" if point.family and point.family != point.name else "")]
    lines += [f"top-1 {point.top1:g} %"] if point.top1 is not None else []
    lines += [f"top-5 {point.top5:g} %"] if point.top5 is not None else []
    lines += [f"{point.params:,.0f} parameters"] if point.params is not None else []
    lines += [f"{point.macs:,.0f} multiply-accumulates"] if point.macs is not None else []
    lines += [f"accuracy: {point.source}"] if point.source else []
    return "\n".join(lines)


def _balls(
    axes: Axes, points: Sequence[Point], x: X, y: Y, hues: Mapping[str, str], name: str = "ball"
) -> dict[str, str]:
    """Draw the balls, small ones on top of large ones; their titles by id."""
    titles = {}
    for i, point in enumerate(sorted(points, key=lambda p: (-(p.params or 0), p.name))):
        at, hue = _at(point, x, y), hues[point.family]
        area = AREA * (point.params or 0) / 1e6
        ball = axes.scatter(*at, s=area, c=hue, alpha=0.45, edgecolors=hue, linewidths=0.8, clip_on=False, zorder=3)
        axes.scatter(*at, s=1.6, c="#222222", linewidths=0, zorder=4)
        ball.set_gid(f"{name}-{i}")
        titles[f"{name}-{i}"] = told(point)
    return titles


def _at(point: Point, x: X, y: Y) -> tuple[float, float]:
    """Where a point lies, in the units of the axes."""
    return getattr(point, x) / AXES[x].scale, getattr(point, y)


def _axes(axes: Axes, points: Sequence[Point], x: X, y: Y, log: bool) -> None:
    """Limits, grid and names."""
    across, up = zip(*(_at(point, x, y) for point in points), strict=True)
    _limits(axes, across, up, log)
    axes.grid(visible=True)
    axes.set_xlabel(f"{AXES[x].title} [{AXES[x].unit}]")
    axes.set_ylabel(f"{AXES[y].title} [{AXES[y].unit}]")


def _limits(axes: Axes, across: Sequence[float], up: Sequence[float], log: bool) -> None:
    low, high = min(up), max(up)
    room = max(0.06 * (high - low), 0.5)
    axes.set_ylim(floor(low - room), min(100.0, ceil(high + room)) if high <= 100 else ceil(high + room))
    if not log:
        axes.set_xlim(0 if min(across) >= 0 else None, max(max(across) * 1.06, 1e-9))
        return
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    span = max(log10(max(across) / min(across)), 0.3)
    axes.set_xlim(min(across) / 10 ** (0.06 * span), max(across) * 10 ** (0.06 * span))
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _legend(figure: Figure, points: Sequence[Point], hues: Mapping[str, str]) -> None:
    """Beside the plot: the families by colour, below them the sizes."""
    left, top, line = PLOT[0] + PLOT[2] + 0.02, PLOT[1] + PLOT[3] - 0.012, 0.0285
    axes = figure.add_axes((0, 0, 1, 1), zorder=-1)
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    y = top
    for family, hue in hues.items():
        axes.scatter(left + 0.006, y, s=42, c=hue, alpha=0.45, edgecolors=hue, linewidths=0.8)
        axes.text(left + 0.02, y, _short(family or "no family", 16), fontsize=8, va="center")
        y -= line
    largest = max(point.params or 0 for point in points) / 1e6
    shown = [size for size in SIZES if size <= largest * 1.5] or [SIZES[0]]
    bottom = PLOT[1] + 0.012
    for size in reversed(shown):
        radius = (AREA * size) ** 0.5 / 2 / 72 / HEIGHT
        y = bottom + max(radius, line / 2)
        axes.scatter(left + 0.033, y, s=AREA * size, c="#bbbbbb", edgecolors=FAINT, linewidths=0.6)
        axes.text(left + 0.068, y, f"{size} M", fontsize=8, va="center")
        bottom = y + max(radius, line / 2) + 0.003
    axes.text(left, bottom + 0.014, "Parameters", fontsize=8, color=FAINT, va="center")


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _zoomed(axes: Axes, points: Sequence[Point], x: X, y: Y) -> tuple[Point, ...]:
    """The points in the corner of small costs, if they are so many that they need room of their own and there is some.

    There is, where no ball lies in the lower right part of the plot.
    """
    across, up = axes.get_xlim(), axes.get_ylim()
    corner = tuple(point for point in points if _at(point, x, y)[0] < CORNER * across[1])
    edge, height = INSET[0] - 0.04, INSET[1] + INSET[3] + 0.08
    in_the_way = any(
        u > across[1] * edge and v < up[0] + (up[1] - up[0]) * height for u, v in (_at(p, x, y) for p in points)
    )
    return () if in_the_way or len(corner) < CROWD else corner


def _labels(
    axes: Axes, points: Sequence[Point], x: X, y: Y, balls: Sequence[Point] = (), taken: Sequence[Box] = ()
) -> tuple[str, ...]:
    """Write the names beside the balls, clear of `taken`; the names that found no room.

    `balls` are drawn as well, and have their names elsewhere.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=[*FONTS, "DejaVu Sans"], size=SMALL)
    scale = 72 / FULL

    def ball(point: Point, named: bool) -> Ball:
        u, v = axes.transData.transform(_at(point, x, y)) * scale
        width, height, _ = text_to_path.get_text_width_height_descent(point.name, font, ismath=False)
        return Ball(u, v, (AREA * (point.params or 0) / 1e6) ** 0.5 / 2, width if named else 0, height)

    placed = place([ball(p, True) for p in points], _inside(axes), taken, [ball(p, False) for p in balls])
    for point, label in zip(points, placed, strict=True):
        if label is not None:
            _write(axes, point.name, label)
    return tuple(point.name for point, label in zip(points, placed, strict=True) if label is None)


def _inside(axes: Axes) -> Box:
    """The plot in points of the sheet, a little smaller than it is."""
    box, scale = axes.bbox, 72 / FULL
    return box.x0 * scale + 2, box.y0 * scale + 2, box.x1 * scale - 1, box.y1 * scale


def _write(axes: Axes, name: str, label: Label) -> None:
    back, scale = axes.transData.inverted(), FULL / 72
    left, bottom, _, _ = label.box
    x, y = back.transform((left * scale, bottom * scale))
    axes.text(x, y, name, fontsize=SMALL, va="baseline", zorder=6)
    if label.leader is not None:
        (a, b), (c, d) = (back.transform((u * scale, v * scale)) for u, v in label.leader)
        axes.plot((a, c), (b, d), color=FAINT, linewidth=0.45, zorder=5)
