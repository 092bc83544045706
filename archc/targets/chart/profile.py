"""The profile of a network: its parameters, multiply-accumulates and activation memory along the depth."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians, sin
from typing import TYPE_CHECKING

from archc.support.record import Record
from archc.targets.chart.canvas import SLIDE, ChartSheet, Heading, drawing, extent, over, placed, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ProfileStep(Record):
    """A layer: the number of its parameters, multiply-accumulates, and bytes of its outputs."""

    params: int
    macs: int
    memory: int


class Band(Record):
    """The layers from `start` up to `end`, which belong to one module."""

    name: str
    start: int
    end: int


class Profile(Record):
    """The layers of a network in the order of execution, and the bands that they form."""

    name: str
    steps: tuple[ProfileStep, ...]
    bands: tuple[Band, ...]


ROWS = (("params", "Parameters", ""), ("macs", "MACs", ""), ("memory", "Activations", "B"))
UNITS = (("G", 1e9), ("M", 1e6), ("k", 1e3), ("", 1.0))
SLANTED, UPRIGHT = (50.0, 1.35), (90.0, 1.15)
"""The slant of the names under the chart in degrees, and the width that one takes, relative to its font size."""
SMALL = 0.5
"""Shares below this many per cent are not shown."""


def profile_chart(profile: Profile, format: str, sheet: ChartSheet = SLIDE, title: str = "") -> bytes:
    """The chart of a profile: three rows over the same layers; above each band its share of the whole.

    Every band is named; if bands are narrower than the height of letters, a leader line connects band and name.

    Raises:
        ValueError: For another format.
    """
    font = sheet.font
    heading = Heading(sheet, title or profile.name, _totals(profile))
    names = _names(profile)
    widths = [extent(name, font) for name in names]
    right = sheet.width - 1.4 * font
    for slant in (SLANTED, UPRIGHT):
        reach = max((cos(radians(slant[0])) * w - slant[1] * font * i for i, w in enumerate(widths)), default=0.0)
        left = max(4.6 * font, reach + 0.8 * font)
        if slant[1] * font * len(names) <= right - left:
            break
    foot = max(widths, default=0.0) * sin(radians(slant[0])) + 3.2 * font
    row = max(8.0 * font, 0.1 * sheet.width)
    height = heading.height + 3 * row + 3 * 1.9 * font + foot
    with drawing(sheet, height) as figure:
        all_over = over(figure)
        heading.write(all_over)
        titles: dict[str, str] = {}
        for i, (key, name, unit) in enumerate(ROWS):
            bottom = foot + (2 - i) * (row + 1.9 * font)
            axes = placed(figure, left, bottom, right - left, row)
            numbers = [getattr(step, key) for step in profile.steps]
            prefix, scale = next(pair for pair in UNITS if max([*numbers, 1]) >= pair[1])
            titles |= _row(axes, profile, numbers, scale, key, sheet.colours.hue(i), sheet)
            _shares(all_over, profile, numbers, (left, right, bottom + row), sheet)
            axes.set_ylabel(f"{name} [{prefix}{unit}]" if prefix or unit else name)
            axes.yaxis.set_label_coords(-3.4 * font / (right - left), 0.5)
        _named(all_over, profile, names, slant, (left, right, foot), sheet)
        said = f"{profile.name}: parameters, MACs and activations along its {len(profile.steps)} layers"
        return written(figure, format, titles, said)


def _totals(profile: Profile) -> str:
    params, macs, memory = (sum(getattr(step, key) for step in profile.steps) for key, *_ in ROWS)
    return f"{params:,} parameters · {macs:,} MACs · {memory / 1e6:,.1f} MB of activations, 4 bytes a number"


def _row(
    axes: Axes, profile: Profile, numbers: Sequence[int], scale: float, key: str, hue: str, sheet: ChartSheet
) -> dict[str, str]:
    """Draw one quantity: a bar for each layer, the bands shaded alternately; returns titles by id."""
    total, top = sum(numbers), max([*numbers, 1]) / scale
    titles: dict[str, str] = {}
    axes.set_xlim(0, len(profile.steps))
    axes.set_ylim(0, top * 1.05)
    for i, band in enumerate(profile.bands):
        part = sum(numbers[band.start : band.end])
        if i % 2:
            axes.axvspan(band.start, band.end, color=sheet.colours.band, linewidth=0, zorder=0)
        bars = axes.stairs(
            [n / scale for n in numbers[band.start : band.end]],
            [*range(band.start, band.end + 1)],
            fill=True, color=hue, linewidth=0,
        )  # fmt: skip
        bars.set_gid(f"{key}-{i}")
        titles[f"{key}-{i}"] = f"{band.name}: {part:,} of {total:,}"
    axes.grid(visible=True, axis="y")
    axes.locator_params(axis="y", nbins=4)
    axes.tick_params(axis="x", length=0, labelbottom=False)
    return titles


Place = tuple[float, float, float]
"""From the left to the right of the plot, and the height of its edge, in points of the sheet."""


def _shares(axes: Axes, profile: Profile, numbers: Sequence[int], place: Place, sheet: ChartSheet) -> None:
    """Draw the shares of the bands above a row, in per cent, without overlaps."""
    left, right, top = place
    total = sum(numbers) or 1
    parts = [(band, 100 * sum(numbers[band.start : band.end]) / total) for band in profile.bands]
    shown = [(_middle(profile, band, left, right), f"{share:.0f} %") for band, share in parts if share >= SMALL]
    widths = [extent(text, sheet.font) + 0.3 * sheet.font for _, text in shown]
    if sum(widths) > right - left:  # the sign is in the axis's name
        shown = [(x, text.removesuffix(" %")) for x, text in shown]
        widths = [extent(text, sheet.font) + 0.3 * sheet.font for _, text in shown]
    for x, (_, text) in zip(spread([x for x, _ in shown], widths, left, right), shown, strict=True):
        axes.text(x, top + 0.25 * sheet.font, text, fontsize=sheet.font, ha="center")


def _named(
    axes: Axes, profile: Profile, names: Sequence[str], slant: tuple[float, float], place: Place, sheet: ChartSheet
) -> None:
    """Draw the names of the bands below the last row, slanted or horizontal, without overlaps."""
    left, right, bottom = place
    font, colours = sheet.font, sheet.colours
    middles = [_middle(profile, band, left, right) for band in profile.bands]
    room = [slant[1] * font] * len(names)
    for middle, x, name in zip(middles, spread(middles, room, left, right), names, strict=True):
        y = bottom - 1.3 * font
        axes.plot((middle, middle, x), (bottom, bottom - 0.3 * font, y), color=colours.faint, linewidth=0.45)
        upright = slant == UPRIGHT
        axes.text(
            x if upright else x + 0.3 * font, y - 0.2 * font, name, fontsize=font, rotation=slant[0], ha="right",
            va="center" if upright else "top", rotation_mode="anchor",
        )  # fmt: skip


def spread(middles: Sequence[float], widths: Sequence[float], left: float, right: float) -> list[float]:
    """The places nearest to these ascending ones at which items of these widths do not overlap (least squares)."""
    groups: list[list[float]] = []  # count, sum of offsets, width before the last: touching items move as one
    for middle, width in zip(middles, widths, strict=True):
        groups.append([1, middle - width / 2, width])
        while len(groups) > 1 and _start(groups[-2], left) + groups[-2][2] > _start(groups[-1], left):
            count, start, wide = groups.pop()
            last = groups[-1]
            groups[-1] = [last[0] + count, last[1] + start - count * last[2], last[2] + wide]
    found: list[float] = []
    end = right
    for group in reversed(groups):  # items beyond the right edge are pushed back, and push others
        start = min(_start(group, left), end - group[2])
        end = start
        at = start + group[2]
        for width in reversed(widths[len(widths) - len(found) - int(group[0]) : len(widths) - len(found)]):
            found.append(at - width / 2)
            at -= width
    return found[::-1]


def _start(group: Sequence[float], left: float) -> float:
    """The start of a group of touching items that brings them nearest to their places, but not before the edge."""
    return max(group[1] / group[0], left)


def _names(profile: Profile) -> list[str]:
    """The names of the bands, without their common module."""
    prefix = _shared([band.name for band in profile.bands])
    return [_short(band.name.removeprefix(prefix)) for band in profile.bands]


def _middle(profile: Profile, band: Band, left: float, right: float) -> float:
    """The centre of a band, in points of the sheet."""
    return left + (right - left) * (band.start + band.end) / 2 / max(len(profile.steps), 1)


def _shared(names: Sequence[str]) -> str:
    """The module that contains most of the names, with its dot."""
    heads = [name.partition(".")[0] + "." for name in names if "." in name]
    return max(heads, key=heads.count) if len(heads) > len(names) / 2 and len(set(heads)) == 1 else ""


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"…{name[-23:]}"
