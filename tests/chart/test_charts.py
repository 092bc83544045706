"""Charts as files: their contents, equal bytes every time, and points from CSV."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import get_args

import pytest

from archc.targets.chart.ball import AXES, BallOptions, ball_chart, best
from archc.targets.chart.bars import bar_chart
from archc.targets.chart.canvas import ChartSheet
from archc.targets.chart.key import BEST
from archc.targets.chart.points import XS, Point, X, drawable, read_csv
from archc.targets.chart.profile import Band, Profile, ProfileStep, profile_chart

POINTS = (
    Point("small", "a", top1=60.0, params=1_000_000, macs=5e7, memory=1e6, depth=18),
    Point("large <&> $x$", "b", top1=80.0, top5=95.0, params=1e8, macs=2e10, memory=9e6, depth=152, source="table 1"),
)
PROFILE = Profile(
    "net",
    (ProfileStep(10, 2_000_000, 400), ProfileStep(0, 0, 400), ProfileStep(30, 6_000_000, 800)),
    (Band("stem", 0, 2), Band("head", 2, 3)),
)
SVG = "{http://www.w3.org/2000/svg}"


def titles(svg: bytes) -> list[str]:
    """The titles of the parts, after that of the whole."""
    return [title.text or "" for title in ET.fromstring(svg).iter(f"{SVG}title")][1:]


def texts(svg: bytes) -> set[str]:
    return {"".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")}


def test_a_ball_for_each_point_with_its_name_and_title() -> None:
    chart = ball_chart(POINTS, "svg")
    assert chart.unlabelled == ()
    assert {"small", "large <&> $x$"} <= texts(chart.data)
    told = titles(chart.data)
    assert len(told) == 2
    assert told[0].splitlines() == [
        "large <&> $x$ (b)", "top-1 80 %", "top-5 95 %", "100,000,000 parameters",
        "20,000,000,000 multiply-accumulates", "accuracy: table 1",
    ]  # fmt: skip


def test_the_area_of_a_ball_is_in_proportion_to_the_parameters() -> None:
    points = [Point("a", top1=50.0, params=4e6, macs=1e9), Point("b", top1=60.0, params=1.6e7, macs=2e9)]
    root = ET.fromstring(ball_chart(points, "svg").data)
    widths = []
    for number in (0, 1):  # the larger one is drawn first
        (ball,) = (g for g in root.iter(f"{SVG}g") if g.get("id") == f"ball-{number}")
        path = next(p.get("d") or "" for p in ball.iter(f"{SVG}path"))
        across = [float(word) for word in path.replace("M", " ").replace("C", " ").replace("z", " ").split()[::2]]
        widths.append(max(across) - min(across))
    assert widths[0] / widths[1] == pytest.approx(2, rel=1e-4)


def test_a_name_is_its_title_or_what_is_asked_for() -> None:
    """The key spells families as their members do; only two balls have labels, one with its own text."""
    points = [
        Point(f"resnet{n}", "resnet", top1=n, params=1e6, macs=n * 1e8, title=f"ResNet-{n}") for n in (18, 34, 50)
    ]
    assert {"ResNet", "ResNet-18", "ResNet-34", "ResNet-50"} <= texts(ball_chart(points, "svg").data)
    chosen = BallOptions(labels={"resnet18": "ResNet-18", "resnet50": "Ours"})
    shown = texts(ball_chart(points, "svg", wanted=chosen).data)
    assert {"ResNet-18", "Ours"} <= shown and not {"ResNet-34", "ResNet-50"} & shown


def test_the_line_of_the_best_and_the_broken_axis_are_told() -> None:
    data = ball_chart(POINTS, "svg", wanted=BallOptions(pareto=True)).data
    assert BEST in texts(data) and BEST not in texts(ball_chart(POINTS, "svg").data)
    assert data.count(b'id="broken-') == 2, "the accuracy begins above 0"
    whole = [Point(str(top1), top1=top1, params=1e6, macs=1e9) for top1 in (0.2, 90.0)]
    assert b'id="broken-' not in ball_chart(whole, "svg").data


def test_a_page_of_a_chart_is_dark_where_the_reader_is() -> None:
    page = ball_chart(POINTS, "html").data.decode()
    assert "--chart-paper: #15171c" in page and "var(--chart-paper, #ffffff)" in page and "fill: #222222" not in page
    dark = ball_chart(POINTS, "svg", ChartSheet(theme="dark")).data
    assert b"#15171c" in dark and b"#ffffff" not in dark


def test_small_networks_have_units_of_their_own() -> None:
    svg = profile_chart(PROFILE, "svg")
    assert {"Parameters", "MACs [M]", "Activations [B]"} <= texts(svg)


@pytest.mark.parametrize("x", XS)
@pytest.mark.parametrize("log", [False, True])
def test_every_axis(x: X, log: bool) -> None:
    axis = AXES[x]
    assert f"{axis.title} [{axis.unit}]" in texts(ball_chart(POINTS, "svg", wanted=BallOptions(x, log=log)).data)


def test_the_corner_of_small_networks_is_shown_larger() -> None:
    crowd = [Point(f"n{i}", "m", top1=55.0 + i, params=3e6, macs=2e7 * (i + 1)) for i in range(14)]
    heavy = [Point("heavy", "h", top1=79.0, params=5e7, macs=2e10)]
    told = titles(ball_chart([*crowd, *heavy], "svg").data)
    assert sum(title.startswith("n3") for title in told) == 2, "in the plot and in the inset"
    assert sum(title.startswith("heavy") for title in told) == 1
    logarithmic = titles(ball_chart([*crowd, *heavy], "svg", wanted=BallOptions(log=True)).data)
    assert len(logarithmic) == 15


@pytest.mark.parametrize("format", ["svg", "png", "pdf", "html"])
def test_the_same_bytes_every_time(format: str) -> None:
    starts = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "html": b"<!DOCTYPE html>"}
    draws: tuple[Callable[[], bytes], ...] = (
        lambda: ball_chart(POINTS, format).data,
        lambda: profile_chart(PROFILE, format),
        lambda: bar_chart(POINTS, format),
        lambda: ball_chart(POINTS, format, ChartSheet(234, 648, "print"), BallOptions(pareto=True)).data,
    )
    for draw in draws:
        first = draw()
        assert first.startswith(starts[format])
        assert first == draw()


def test_korean_and_greek_are_in_the_shipped_fonts(capfd: pytest.CaptureFixture[str]) -> None:
    """A character that no font has would cause a warning, and fail; matplotlib's own font is not needed."""
    points = (
        Point("라넷", "가족 Ω", top1=60.0, params=1e6, macs=1e9),
        Point("αβγ", "m", top1=70.0, params=1e6, macs=2e9),
    )
    for format in ("png", "pdf", "svg"):
        data = ball_chart(points, format, wanted=BallOptions(title="정확도와 연산량")).data
        assert b"DejaVu" not in data
    assert {"라넷", "가족 Ω", "정확도와 연산량"} <= texts(data)
    assert capfd.readouterr().err == ""


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="no such format"):
        ball_chart(POINTS, "gif")
    with pytest.raises(ValueError, match="no point"):
        ball_chart((), "svg")
    with pytest.raises(ValueError, match="no point"):
        bar_chart((), "svg")
    with pytest.raises(ValueError, match="logarithmic"):
        ball_chart([Point("a", top1=1.0, params=0, macs=0)], "svg", wanted=BallOptions(log=True))
    kept, left = drawable((*POINTS, Point("unknown", params=1, macs=1)), "macs", "top1")
    assert ([p.name for p in left], len(kept)) == (["unknown"], 2)
    assert drawable(POINTS, "macs", "top5")[0] == [POINTS[1]]


def test_a_profile_tells_the_shares_of_its_bands() -> None:
    svg = profile_chart(PROFILE, "svg")
    assert "stem: 10 of 40" in titles(svg) and "head: 6,000,000 of 8,000,000" in titles(svg)
    assert {"stem", "head", "25 %", "75 %"} <= texts(svg)


def test_bars_say_what_is_not_known() -> None:
    svg = bar_chart((Point("a", params=1e6, macs=1e9), POINTS[1]), "svg")
    assert "not known" in texts(svg)


def test_points_from_csv() -> None:
    read = read_csv("name, family ,top1,params\nmine,m,70.5,25_557_032\n'other',,,\n")
    assert read == (Point("mine", "m", top1=70.5, params=25_557_032), Point("'other'"))
    assert set(get_args(X)) < set(Point.__dataclass_fields__)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no column 'name'"),
        ("family\na\n", "there is no column 'name'"),
        ("name,colour\na,b\n", "no such column: colour"),
        ("name,top1\na,high\n", "line 2: top1 is 'high'"),
        ("name,top1\na,nan\n", "line 2: top1 is 'nan'"),
        ("name,top1\na,-1\n", "line 2: top1 is '-1'"),
        ("name,top1\na\n", "line 2 has another number of cells"),
        ("name,top1\na,1,2\n", "line 2 has another number of cells"),
        ("name\nb\n \n", "line 3 has no name"),
    ],
)
def test_wrong_csv(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_csv(text)


def test_the_best_are_those_that_none_is_cheaper_and_better_than() -> None:
    points = [
        Point(str(i), macs=macs, top1=top1, params=1.0)
        for i, (macs, top1) in enumerate([(1, 50), (2, 40), (2, 60), (3, 60), (4, 61)])
    ]
    assert [point.name for point in best(points, "macs", "top1")] == ["0", "2", "4"]
