"""Labels that do not collide: each beside its ball, or further away with a leader line. Plain geometry, in points.

Iterated greedy placement: for a few rounds, every label takes its cheapest place among the others, earlier balls
first. A ball without a free place gets no label. The same balls always give the same places.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, hypot, pi, sin

import numpy as np
from numpy.typing import NDArray

from archc.support.record import Record

Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""
Line = tuple[tuple[float, float], tuple[float, float]]
"""(x, y) to (x, y)."""
Numbers = NDArray[np.float64]

ANGLES = 24
DISTANCES = (1.5, 5.0, 10.0, 16.0, 24.0, 34.0, 46.0, 60.0, 78.0)
"""The distances from the edge of the ball to the label that are tried."""
ROUNDS = 4
MARGIN = 1.0
"""The margin around a label."""
LEADER = 8.0
"""A label further from its ball than this gets a leader line."""


class Ball(Record):
    """A disc and the size of its label."""

    x: float
    y: float
    r: float
    width: float
    height: float


class PlacedLabel(Record):
    """The position of a label, and its leader line, if any, from the edge of its ball: (x, y) to (x, y)."""

    box: Box
    leader: Line | None


def place(
    balls: Sequence[Ball],
    bounds: Box,
    taken: Sequence[Box] = (),
    others: Sequence[Ball] = (),
    lines: Sequence[Line] = (),
) -> tuple[PlacedLabel | None, ...]:
    """Place a label for each ball inside `bounds`, none overlapping another or a `taken` box; None if no place is free.

    `others` are balls without a label; labels cover `lines` only if there is no better place.
    """
    discs = np.array([(b.x, b.y, b.r) for b in (*balls, *others)], dtype=np.float64).reshape(-1, 3)
    drawn = np.array([(*start, *end) for start, end in lines], dtype=np.float64).reshape(-1, 4)
    choices = [_choices(ball, i, discs, bounds, taken, drawn) for i, ball in enumerate(balls)]
    boxes = np.full((len(balls), 4), np.nan)
    leaders = np.full((len(balls), 4), np.nan)
    for _ in range(ROUNDS):
        for i in range(len(balls)):
            boxes[i] = leaders[i] = np.nan
            found = _cheapest(choices[i], boxes, leaders)
            if found is not None:
                boxes[i], leaders[i] = found
    return tuple(_label(ball, box, line) for ball, box, line in zip(balls, boxes, leaders, strict=True))


def _label(ball: Ball, box: Numbers, line: Numbers) -> PlacedLabel | None:
    if np.isnan(box[0]):
        return None
    x, y, u, v = (float(n) for n in line)
    far = hypot(u - ball.x, v - ball.y) - ball.r > LEADER
    left, bottom, right, top = (float(n) for n in box)
    return PlacedLabel((left, bottom, right, top), ((x, y), (u, v)) if far else None)


Choices = tuple[Numbers, Numbers, Numbers]
"""Candidate boxes with their costs and leader lines, one row each, the cheapest first."""


def _choices(ball: Ball, index: int, discs: Numbers, bounds: Box, taken: Sequence[Box], drawn: Numbers) -> Choices:
    """The allowed places of a label: inside the bounds, not on a small ball, a larger one's centre or its own."""
    rows = []
    for distance in DISTANCES:
        for step in range(ANGLES):
            rows.append(_at(ball, distance, 2 * pi * step / ANGLES))
    table = np.array(rows)
    boxes, lines = table[:, :4], table[:, 4:8]
    free = (
        (boxes[:, 0] >= bounds[0])
        & (boxes[:, 1] >= bounds[1])
        & (boxes[:, 2] <= bounds[2])
        & (boxes[:, 3] <= bounds[3])
    )
    for box in taken:
        free &= ~_overlap(boxes, np.array(box))
    free &= _depth(boxes, discs[index : index + 1])[:, 0] <= 0
    others = np.delete(discs, index, axis=0)
    depth = _depth(boxes, others)
    core = np.minimum(others[:, 2], 7.0)[None, :]
    free &= ~(depth > others[None, :, 2] - core).any(axis=1) if len(others) else True
    shaded = (depth > 0).sum(axis=1) if len(others) else 0
    through = _through(lines, others)
    crossed = sum((_cut(line, boxes) for line in drawn), np.zeros(len(boxes)))
    # a label nearer to another ball, or whose line begins inside one, seems to belong to that ball
    nearer = (-depth < table[:, 9:]).any(axis=1) * (table[:, 9] <= LEADER) if len(others) else 0
    hidden = (_depth(np.hstack([lines[:, :2]] * 2), others) > 0).any(axis=1) * (table[:, 9] > LEADER)
    cost = table[:, 8] + 6.0 * shaded + 14.0 * through + 24.0 * crossed + 15.0 * nearer + 80.0 * hidden
    order = np.argsort(np.where(free, cost, np.inf), kind="stable")[: int(free.sum())]
    return boxes[order], cost[order], lines[order]


def _at(ball: Ball, distance: float, angle: float) -> tuple[float, ...]:
    """The box whose nearest point is at `distance` in a direction, the line to it, and its cost."""
    c, s = cos(angle), sin(angle)
    x, y = ball.x + c * (ball.r + distance), ball.y + s * (ball.r + distance)
    left = x - ball.width * (1 - c) / 2 if abs(s) > 0.3 else x - (ball.width if c < 0 else 0.0)
    bottom = y - ball.height * (1 - s) / 2
    start = ball.x + c * ball.r, ball.y + s * ball.r
    end = min(max(ball.x, left), left + ball.width), min(max(ball.y, bottom), bottom + ball.height)
    cost = distance + (0.0 if distance <= LEADER else 6.0) + 2.0 * (1 - c)  # a label to the right reads best
    gap = hypot(end[0] - ball.x, end[1] - ball.y) - ball.r
    return left, bottom, left + ball.width, bottom + ball.height, *start, *end, cost, gap


def _overlap(boxes: Numbers, others: Numbers) -> NDArray[np.bool_]:
    """Whether boxes (n, 4) and others (4 or (m, 4) with n = 1) come closer than the margin."""
    a, b = boxes.T, others.T
    return np.asarray((a[0] < b[2] + MARGIN) & (b[0] < a[2] + MARGIN) & (a[1] < b[3] + MARGIN) & (b[1] < a[3] + MARGIN))


def _depth(boxes: Numbers, discs: Numbers) -> Numbers:
    """How far each disc extends into each box, as (boxes, discs); negative if they are apart."""
    x, y, r = discs.T
    dx = x[None, :] - np.clip(x[None, :], boxes[:, 0, None], boxes[:, 2, None])
    dy = y[None, :] - np.clip(y[None, :], boxes[:, 1, None], boxes[:, 3, None])
    return np.asarray(r[None, :] - np.hypot(dx, dy))


def _through(lines: Numbers, discs: Numbers) -> Numbers:
    """The number of disc centres that each line passes through."""
    if not len(discs):
        return np.zeros(len(lines))
    start, end = lines[:, None, :2], lines[:, None, 2:]
    way = end - start
    length = np.maximum((way**2).sum(-1), 1e-9)
    t = np.clip(((discs[None, :, :2] - start) * way).sum(-1) / length, 0, 1)
    gap = np.hypot(*np.moveaxis(start + t[..., None] * way - discs[None, :, :2], -1, 0))
    return np.asarray((gap < np.minimum(discs[None, :, 2], 4.0)).sum(axis=1))


def _cheapest(choices: Choices, placed: Numbers, drawn: Numbers) -> tuple[Numbers, Numbers] | None:
    """The cheapest choice that overlaps no placed label and whose line crosses neither labels nor their lines."""
    there = ~np.isnan(placed[:, 0])
    others, lines = placed[there], drawn[there]
    for box, line in zip(choices[0], choices[2], strict=True):
        if _overlap(box[None, :], others).any() or _cuts(line, others) or _cross(line, lines):
            continue
        if any(_cuts(other, box[None, :]) for other in lines if _near(other, box)):
            continue
        return box, line
    return None


def _near(line: Numbers, box: Numbers) -> bool:
    return bool(
        min(line[0], line[2]) <= box[2]
        and max(line[0], line[2]) >= box[0]
        and min(line[1], line[3]) <= box[3]
        and max(line[1], line[3]) >= box[1]
    )


def _cuts(line: Numbers, boxes: Numbers) -> bool:
    """Whether a line passes through one of the boxes."""
    return bool(_cut(line, boxes).any())


def _cut(line: Numbers, boxes: Numbers) -> NDArray[np.bool_]:
    """Which of the boxes a line passes through (clipping, Liang and Barsky 1984)."""
    low, high = np.zeros(len(boxes)), np.ones(len(boxes))
    for axis in (0, 1):
        start, way = line[axis], line[axis + 2] - line[axis]
        near, far = boxes[:, axis] - start, boxes[:, axis + 2] - start
        if abs(way) < 1e-9:
            apart = (near > 0) | (far < 0)
            high = np.where(apart, -1.0, high)
            continue
        low = np.maximum(low, np.minimum(near / way, far / way))
        high = np.minimum(high, np.maximum(near / way, far / way))
    return np.asarray(low < high)


def _cross(line: Numbers, others: Numbers) -> bool:
    """Whether a line crosses one of the others."""
    if not len(others):
        return False
    p, q = line[:2], line[2:]
    a, b = others[:, :2], others[:, 2:]

    def side(u: Numbers, v: Numbers, w: Numbers) -> Numbers:
        return np.asarray(
            (v[..., 0] - u[..., 0]) * (w[..., 1] - u[..., 1]) - (v[..., 1] - u[..., 1]) * (w[..., 0] - u[..., 0])
        )

    return bool(((side(p, q, a) * side(p, q, b) < 0) & (side(a, b, p) * side(a, b, q) < 0)).any())
