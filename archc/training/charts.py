"""The charts of a report, as SVG whose text is rendered by the browser."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from archc.training.rates import Search

FAINT, FIRST, SECOND = "#9aa5b1", "#0b6e99", "#c2410c"
"""A line style, and two colours that colour-blind readers can tell apart."""


def curves(history: Sequence[Mapping[str, float]]) -> str:
    """Loss and accuracy by epoch."""
    from matplotlib.ticker import MaxNLocator

    with _figure(2) as (figure, (left, right)):
        epochs = [row["epoch"] + 1 for row in history]
        left.plot(epochs, [row["train_loss"] for row in history], color=FIRST, label="training")
        left.plot(epochs, [row["val_loss"] for row in history], color=SECOND, ls="--", label="validation")
        left.set_ylabel("loss")
        left.legend(frameon=False)
        right.plot(epochs, [100 * row["val_accuracy"] for row in history], color=SECOND, ls="--", marker=".")
        right.set_ylabel("validation accuracy, %")
        for axes in (left, right):
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        return _svg(figure)


def searched(found: Search) -> str:
    """The smoothed loss at each informative rate, and the rate that was chosen."""
    from archc.training.rates import SKIPPED

    with _figure(1) as (figure, (axes,)):
        axes.plot(found.rates[SKIPPED:], found.losses[SKIPPED:], color=FIRST)
        axes.axvline(found.steepest, color=SECOND, ls="--", label=f"chosen: {found.chosen:g}")
        axes.set_xscale("log")
        axes.set_xlabel("learning rate")
        axes.set_ylabel("loss, smoothed")
        axes.legend(frameon=False)
        return _svg(figure)


@contextmanager
def _figure(number: int) -> Iterator[tuple[Figure, Sequence[Axes]]]:
    """A figure with axes side by side, in matplotlib's own defaults regardless of the user's settings."""
    from matplotlib.figure import Figure
    from matplotlib.style import context

    with context(["default", {"svg.fonttype": "none", "svg.hashsalt": "archc"}]):
        figure = Figure((8, 3.2), layout="constrained")
        found: Sequence[Axes] = figure.subplots(1, number, squeeze=False)[0]
        for axes in found:
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="y", color=FAINT, lw=0.3)
        yield figure, found


def _svg(figure: Figure) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()
