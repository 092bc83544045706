"""Colours. A fill for each kind, told apart by readers with any of the three common colour blindnesses (tested)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from archc.draw.figure import Kind

ThemeName: TypeAlias = Literal["light", "dark", "print"]
THEMES: tuple[ThemeName, ...] = get_args(ThemeName)


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a figure, as `#rrggbb`.

    `paper` behind all; `panel` behind insets, `frame` behind scopes; `ink` for text, `muted` for shapes and notes on
    paper; `line` for wires; `edge` around boxes; `accent` for what is pointed out; `cold` and `hot` the ends of heat.
    `text`: for text on a fill; `blank`: the fill of what has no cost in a heat figure.
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
    heat: tuple[str, ...]
    text: str
    blank: str
    fills: Mapping[Kind, str]

    def warmth(self, heat: float) -> str:
        """The colour of a share of the heat, from 0 to 1."""
        place = min(max(heat, 0.0), 1.0) * (len(self.heat) - 1)
        low = min(int(place), len(self.heat) - 2)
        return mixed(self.heat[low], self.heat[low + 1], place - low)


def mixed(one: str, other: str, share: float) -> str:
    """`share` of the other colour, the rest of the one."""
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
    accent="#c1121f",
    heat=("#fff7d6", "#fdc56a", "#f0813a", "#c8402e"),
    text="#16181d",
    blank="#ffffff",
    fills={
        "input": "#ffffff",
        "conv": "#8ec9f2",
        "linear": "#f0a93c",
        "pool": "#5fc9a5",
        "norm": "#f6ee8e",
        "activation": "#f2a58e",
        "regularization": "#b9bcc2",
        "merge": "#d99cc6",
        "shape": "#e4e6ea",
        "head": "#c7b26b",
        "block": "#b4b6e6",
    },
)

_BY_NAME: dict[ThemeName, Theme] = {"light": LIGHT, "dark": LIGHT, "print": LIGHT}


def theme(name: ThemeName) -> Theme:
    """A theme by its name."""
    return _BY_NAME[name]
