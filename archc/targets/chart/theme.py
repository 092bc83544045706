"""Colours of charts. Series are told apart by colour and mark together: in grey, and by readers who see few colours.

Marks and colours go round with different periods, so that no pair returns for 56 series. Two series of one mark have
colours that stand beside each other in `hues`, and such neighbours differ to every reader, and in grey (tested).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from archc.support.record import Record

ThemeName: TypeAlias = Literal["light", "dark", "print"]
MARKS = ("o", "s", "^", "D", "v", "P", "*", "X")
"""Disc, square, triangle, diamond, triangle upside down, plus, star, cross: in matplotlib's words."""


class ChartTheme(Record):
    """The colours of a chart, as `#rrggbb`.

    `paper` behind all, `ink` for text and edges, `faint` for axes and remarks, `grid`; `band` behind every other part
    of a profile; `disc` for the balls that explain sizes; `hues` for series.
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
"""Of Okabe and Ito's and of Tol's palettes, in the order in which neighbours differ most."""
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
