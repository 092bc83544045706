"""Labels of the ball chart never collide, for any balls."""

from __future__ import annotations

from itertools import combinations
from math import hypot

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.targets.chart.labels import LEADER, Ball, Box, place

BOUNDS: Box = (0.0, 0.0, 400.0, 240.0)

balls = st.lists(
    st.builds(
        Ball,
        x=st.floats(10, 390),
        y=st.floats(10, 230),
        r=st.floats(0.5, 25),
        width=st.floats(15, 90),
        height=st.just(7.0),
    ),
    max_size=12,
)


def apart(a: Box, b: Box) -> bool:
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


@settings(max_examples=30, deadline=None)
@given(balls)
def test_no_label_on_another_or_outside(given: list[Ball]) -> None:
    taken: Box = (300.0, 0.0, 400.0, 60.0)
    labels = place(given, BOUNDS, (taken,))
    assert len(labels) == len(given)
    boxes = [label.box for label in labels if label]
    for box in boxes:
        assert BOUNDS[0] <= box[0] and BOUNDS[1] <= box[1] and box[2] <= BOUNDS[2] and box[3] <= BOUNDS[3]
        assert apart(box, taken)
    assert all(apart(a, b) for a, b in combinations(boxes, 2))


@settings(max_examples=10, deadline=None)
@given(balls)
def test_the_same_balls_give_the_same_places(given: list[Ball]) -> None:
    assert place(given, BOUNDS) == place(given, BOUNDS)


def test_a_ball_alone_has_its_label_at_its_right() -> None:
    (label,) = place([Ball(100, 100, 10, 40, 7)], BOUNDS)
    assert label is not None and label.leader is None
    assert label.box[0] > 110 and label.box[1] < 100 < label.box[3]


def test_a_crowd_gets_leaders_and_the_first_is_named() -> None:
    """Of crowded balls, the first has its name beside it, some have it further away with a line, some have none."""
    crowd = [Ball(180 + 9 * (i % 8), 90 + 9 * (i // 8), 3, 70, 7) for i in range(48)]
    labels = place(crowd, BOUNDS)
    assert labels[0] is not None and labels[0].leader is None
    far = [(ball, label) for ball, label in zip(crowd, labels, strict=True) if label and label.leader]
    assert far and None in labels
    for ball, label in far:
        assert label.leader is not None
        (x, y), (u, v) = label.leader
        assert hypot(x - ball.x, y - ball.y) == pytest.approx(ball.r)
        assert label.box[0] - 1e-6 <= u <= label.box[2] + 1e-6 and label.box[1] - 1e-6 <= v <= label.box[3] + 1e-6
        assert hypot(u - ball.x, v - ball.y) > ball.r + LEADER - 1e-6


def test_nothing_fits_into_nothing() -> None:
    assert place([Ball(5, 5, 2, 50, 7)], (0, 0, 10, 10)) == (None,)
    assert place([], BOUNDS) == ()


def test_a_label_without_a_line_is_nearest_to_its_own_ball() -> None:
    """The label of DenseNet-201 was once beside ResNet-50 in a chart as wide as a page."""
    at = [(105.7, 82.5, 6.6), (113.2, 82.5, 6.1), (114.0, 73.7, 5.5), (110.5, 64.5, 6.1), (142.1, 78.5, 6.6)]
    wide = [51.3, 56.1, 39.0, 28.9, 32.9]
    balls = [Ball(x, y, r, width, 6.0) for (x, y, r), width in zip(at, wide, strict=True)]
    for own, label in zip(balls, place(balls, (30.0, 0.0, 460.0, 170.0)), strict=True):
        assert label is not None
        left, bottom, right, top = label.box
        near = {
            ball: hypot(ball.x - min(max(ball.x, left), right), ball.y - min(max(ball.y, bottom), top)) - ball.r
            for ball in balls
        }
        assert label.leader is not None or min(balls, key=near.__getitem__) == own
