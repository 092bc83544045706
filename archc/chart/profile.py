"""The profile of a network: where parameters, multiply-accumulates and activation memory go along the depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archc.chart.canvas import FAINT, colour, style, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class Step:
    """A layer: numbers in its parameters, multiply-accumulates, bytes of its outputs."""

    params: int
    macs: int
    memory: int


@dataclass(frozen=True, slots=True)
class Band:
    """The layers from `start` up to `end` that stand in one module."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Profile:
    """The layers of a network in the order of execution, and the bands that they form."""

    name: str
    steps: tuple[Step, ...]
    bands: tuple[Band, ...]


ROWS = (("params", "Parameters", 1e6, "M"), ("macs", "MACs", 1e6, "M"), ("memory", "Activations", 1e6, "MB"))
NARROWEST = 0.018
"""Between two names under the chart, as a part of its width."""


def profile_chart(profile: Profile, format: str, title: str = "") -> bytes:
    """The chart of a profile: three rows over the same layers; above each band its share of the whole.

    Raises:
        ValueError: For another format.
    """
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(11.0, 6.2))
        rows = figure.subplots(3, 1, sharex=True)
        figure.subplots_adjust(left=0.075, right=0.985, top=0.9, bottom=0.17, hspace=0.22)
        titles: dict[str, str] = {}
        for i, (axes, (key, name, scale, unit)) in enumerate(zip(rows, ROWS, strict=True)):
            numbers = [getattr(step, key) for step in profile.steps]
            titles |= _row(axes, profile, numbers, scale, key, colour(i))
            axes.set_ylabel(f"{name} [{unit}]")
        _names(rows[-1], profile)
        figure.text(0.075, 0.955, title or profile.name, fontsize=12, fontweight="bold", va="center")
        said = f"{profile.name}: parameters, MACs and activations along its {len(profile.steps)} layers"
        figure.text(0.985, 0.955, _totals(profile), fontsize=8.5, color=FAINT, va="center", ha="right")
        return written(figure, format, titles, said)


def _totals(profile: Profile) -> str:
    params, macs, memory = (sum(getattr(step, key) for step in profile.steps) for key, *_ in ROWS)
    return f"{params:,} parameters · {macs:,} MACs · {memory / 1e6:,.1f} MB of activations, 4 bytes a number"


def _row(axes: Axes, profile: Profile, numbers: Sequence[int], scale: float, key: str, hue: str) -> dict[str, str]:
    """One quantity: a bar for each layer, the bands shaded in turns with their shares; titles by id."""
    total, top = sum(numbers), max([*numbers, 1]) / scale
    titles: dict[str, str] = {}
    axes.set_xlim(0, len(profile.steps))
    axes.set_ylim(0, top * 1.22)
    for i, band in enumerate(profile.bands):
        part = sum(numbers[band.start : band.end])
        if i % 2:
            axes.axvspan(band.start, band.end, color="#f3f3f3", linewidth=0, zorder=0)
        bars = axes.stairs(
            [n / scale for n in numbers[band.start : band.end]],
            [*range(band.start, band.end + 1)],
            fill=True, color=hue, linewidth=0,
        )  # fmt: skip
        bars.set_gid(f"{key}-{i}")
        titles[f"{key}-{i}"] = f"{band.name}: {part:,} of {total:,}"
        share = 100 * part / total if total else 0.0
        wide = (band.end - band.start) / len(profile.steps) > 0.03
        if share >= 0.5 and (wide or share >= 5):
            axes.text((band.start + band.end) / 2, top * 1.11, f"{share:.0f} %", fontsize=7.5, ha="center", va="center")
    axes.grid(visible=True, axis="y")
    axes.tick_params(axis="x", length=0)
    return titles


def _names(axes: Axes, profile: Profile) -> None:
    """The bands' names under the last row, slanted; of those too narrow to be named apart, the one that costs more."""
    bands, end = profile.bands, len(profile.steps)
    named: list[Band] = []
    for band in sorted(bands, key=lambda band: -_weight(profile, band)):
        if all(abs(_middle(band) - _middle(other)) > NARROWEST * end for other in named):
            named.append(band)
    prefix = _shared([band.name for band in bands])
    axes.set_xticks([_middle(band) for band in named])
    labels = [_short(band.name.removeprefix(prefix)) for band in named]
    axes.set_xticklabels(labels, rotation=32, ha="right", rotation_mode="anchor", fontsize=8)


def _weight(profile: Profile, band: Band) -> float:
    """The largest of a band's shares."""
    shares: list[float] = []
    for key, *_ in ROWS:
        numbers: list[int] = [getattr(step, key) for step in profile.steps]
        shares.append(sum(numbers[band.start : band.end]) / (sum(numbers) or 1))
    return max(shares)


def _middle(band: Band) -> float:
    return (band.start + band.end) / 2


def _shared(names: Sequence[str]) -> str:
    """The module that most of the names stand in, with its dot."""
    heads = [name.partition(".")[0] + "." for name in names if "." in name]
    return max(heads, key=heads.count) if len(heads) > len(names) / 2 and len(set(heads)) == 1 else ""


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"…{name[-23:]}"
