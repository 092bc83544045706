"""Colours: a fill for each kind, distinguishable with any of the three common forms of colour blindness (tested).

The hues are those of Okabe and Ito; lightness and chroma maximise the smallest difference between any two, in normal
and simulated vision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from archc.support.record import Record
from archc.targets.figure.figure import Kind

ThemeName: TypeAlias = Literal["light", "dark", "print"]
THEMES: tuple[ThemeName, ...] = get_args(ThemeName)


class Theme(Record):
    """The colours of a figure, as `#rrggbb`.

    `paper` is behind everything, `panel` behind insets, `frame` behind scopes; `ink` is for text, `muted` for shapes
    and notes on paper, `line` for lines, `edge` around boxes, `accent` for highlights, `wrong` for errors, `text` for
    text on a fill. `heat`: colours from no cost to the highest; `blank`: for parts without a cost.
    """

    paper: str
    panel: str
    frame: str
    frame_edge: str
    ink: str
    muted: str
    line: str
    edge: str
    accent: str
    wrong: str
    heat: tuple[str, ...]
    text: str
    blank: str
    fills: Mapping[Kind, str]

    def warmth(self, heat: float) -> str:
        """The colour of a share of the highest cost, from 0 to 1."""
        place = min(max(heat, 0.0), 1.0) * (len(self.heat) - 1)
        low = min(int(place), len(self.heat) - 2)
        return mixed(self.heat[low], self.heat[low + 1], place - low)


def mixed(one: str, other: str, share: float) -> str:
    """A mixture of `share` of the other colour and the rest of the first."""
    pairs = zip(channels(one), channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.1), from 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


LIGHT = Theme(
    paper="#ffffff",
    panel="#f7f7f8",
    frame="#f3f4f6",
    frame_edge="#b6bac2",
    ink="#16181d",
    muted="#50555f",
    line="#3a3f47",
    edge="#3a3f47",
    accent="#0b3fd1",
    wrong="#c4001d",
    heat=("#fff7d6", "#fdcf7c", "#f6a04d", "#ea7a52"),
    text="#16181d",
    blank="#ffffff",
    fills={
        "input": "#ffffff",
        "conv": "#48b0ff",
        "linear": "#fd9107",
        "pool": "#4b9a7e",
        "norm": "#fbe771",
        "activation": "#f4b596",
        "regularization": "#a1a2aa",
        "merge": "#c36db8",
        "shape": "#cfcac4",
        "head": "#a18a50",
        "attention": "#cdffd2",
        "block": "#cad3fb",
    },
)

DARK = Theme(
    paper="#15171c",
    panel="#1b1e25",
    frame="#1f232b",
    frame_edge="#4d5461",
    ink="#f4f5f7",
    muted="#b4bac4",
    line="#b4bac4",
    edge="#aab1bd",
    accent="#6fb7ff",
    wrong="#ff6b6b",
    heat=("#262a33", "#5a3d16", "#87411a", "#a5301f"),
    text="#f4f5f7",
    blank="#15171c",
    fills={
        "input": "#183c47",
        "conv": "#5b63ca",
        "linear": "#896b01",
        "pool": "#127e5f",
        "norm": "#4c4c00",
        "activation": "#99463f",
        "regularization": "#746c7b",
        "merge": "#704a80",
        "shape": "#2d352d",
        "head": "#352804",
        "attention": "#3030d0",
        "block": "#540079",
    },
)

PRINT = Theme(
    paper="#ffffff",
    panel="#ffffff",
    frame="#ffffff",
    frame_edge="#8a8a8a",
    ink="#000000",
    muted="#3d3d3d",
    line="#000000",
    edge="#000000",
    accent="#0b3fd1",
    wrong="#c4001d",
    heat=("#ffffff", "#e2e2e2", "#bdbdbd", "#949494"),
    text="#000000",
    blank="#ffffff",
    fills={
        "input": "#ffffff",
        "conv": "#b7def4",
        "linear": "#d28c2d",
        "pool": "#41bd6e",
        "norm": "#fdf944",
        "activation": "#ffdfc7",
        "regularization": "#858475",
        "merge": "#a586aa",
        "shape": "#d0cccd",
        "head": "#a86a2f",
        "attention": "#94bd9f",
        "block": "#b9b9fe",
    },
)
"""White paper, black lines, heat in grey, and fills that remain distinct in greyscale."""

_BY_NAME: dict[ThemeName, Theme] = {"light": LIGHT, "dark": DARK, "print": PRINT}


def theme(name: ThemeName) -> Theme:
    """A theme by its name."""
    return _BY_NAME[name]
