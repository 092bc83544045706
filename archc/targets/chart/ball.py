"""The ball chart: accuracy against cost, the area of a ball by parameters (Bianco et al. 2018, figure 1).

It is as wide as its sheet, with text no smaller than `LEAST`. If the names do not fit beside the balls, first the text
is made smaller, then the chart higher, as far as the sheet allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from archc.support.record import Record
from archc.targets.chart.canvas import (
    ASCENT,
    DESCENT,
    LEAST,
    SLIDE,
    ChartSheet,
    Heading,
    drawing,
    extent,
    over,
    placed,
    written,
)
from archc.targets.chart.key import LINE, Key, dot
from archc.targets.chart.labels import Ball, Box, PlacedLabel, place
from archc.targets.chart.points import Point, X, Y, families

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AREA = 12.0 / 960
"""The area of a ball in square points (of its diameter, as in matplotlib) per million parameters and point of width."""
NARROW = 600.0
"""The key is below the plot on a sheet that is narrower than this, in points."""
CORNER, CROWD = 0.035, 10
"""On a linear axis, an inset enlarges this many networks within this fraction of the axis."""
MANY = 30
"""With more points than this, marks and names start out small."""
INSET = (0.36, 0.09, 0.63, 0.44)
"""The position of the inset: left, bottom, width and height as fractions of the plot."""


class Axis(Record):
    """How a cost is shown: its name, the unit, and the size of one unit."""

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


class Chart(Record):
    """A drawn chart. `unlabelled`: the points whose names did not fit."""

    data: bytes
    unlabelled: tuple[str, ...]


class BallOptions(Record):
    """What a chart shows: the costs and accuracy of its axes, a logarithmic cost, a title, the line of the best.

    `labels`: the words beside balls, by the points' names; None: each has its title.
    """

    x: X = "macs"
    y: Y = "top1"
    log: bool = False
    title: str = ""
    pareto: bool = False
    labels: Mapping[str, str] | None = None

    def label(self, point: Point) -> str:
        """The label of a ball; empty for none."""
        return point.called if self.labels is None else self.labels.get(point.name, "")

    def at(self, point: Point) -> tuple[float, float]:
        """The position of a point, in the units of the axes."""
        return getattr(point, self.x) / AXES[self.x].scale, getattr(point, self.y)


USUAL = BallOptions()


def ball_chart(points: Sequence[Point], format: str, sheet: ChartSheet = SLIDE, wanted: BallOptions = USUAL) -> Chart:
    """The chart of these points, which all have the required values (`Point.has`); earlier ones are labelled first.

    Raises:
        ValueError: For another format, no points, or nothing above zero on a logarithmic axis.
    """
    if not points:
        raise ValueError("there is no point to draw")
    if wanted.log and min(wanted.at(point)[0] for point in points) <= 0:
        raise ValueError(f"{wanted.x} is 0 somewhere: a logarithmic axis has no place for it")
    chart = None
    for height, font in _rooms(sheet, len(points)):
        with drawing(sheet, height) as figure:
            drawn = _Drawing(points, sheet, wanted, figure, height, font)
            unlabelled = drawn.labelled()
            if chart is None or len(unlabelled) < len(chart.unlabelled):
                chart = Chart(written(figure, format, drawn.titles, drawn.name), unlabelled)
        if not unlabelled:
            break
    assert chart is not None
    return chart


def _rooms(sheet: ChartSheet, points: int) -> Iterator[tuple[float, float]]:
    """Heights of a chart and sizes of its names to try, the best first."""
    height = min(sheet.width * (0.5625 if sheet.width >= NARROW else 1.05), sheet.height)
    font = sheet.font if points <= MANY else LEAST
    while True:
        yield height, max(font, LEAST)
        if font > LEAST:
            font -= 1
        elif height < sheet.height:
            height = min(height * 1.12, sheet.height)
        else:
            return


class _Drawing:
    """One attempt at a chart: `height` of the sheet and `font` of the names."""

    def __init__(
        self,
        points: Sequence[Point],
        sheet: ChartSheet,
        wanted: BallOptions,
        figure: Figure,
        height: float,
        font: float,
    ) -> None:
        self.points, self.sheet, self.wanted, self.figure, self.font = points, sheet, wanted, figure, font
        self.area = AREA * sheet.width
        self.numbers = {family: i for i, family in enumerate(families(points))}
        self.titles: dict[str, str] = {}
        self.front: list[tuple[float, float]] = []
        self.name = wanted.title or f"{AXES[wanted.y].title} against {AXES[wanted.x].title.lower()}"
        self.axes = self._sheet(height)

    def _sheet(self, height: float) -> Axes:
        """Draw everything but the names; returns the axes of the plot."""
        sheet, font = self.sheet, self.sheet.font
        heading = Heading(sheet, self.name)
        shown = {_family(name, self.points): number for name, number in self.numbers.items()}
        largest = max(point.params or 0 for point in self.points) / 1e6
        key = Key(sheet, max(min(font, 8.5), LEAST), shown, largest, self.area, self.wanted.pareto)
        left, foot, top = 4 * font, 3.4 * font, height - heading.height - 0.3 * font
        all_over = over(self.figure)
        heading.write(all_over)
        if sheet.width >= NARROW:
            right = sheet.width - key.width - 2 * font
            key.beside(all_over, right + 1.6 * font, foot, top)
        else:
            right, most = sheet.width - 1.2 * font, sheet.width - 2 * font
            key.below(all_over, font, most)
            foot += sum(map(key.tall, key.rows(most))) + 0.8 * font
        axes = placed(self.figure, left, foot, right - left, top - foot)
        self._balls(axes, self.points)
        self._scales(axes, self.points, self.wanted.log)
        if self.wanted.pareto:
            self.front = [self.wanted.at(point) for point in best(self.points, self.wanted.x, self.wanted.y)]
            across, up = zip(*self.front, strict=True)
            axes.plot(across, up, color=sheet.colours.faint, linewidth=0.9, linestyle=(0, LINE), zorder=2)
        return axes

    def labelled(self) -> tuple[str, ...]:
        """Draw the names; returns those that did not fit."""
        corner = () if self.wanted.log else self._zoomed()
        taken: tuple[Box, ...] = ()
        without: tuple[str, ...] = ()
        if corner:
            inset = self._inset(corner)
            without = self._labels(inset, corner)
            left, bottom, right, top = _inside(inset)
            taken = ((left, bottom, right, top + 1.6 * self.sheet.font),)
        rest = [point for point in self.points if point not in corner]
        return tuple(sorted(without + self._labels(self.axes, rest, corner, taken)))

    def _balls(self, axes: Axes, points: Sequence[Point], name: str = "ball") -> None:
        """Draw the balls, small ones on top of large ones, each with the mark of its family at its centre."""
        for i, point in enumerate(sorted(points, key=lambda p: (-(p.params or 0), p.name))):
            at, number = self.wanted.at(point), self.numbers[point.family]
            hue = self.sheet.colours.hue(number)
            area = self.area * (point.params or 0) / 1e6
            ball = axes.scatter(*at, s=area, c=hue, alpha=0.45, edgecolors=hue, linewidths=0.8, clip_on=False, zorder=3)
            dot(axes, *at, number, self.sheet, self._mark)
            ball.set_gid(f"{name}-{i}")
            self.titles[f"{name}-{i}"] = told(point)

    @property
    def _mark(self) -> float:
        """The size of a mark."""
        return 0.5 * self.sheet.font if len(self.points) <= MANY else 0.35 * self.sheet.font

    def _scales(self, axes: Axes, points: Sequence[Point], log: bool) -> None:
        """Limits, grid and names."""
        across, up = zip(*map(self.wanted.at, points), strict=True)
        _limits(axes, across, up, log)
        axes.grid(visible=True)
        x, y = AXES[self.wanted.x], AXES[self.wanted.y]
        axes.set_xlabel(f"{x.title} [{x.unit}]")
        axes.set_ylabel(f"{y.title} [{y.unit}]")
        if axes.get_ylim()[0] > 0:
            self._broken(axes)

    def _broken(self, axes: Axes) -> None:
        """Two strokes across the foot of an axis that does not begin at 0."""
        from matplotlib.transforms import ScaledTranslation

        colours, size = self.sheet.colours, 0.45 * self.sheet.font
        for rise in (0.7, 1.15):
            move = ScaledTranslation(0, rise * self.sheet.font / 72, self.figure.dpi_scale_trans)
            axes.plot(
                0, 0, transform=axes.transAxes + move, marker=((-1, -0.45), (1, 0.45)), markersize=2 * size,
                color=colours.ink, markeredgewidth=0.8, clip_on=False, zorder=7, gid=f"broken-{rise}",
            )  # fmt: skip

    def _zoomed(self) -> tuple[Point, ...]:
        """The points of small cost, if they are numerous enough to need an inset and there is room for one.

        There is room if no ball is in the lower right part of the plot.
        """
        across, up = self.axes.get_xlim(), self.axes.get_ylim()
        corner = tuple(point for point in self.points if self.wanted.at(point)[0] < CORNER * across[1])
        edge, height = INSET[0] - 0.04, INSET[1] + INSET[3] + 0.08
        in_the_way = any(
            u > across[1] * edge and v < up[0] + (up[1] - up[0]) * height for u, v in map(self.wanted.at, self.points)
        )
        return () if in_the_way or len(corner) < CROWD else corner

    def _inset(self, corner: Sequence[Point]) -> Axes:
        """Draw the inset that enlarges the corner of small costs."""
        colours = self.sheet.colours
        inset = self.axes.inset_axes(INSET)
        self._balls(inset, corner, "small")
        self._scales(inset, corner, log=False)
        inset.set(xlabel="", ylabel="", facecolor=colours.paper)
        for line in self.axes.indicate_inset_zoom(inset, edgecolor=colours.faint, linewidth=0.6).connectors or ():
            line.set_visible(False)
        limit = f"{inset.get_xlim()[1]:.2g} {AXES[self.wanted.x].unit}"
        words = f"the corner below {limit}, larger"
        inset.set_title(words, loc="right", color=colours.faint, fontsize=self.sheet.font, pad=0.3 * self.sheet.font)
        self.figure.draw_without_rendering()  # now the inset knows where it is
        return inset

    def _labels(
        self, axes: Axes, points: Sequence[Point], balls: Sequence[Point] = (), taken: Sequence[Box] = ()
    ) -> tuple[str, ...]:
        """Draw the names beside the balls, clear of `taken`; returns the names that did not fit.

        `balls` are drawn too, but their names are elsewhere.
        """
        named = [point for point in points if self.wanted.label(point)]
        others = [point for point in (*points, *balls) if point not in named]
        front = [(float(u), float(v)) for u, v in map(axes.transData.transform, self.front)]
        found = place(
            [self._ball(axes, p) for p in named], _inside(axes), taken, [self._ball(axes, p) for p in others],
            list(pairwise(front)),
        )  # fmt: skip
        for point, label in zip(named, found, strict=True):
            if label is not None:
                self._write(axes, self.wanted.label(point), label)
        return tuple(self.wanted.label(point) for point, label in zip(named, found, strict=True) if label is None)

    def _ball(self, axes: Axes, point: Point) -> Ball:
        """The ball of a point on the sheet, and the size of its label."""
        u, v = axes.transData.transform(self.wanted.at(point))
        width = extent(self.wanted.label(point), self.font)
        radius = max((self.area * (point.params or 0) / 1e6) ** 0.5, self._mark + 0.5) / 2
        return Ball(u, v, radius, width, (ASCENT + DESCENT) * self.font)

    def _write(self, axes: Axes, text: str, label: PlacedLabel) -> None:
        back = axes.transData.inverted()
        left, bottom, _, _ = label.box
        x, y = back.transform((left, bottom + DESCENT * self.font))
        axes.text(x, y, text, fontsize=self.font, va="baseline", zorder=6)
        if label.leader is not None:
            (a, b), (c, d) = (back.transform(end) for end in label.leader)
            axes.plot((a, c), (b, d), color=self.sheet.colours.faint, linewidth=0.45, zorder=5)


def best(points: Sequence[Point], x: X, y: Y) -> list[Point]:
    """The points that no other point beats at the same or a lower cost, the cheapest first."""
    found: list[Point] = []
    for point in sorted(points, key=lambda p: (getattr(p, x), -getattr(p, y))):
        if not found or getattr(point, y) > getattr(found[-1], y):
            found.append(point)
    return found


def told(point: Point) -> str:
    """The description of a point."""
    lines = [point.called + (f" ({point.family})" if point.family and point.family != point.called else "")]
    lines += [f"top-1 {point.top1:g} %"] if point.top1 is not None else []
    lines += [f"top-5 {point.top5:g} %"] if point.top5 is not None else []
    lines += [f"{point.params:,.0f} parameters"] if point.params is not None else []
    lines += [f"{point.macs:,.0f} multiply-accumulates"] if point.macs is not None else []
    lines += [f"accuracy: {point.source}"] if point.source else []
    return "\n".join(lines)


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


def _family(name: str, points: Sequence[Point]) -> str:
    """The name of a family in the spelling of its members: ResNet for `resnet`."""
    for point in points:
        at = point.called.lower().find(name.lower()) if point.family == name else -1
        if name and at >= 0:
            return point.called[at : at + len(name)]
    return name


def _inside(axes: Axes) -> Box:
    """The plot in points of the sheet, slightly shrunk."""
    box = axes.bbox
    return box.x0 + 2, box.y0 + 2, box.x1 - 1, box.y1
