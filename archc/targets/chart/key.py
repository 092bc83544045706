"""The key of the ball chart: the mark and colour of each family, the Pareto line, and balls that show the scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from archc.support.record import Record
from archc.targets.chart.canvas import ChartSheet, extent
from archc.targets.chart.theme import mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZES = (1, 5, 10, 50, 100, 150)
"""The sizes shown, in millions of parameters, as in the lecture's figure."""
LINE = (4, 3)
"""The dash pattern of the Pareto line."""
BEST = "none is cheaper and better"


def dot(axes: Axes, x: float, y: float, number: int, sheet: ChartSheet, size: float) -> None:
    """The mark of family `number`, of a diameter in points."""
    colours = sheet.colours
    axes.scatter(
        x, y, s=size**2, c=colours.hue(number), marker=mark(number), edgecolors=colours.ink, linewidths=0.4,
        clip_on=False, zorder=4,
    )  # fmt: skip


def disc(axes: Axes, x: float, y: float, area: float, hue: str) -> None:
    """A ball without its mark, of an area in square points of its diameter."""
    axes.scatter(x, y, s=area, c=hue, alpha=0.45, edgecolors=hue, linewidths=0.8)


class _Item(Record):
    """A symbol and its text: `sign` draws it in a given width, centred on a height; `tall`: the height it needs."""

    text: str
    room: float
    tall: float
    sign: Callable[[Axes, float, float], None]


class Key:
    """The key for these families (indices of marks by name) and sizes; `area`: square points per million parameters."""

    def __init__(
        self, sheet: ChartSheet, font: float, families: Mapping[str, int], largest: float, area: float, pareto: bool
    ) -> None:
        self.sheet, self.font = sheet, font
        self.families = [self._family(name, number) for name, number in families.items()]
        self.line = [_Item(BEST, 2.2 * font, font, self._line)] if pareto else []
        shown = [size for size in SIZES if size <= largest * 1.5] or [SIZES[0]]
        self.sizes = [self._size(size, area) for size in shown]
        self.width = max(map(self._wide, [*self.families, *self.line, *self.sizes]))

    def _family(self, name: str, number: int) -> _Item:
        def sign(axes: Axes, x: float, y: float) -> None:
            disc(axes, x, y, (0.95 * self.font) ** 2, self.sheet.colours.hue(number))
            dot(axes, x, y, number, self.sheet, 0.55 * self.font)

        return _Item(name or "no family", 1.3 * self.font, self.font, sign)

    def _line(self, axes: Axes, x: float, y: float) -> None:
        half = 0.9 * self.font
        axes.plot((x - half, x + half), (y, y), color=self.sheet.colours.faint, linewidth=0.9, linestyle=(0, LINE))

    def _size(self, size: float, area: float) -> _Item:
        across = (area * size) ** 0.5

        def sign(axes: Axes, x: float, y: float) -> None:
            colours = self.sheet.colours
            axes.scatter(x, y, s=area * size, c=colours.disc, edgecolors=colours.faint, linewidths=0.6)

        return _Item(f"{size} M", max(across, 0.7 * self.font) + 0.3 * self.font, across, sign)

    def _wide(self, item: _Item) -> float:
        return item.room + extent(item.text, self.font) + 1.2 * self.font

    def _put(self, axes: Axes, item: _Item, x: float, y: float, room: float) -> None:
        item.sign(axes, x + room / 2, y)
        axes.text(x + room + 0.2 * self.font, y, item.text, fontsize=self.font, va="center_baseline")

    def beside(self, axes: Axes, left: float, bottom: float, top: float) -> None:
        """Draw the key as a column: families from the top down, sizes from the bottom up."""
        y = top - 0.6 * self.font
        for item in [*self.families, *self.line]:
            self._put(axes, item, left, y, item.room)
            y -= 1.5 * self.font
        room = max(item.room for item in self.sizes)
        for item in reversed(self.sizes):
            tall = max(item.tall + 2, 1.3 * self.font)
            self._put(axes, item, left, bottom + tall / 2, room)
            bottom += tall
        axes.text(left, bottom + 0.5 * self.font, "Parameters", fontsize=self.font, color=self.sheet.colours.faint)

    def rows(self, most: float) -> list[list[tuple[_Item, float]]]:
        """Items in rows no wider than `most`: the families in columns, then the sizes; each with its position."""
        columns = max(int(most // max(map(self._wide, self.families))), 1)
        found: list[list[tuple[_Item, float]]] = []
        for start in range(0, len(self.families), columns):
            row = self.families[start : start + columns]
            found.append([(item, most / columns * i) for i, item in enumerate(row)])
        found += [[(item, 0.0)] for item in self.line]
        x = extent("Parameters", self.font) + self.font
        sizes: list[tuple[_Item, float]] = []
        for item in self.sizes:
            if x + self._wide(item) > most + self.font:
                break
            sizes.append((item, x))
            x += self._wide(item)
        return [*found, sizes]

    def tall(self, row: Sequence[tuple[_Item, float]]) -> float:
        """The height of a row."""
        return max(1.4 * self.font, *(item.tall + 2 for item, _ in row))

    def below(self, axes: Axes, left: float, most: float) -> None:
        """Draw the key in rows at the bottom of the sheet."""
        rows = self.rows(most)
        y = 0.3 * self.font + sum(map(self.tall, rows))
        for row in rows:
            y -= self.tall(row) / 2
            if row is rows[-1]:
                faint = self.sheet.colours.faint
                axes.text(left, y, "Parameters", fontsize=self.font, color=faint, va="center_baseline")
            for item, x in row:
                self._put(axes, item, left + x, y, item.room)
            y -= self.tall(row) / 2
