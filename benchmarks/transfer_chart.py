"""The tables and the charts of `benchmarks.transfer_digits` and `benchmarks.transfer_pictures`.

python -m benchmarks.transfer_chart RESULTS.csv CHART.svg
"""

from __future__ import annotations

import csv
import statistics
import sys
from collections.abc import Mapping, Sequence
from math import isnan, nan
from pathlib import Path

from archc.targets.figure.fonts import FOLDER

COLOURS = {
    "features": "#0072b2", "last": "#d55e00", "head-then-all": "#56b4e9", "all": "#009e73", "gradual": "#b1568f",
    "loop": "#8c8c8c", "scratch": "#404040",
}  # fmt: skip
"""Colours of Okabe and Ito, which colour-blind readers can distinguish."""
STRATEGIES = ("features", "last", "all", "gradual", "scratch")
Cells = Mapping[tuple[str, int], tuple[float, float]]
"""The mean and standard deviation over seeds in per cent, by strategy and images per class."""


def cells(rows: Sequence[Sequence[str]]) -> Cells:
    """The cells of rows with images per class, seed, strategy and accuracy."""
    found: dict[tuple[str, int], list[float]] = {}
    for each, _, strategy, accuracy in rows:
        found.setdefault((strategy, int(each)), []).append(100 * float(accuracy))
    return {key: (statistics.mean(v), statistics.stdev(v) if len(v) > 1 else nan) for key, v in found.items()}


def as_table(rows: Sequence[Sequence[str]], strategies: Sequence[str] = STRATEGIES) -> str:
    """The means and standard deviations as Markdown."""
    found = cells(rows)
    numbers = sorted({each for _, each in found})
    heads = " | ".join(f"{n} image{'s' if n > 1 else ''} per class" for n in numbers)
    lines = [f"| strategy | {heads} |", "|---" * (len(numbers) + 1) + "|"]
    for strategy in strategies:
        values = " | ".join(_cell(found.get((strategy, each))) for each in numbers)
        lines.append(f"| `{strategy}` | {values} |")
    return "\n".join(lines) + "\n"


def _cell(value: tuple[float, float] | None) -> str:
    """A mean with its standard deviation; for one seed the mean alone, without a seed empty."""
    if value is None:
        return ""
    return f"{value[0]:.1f}" if isnan(value[1]) else f"{value[0]:.1f} ± {value[1]:.1f}"


def differences(rows: Sequence[Sequence[str]], pairs: Sequence[tuple[str, str]]) -> str:
    """The advantage of the first of each pair over the second, in percentage points, as Markdown.

    Pairs are compared seed by seed, since a seed chooses the same images for both. Interval: 95 % (Student's t).
    """
    from scipy.stats import t

    found = {(name, int(each), int(seed)): 100 * float(accuracy) for each, seed, name, accuracy in rows}
    lines = ["| comparison | images per class | points | 95 % interval | by seed |", "|---|---|---|---|---|"]
    for one, other in pairs:
        for each in sorted({n for name, n, _ in found if name in (one, other)}):
            seeds = sorted(s for name, n, s in found if (name, n) == (one, each) and (other, each, s) in found)
            ahead = [found[one, each, s] - found[other, each, s] for s in seeds]
            if len(ahead) < 2:
                continue
            mean = statistics.mean(ahead)
            half = float(t.ppf(0.975, len(ahead) - 1)) * statistics.stdev(ahead) / len(ahead) ** 0.5
            told = ", ".join(f"{x:+.1f}" for x in ahead)
            lines.append(
                f"| `{one}` − `{other}` | {each} | {mean:+.1f} | {mean - half:+.1f} to {mean + half:+.1f} | {told} |"
            )
    return "\n".join([*lines, ""])


def chart(
    rows: Sequence[Sequence[str]],
    file: Path,
    strategies: Sequence[str] = STRATEGIES,
    below: str = "images of each digit to learn from",
    title: str = "Digits 5 to 9: accuracy on other images, %",
) -> None:
    """Accuracy against the number of images, a line for each strategy with its name at the start."""
    from matplotlib.font_manager import fontManager
    from matplotlib.style import context

    fontManager.addfont(FOLDER / "Arimo-Regular.ttf")
    with context(["default", {"svg.hashsalt": "archc", "font.family": "Arimo"}]):
        _draw(rows, file, strategies, below, title)


def _draw(rows: Sequence[Sequence[str]], file: Path, strategies: Sequence[str], below: str, title: str) -> None:
    from matplotlib.figure import Figure

    found = cells(rows)
    numbers = sorted({each for _, each in found})
    figure = Figure((6.6, 4.2), layout="constrained")
    axes = figure.subplots()
    beginnings = {}
    for offset, (strategy, colour) in enumerate((s, COLOURS[s]) for s in strategies):
        there = [(i, *found[strategy, each]) for i, each in enumerate(numbers) if (strategy, each) in found]
        if not there:
            continue
        columns, means, spreads = zip(*there, strict=True)
        places = [column + 0.07 * (offset - 2) for column in columns]
        line = (0, (4, 2)) if strategy in ("scratch", "loop") else "-"
        axes.errorbar(
            places, means, spreads, color=colour, ls=line, lw=1.4, marker="o", ms=4, elinewidth=0.9, capsize=2
        )
        if columns[0] == 0:
            beginnings[strategy] = means[0]
        else:  # its measurements start later
            axes.annotate(f" {strategy}", (places[-1] + 0.1, means[-1]), color=colour, va="center", fontsize=10)
    heights = [mean for mean, _ in found.values()]
    for strategy, height in apart(beginnings, (max(heights) - min(heights)) / 18).items():
        axes.annotate(strategy, (-0.26, height), color=COLOURS[strategy], ha="right", va="center", fontsize=10)
    axes.set_xlim(-0.95, len(numbers) - 0.6)
    axes.set_xticks(range(len(numbers)), [str(n) for n in numbers])
    axes.set_xlabel(below)
    axes.set_title(title, loc="left", fontsize=11)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
    axes.grid(axis="y", color="#dde1e6", lw=0.6)
    axes.set_axisbelow(True)
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else {}, dpi=160)


def apart(places: Mapping[str, float], least: float) -> dict[str, float]:
    """The positions, with lower ones moved down until any two are at least `least` apart."""
    found: dict[str, float] = {}
    before = float("inf")
    for name, place in sorted(places.items(), key=lambda one: -one[1]):
        before = found[name] = min(place, before - least)
    return found


if __name__ == "__main__":
    with Path(sys.argv[1]).open() as stream:
        results = [row for row in csv.reader(stream) if row[0].isdigit()]
    print(as_table(results), end="")
    chart(results, Path(sys.argv[2]))
