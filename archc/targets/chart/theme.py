"""Colours of charts. Series are distinguished by colour and mark together, also in grey and for colour-blind readers.

Marks and colours cycle with different periods, so that no pair repeats for 56 series. Two series with the same mark
have adjacent colours in `hues`, and adjacent colours differ for every reader, and in grey (tested).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from archc.support.record import Record

ThemeName: TypeAlias = Literal["light", "dark", "print"]
MARKS = ("o", "s", "^", "D", "v", "P", "*", "X")
"""Disc, square, triangle, diamond, inverted triangle, plus, star, cross, by matplotlib's names."""


class ChartTheme(Record):
    """The colours of a chart, as `#rrggbb`.

    `paper` is the background, `ink` text and edges, `faint` axes and remarks, `grid` the grid lines; `band` shades
    every other band of a profile; `disc` fills the balls of the key; `hues` are for series.
    """

    paper: str
    ink: str
    faint: str
    grid: str
    band: str
    disc: str
    hues: tuple[str, ...]

    def hue(self, number: int) -> str:
        """The colour of a series."""
        return self.hues[number % len(self.hues)]


def mark(number: int) -> str:
    """The mark of a series."""
    return MARKS[number % len(MARKS)]


_HUES = ("#0072b2", "#e69f00", "#d55e00", "#882255", "#009e73", "#332288", "#56b4e9")
"""Colours of Okabe and Ito's and of Tol's palettes, in the order in which adjacent ones differ most."""
LIGHT = ChartTheme("#ffffff", "#222222", "#5f5f5f", "#e4e4e4", "#f3f3f3", "#bbbbbb", _HUES)
PRINT = ChartTheme("#ffffff", "#000000", "#3d3d3d", "#dcdcdc", "#f0f0f0", "#bdbdbd", _HUES)
DARK = ChartTheme(
    "#15171c", "#f4f5f7", "#b4bac4", "#33373f", "#1f232b", "#6b717c",
    ("#3d8fd1", "#f0e442", "#e0662a", "#c8e6a0", "#bb5588", "#b9a6ff", "#f5f5f5"),
)  # fmt: skip

_BY_NAME: dict[ThemeName, ChartTheme] = {"light": LIGHT, "dark": DARK, "print": PRINT}


def theme(name: ThemeName) -> ChartTheme:
    """A theme by its name."""
    return _BY_NAME[name]
