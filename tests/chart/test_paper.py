"""Charts on paper have the requested width and text of at least 6 pt; none is missing, overlapping or cut off."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache
from itertools import combinations
from math import cos, hypot, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.cli.points import CANONICAL, profile, spec_points
from archc.count.counts import count
from archc.pipeline import DEFAULTS
from archc.targets.chart.ball import BallOptions, ball_chart
from archc.targets.chart.bars import bar_chart
from archc.targets.chart.canvas import ASCENT, DESCENT, LEAST, ChartSheet, extent, wrapped
from archc.targets.chart.points import Point
from archc.targets.chart.profile import profile_chart, spread
from archc.targets.chart.theme import MARKS, ThemeName, mark, theme
from archc.targets.figure import Room
from archc.zoo import find
from tests.support.colour import SIGHT, difference, seen

SVG = "{http://www.w3.org/2000/svg}"
WIDTHS = ("60mm", "column", "89mm", "page", "slide")
Corners = tuple[tuple[float, float], ...]


def sheet(width: str, name: ThemeName = "print") -> ChartSheet:
    room = Room.of(width)
    return ChartSheet(room.width, room.height, name)


@cache
def canonical() -> tuple[Point, ...]:
    return tuple(point for point, _ in spec_points(CANONICAL))


def written(svg: bytes) -> list[tuple[str, float, Corners]]:
    """Each text, its size, and the corners of its box."""
    found = []
    for text in ET.fromstring(svg).iter(f"{SVG}text"):
        style = text.get("style") or ""
        words = "".join(text.itertext())
        size = float(re.findall(r"font-size: ([\d.]+)px", style)[0])
        width = extent(words, size, "font-weight: 700" in style)
        left = -width * {"start": 0.0, "middle": 0.5, "end": 1.0}[re.findall(r"text-anchor: (\w+)", style)[0]]
        turn, x, y = map(float, re.findall(r"rotate\((\S+) (\S+) (\S+)\)", text.get("transform") or "")[0])
        c, s = cos(radians(turn)), sin(radians(turn))
        corners = [(u, v) for u in (left, left + width) for v in (-ASCENT * size, DESCENT * size)]
        found.append((words, size, tuple((x + c * u - s * v, y + s * u + c * v) for u, v in corners)))
    return found


def apart(a: Corners, b: Corners) -> bool:
    """Whether a line parallel to an edge of one of two rectangles is between them."""
    for p, q, r, _ in (a, b):
        for u, v in ((q[0] - p[0], q[1] - p[1]), (r[0] - p[0], r[1] - p[1])):
            length = hypot(u, v)
            one, other = ([(x * u + y * v) / length for x, y in corners] for corners in (a, b))
            if max(one) <= min(other) + 0.6 or max(other) <= min(one) + 0.6:
                return True
    return False


def faults(svg: bytes, on: ChartSheet) -> list[str]:
    root = ET.fromstring(svg)
    _, _, width, height = map(float, (root.get("viewBox") or "").split())
    found = [] if width == pytest.approx(on.width, abs=0.1) else [f"{width} wide, not {on.width}"]
    found += [] if height <= on.height + 0.1 else [f"{height} high, more than {on.height}"]
    texts = written(svg)
    found += [f"{words}: {size} pt" for words, size, _ in texts if size < LEAST]
    found += [
        f"{words} is cut off" for words, _, corners in texts
        if any(not (-0.5 <= x <= width + 0.5 and -0.5 <= y <= height + 0.5) for x, y in corners)
    ]  # fmt: skip
    return found + [f"{a[0]} on {b[0]}" for a, b in combinations(texts, 2) if not apart(a[2], b[2])]


@pytest.mark.parametrize("width", WIDTHS[1:])
@pytest.mark.parametrize("log", [False, True])
def test_the_ball_chart(width: str, log: bool) -> None:
    on = sheet(width)
    chart = ball_chart(canonical(), "svg", on, BallOptions(log=log, pareto=True))
    assert chart.unlabelled == ()
    assert faults(chart.data, on) == []
    assert {point.called for point in canonical()} <= {words for words, _, _ in written(chart.data)}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["googlenet", "densenet121", "vgg16", "mobilenet_v3_large", "lenet5"])
def test_the_profile(width: str, name: str) -> None:
    on = sheet(width)
    network = find(name).checked(DEFAULTS).networks[name]
    found = profile(count(network))
    svg = profile_chart(found, "svg", on, network.title)
    assert faults(svg, on) == []
    shown = [words for words, _, _ in written(svg)]
    assert all(any(band.name.endswith(words.lstrip("…")) for words in shown) for band in found.bands), "none is missing"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_bars(width: str) -> None:
    on = replace(sheet(width), height=2000)
    long = Point("n" * 90, params=1e6, macs=5e3, top1=3.0)
    assert faults(bar_chart([*canonical()[:4], long, Point("unknown", params=1e5)], "svg", on), on) == []


def test_a_fault_is_found() -> None:
    svg = ball_chart(canonical(), "svg", sheet("page")).data
    assert faults(svg.replace(b"font-size: 7", b"font-size: 5"), sheet("page"))
    assert any("on" in fault for fault in faults(svg.replace(b"font-size: 7", b"font-size: 17"), sheet("page")))


def test_series_are_told_apart_by_everybody_and_in_grey() -> None:
    """By mark; two with the same mark by colour, for every form of vision, and by lightness."""
    for name in ("light", "dark", "print"):
        colours = theme(name)
        pairs = [(mark(i), colours.hue(i)) for i in range(len(MARKS) * len(colours.hues))]
        assert len(set(pairs)) == len(pairs)
        for i in range(len(pairs) - len(MARKS)):
            one, other = colours.hue(i), colours.hue(i + len(MARKS))
            assert mark(i) == mark(i + len(MARKS))
            for sight in SIGHT:
                a, b = seen(one, sight), seen(other, sight)
                assert difference(a, b) > 10 and (sight != "usual" or abs(a[0] - b[0]) > 10), (one, other, sight)


@given(
    st.lists(st.tuples(st.floats(0, 200), st.floats(1, 12)), max_size=16).map(sorted),
)
def test_what_is_spread_is_apart_in_order_and_inside(things: list[tuple[float, float]]) -> None:
    places = spread([x for x, _ in things], [w for _, w in things], 0, 200)
    widths = [w for _, w in things]
    assert len(places) == len(things)
    edges = [0.0, *(x for p, w in zip(places, widths, strict=True) for x in (p - w / 2, p + w / 2)), 200.0]
    assert all(a <= b + 1e-6 for a, b in zip(edges, edges[1:], strict=False))


def test_what_is_apart_stays() -> None:
    assert spread([10, 50, 90], [8, 8, 8], 0, 100) == [10, 50, 90]
    assert spread([50, 50], [10, 10], 0, 100) == [45, 55]


def test_lines_are_broken_at_words_and_words_where_they_must() -> None:
    assert wrapped("one two three", 10, 60) == ["one two", "three"]
    parts = wrapped("w" * 40, 10, 60)
    assert "".join(parts) == "w" * 40 and all(extent(part, 10) <= 60 for part in parts)
    assert wrapped("", 10, 60) == []
