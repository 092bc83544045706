"""Colours: text is legible and kinds are distinguishable, also for colour-blind readers and without colour."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from archc.targets.figure.figure import KINDS, Kind
from archc.targets.figure.scene import outline
from archc.targets.figure.theme import THEMES, Theme, ThemeName, contrast, theme
from tests.support.colour import SIGHT, difference, seen

LEGIBLE = 4.5
"""WCAG 2.1, success criterion 1.4.3."""
TWINS = (("conv", "norm"), ("linear", "activation"))
"""Kinds of one outline."""
APART = 10.0
"""The least difference between two kinds, in CIEDE2000."""


def illegible(theme: Theme) -> list[str]:
    """Pairs of text and background with too little contrast."""
    pairs = [(f"text on {kind}", theme.text, fill) for kind, fill in theme.fills.items()]
    pairs += [(f"text on heat {i / 20}", theme.text, theme.warmth(i / 20)) for i in range(21)]
    pairs.append(("text on blank", theme.text, theme.blank))
    grounds = {"paper": theme.paper, "panel": theme.panel, "frame": theme.frame}
    pairs += [(f"ink on {name}", theme.ink, ground) for name, ground in grounds.items()]
    pairs += [(f"muted on {name}", theme.muted, ground) for name, ground in grounds.items()]
    return [name for name, one, other in pairs if contrast(one, other) < LEGIBLE]


def confusable(theme: Theme) -> list[str]:
    """Pairs of kinds that some reader cannot distinguish by colour."""
    return [
        f"{one} and {other} with {sight}"
        for sight in SIGHT
        for one, other in combinations(theme.fills, 2)
        if difference(seen(theme.fills[one], sight), seen(theme.fills[other], sight)) < APART
    ]


@pytest.mark.parametrize("name", THEMES)
def test_text_is_legible(name: ThemeName) -> None:
    assert not illegible(theme(name))


@pytest.mark.parametrize("name", THEMES)
def test_kinds_are_told_apart_by_everybody(name: ThemeName) -> None:
    assert set(theme(name).fills) == set(KINDS)
    assert not confusable(theme(name))


@pytest.mark.parametrize("name", THEMES)
def test_lines_and_edges_are_seen(name: ThemeName) -> None:
    chosen = theme(name)
    assert all(contrast(chosen.line, ground) >= 3 for ground in (chosen.paper, chosen.panel, chosen.frame))
    assert contrast(chosen.accent, chosen.paper) >= 3


def lightness(colour: str) -> float:
    """L* of CIELAB, which printing in grey preserves."""
    return seen(colour, "usual")[0]


def greys(theme: Theme) -> list[str]:
    """Pairs of kinds with too similar greys; kinds with the same outline must differ more."""
    return [
        f"{one} and {other}"
        for one, other in combinations(theme.fills, 2)
        if abs(lightness(theme.fills[one]) - lightness(theme.fills[other])) < (9 if (one, other) in TWINS else 3.5)
    ]


def test_print_is_right_in_grey() -> None:
    assert not greys(theme("print"))
    assert "conv and norm" in greys(replace(theme("print"), fills={**theme("print").fills, "norm": "#e8f0c0"}))


def hidden(theme: Theme) -> list[str]:
    """Kinds that have nearly the colour of their background."""
    grounds = [seen(ground, "usual") for ground in (theme.paper, theme.panel, theme.frame)]
    return [k for k, c in theme.fills.items() if any(difference(seen(c, "usual"), g) < 8 for g in grounds)]


def test_nothing_is_black_on_black() -> None:
    assert not hidden(theme("dark"))
    assert hidden(replace(theme("dark"), fills={**theme("dark").fills, "input": "#0c0109"})) == ["input"]


def test_a_broken_theme_is_found() -> None:
    usual = theme("light")
    red_and_green = replace(usual, fills={**usual.fills, "conv": "#d08080", "pool": "#a09a60"})
    assert "conv and pool with usual" not in confusable(red_and_green)
    assert "conv and pool with deuteranopia" in confusable(red_and_green)
    assert "muted on paper" in illegible(replace(usual, muted="#999999"))
    assert "text on conv" in illegible(replace(usual, fills={**usual.fills, "conv": "#335577"}))


def test_kinds_are_told_apart_without_colour() -> None:
    """Outlines differ, except for two pairs whose labels name layers that no other kind has."""
    looks: dict[object, list[Kind]] = {}
    for kind in KINDS:
        shapes = tuple((s.path, s.closed, s.dash) for s in outline(kind, 0, 0, 60, 24, "#ffffff", theme("print")))
        looks.setdefault(shapes, []).append(kind)
    assert max(map(len, looks.values())) <= 2
    assert sorted(tuple(kinds) for kinds in looks.values() if len(kinds) > 1) == [*TWINS]


def test_the_difference_is_that_of_the_standard() -> None:
    """Three pairs of Sharma, Wu and Dalal's test data."""
    assert difference((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert difference((50.0, 2.5, 0.0), (73.0, 25.0, -18.0)) == pytest.approx(27.1492, abs=1e-4)
    assert difference((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387)) == pytest.approx(1.2644, abs=1e-4)
