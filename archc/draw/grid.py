"""Tangles: parts that are neither a chain nor a fork, in lanes side by side and rows one after the other.

Each part has a row (as late as what it feeds allows) and a lane (that of a part it reads, if free). A line runs in the
gaps between rows and in free lanes, so it crosses no box. The lanes' order is the one with the fewest crossings.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from archc.draw.figure import ENTRY, EXIT
from archc.draw.laid import ASIDE, Laid, Point, Way, moved
from archc.draw.split import Tangle

TRACK = 7.0
"""Between lines in one gap."""
MOST_LANES = 5
"""With more, their order is not searched."""

Hop = tuple[int, int, int, int]
"""A line between rows: from row and lane to row and lane."""


def tangle(element: Tangle, units: Sequence[Laid]) -> Laid:
    """Lay out a tangle whose parts have been laid out."""
    index = {part: i for i, part in enumerate(element.parts)}
    edges = [(index.get(e.start, ENTRY), index.get(e.end, EXIT)) for e in element.edges]
    rows = _rows(len(units), edges)
    lanes = _lanes(rows, edges)
    lanes = _ordered(rows, lanes, edges)
    return _drawn(units, rows, lanes, edges)


def _rows(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The row of each part: just before the first that reads it."""
    height = [0] * count
    for a, b in sorted(edges, reverse=True):
        if a >= 0 and b >= 0:
            height[a] = max(height[a], height[b] + 1)
    most = max(height)
    return [most - h for h in height]


def _lanes(rows: Sequence[int], edges: Sequence[tuple[int, int]]) -> list[int]:
    """The lane of each part: that of a part it reads where no other goes on in it, else a new one."""
    lanes, last = [0] * len(rows), list[int]()
    for part in range(len(rows)):
        before = [a for a, b in edges if b == part and a >= 0]
        free = [lanes[a] for a in before if last[lanes[a]] == a]
        lane = free[-1] if free else len(last)
        if lane == len(last):
            last.append(part)
        lanes[part], last[lane] = lane, part
    return lanes


def _ordered(rows: Sequence[int], lanes: Sequence[int], edges: Sequence[tuple[int, int]]) -> list[int]:
    """The lanes renumbered so that lines cross as little and are as short as can be."""
    count = max(lanes) + 1
    if count > MOST_LANES:
        return list(lanes)
    inner = [(a, b) for a, b in edges if a >= 0 and b >= 0]

    def badness(order: tuple[int, ...]) -> tuple[int, int]:
        at = [order[lane] for lane in lanes]
        spans = [(rows[a], rows[b], at[a], at[b]) for a, b in inner]
        spans += [(-1, rows[b], at[b], at[b]) for a, b in edges if a == ENTRY]
        spans += [(rows[a], max(rows) + 1, at[a], at[a]) for a, b in edges if b == EXIT]
        crossings = sum(
            (p[2] - q[2]) * (p[3] - q[3]) < 0 or (p[2] < q[2] < p[3]) or (p[3] < q[2] < p[2])
            for p in spans
            for q in spans
            if p[0] < q[1] and q[0] < p[1]
        )
        return crossings, sum(abs(at[a] - at[b]) for a, b in inner)

    best = min(permutations(range(count)), key=badness)
    return [best[lane] for lane in lanes]


def _drawn(units: Sequence[Laid], rows: list[int], lanes: list[int], edges: Sequence[tuple[int, int]]) -> Laid:
    count, last = max(lanes) + 1, max(rows)
    taken = {(r, lane) for r, lane in zip(rows, lanes, strict=True)}
    tracks = _Tracks(last, count)
    paths = [_path(edge, rows, lanes, taken, tracks) for edge in edges]
    left = [
        max((u.left for u, at in zip(units, lanes, strict=True) if at == lane), default=0.0) for lane in range(count)
    ]
    right = [
        max((u.right for u, at in zip(units, lanes, strict=True) if at == lane), default=0.0) for lane in range(count)
    ]
    across, t = list[float](), 0.0
    for lane in range(count):
        across.append(t + left[lane])
        t += left[lane] + right[lane] + ASIDE
    across += [t + TRACK * i for i in range(tracks.extra)]
    middle = (across[0] + across[count - 1]) / 2
    across = [a - middle for a in across]
    starts, s = list[float](), 0.0
    for row in range(last + 1):
        s += tracks.room(row)
        starts.append(s)
        s += max((u.length for u, r in zip(units, rows, strict=True) if r == row), default=0.0)
    laid = Laid(s + tracks.room(last + 1))
    for unit, row, lane in zip(units, rows, lanes, strict=True):
        laid.put(unit, starts[row], across[lane])
    laid.length = s + tracks.room(last + 1)
    laid.right = max(laid.right, across[-1] + 1)
    gaps = [starts[0] - tracks.room(0), *(starts[r] - tracks.room(r) for r in range(1, last + 1)), s]
    for (a, b), hops in zip(edges, paths, strict=True):
        middle_points: list[Point] = []
        for gap, track, lane_from, lane_to in hops:
            at = gaps[gap] + TRACK * (track + 1)
            middle_points += [(at, 0.0 if lane_from is None else across[lane_from])]
            middle_points += [(at, 0.0 if lane_to is None else across[lane_to])]
        _wire(laid, units, (a, b), (starts, rows, across, lanes), middle_points)
    return laid


def _wire(
    laid: Laid,
    units: Sequence[Laid],
    edge: tuple[int, int],
    places: tuple[list[float], list[int], list[float], list[int]],
    corners: list[Point],
) -> None:
    starts, rows, across, lanes = places
    a, b = edge
    outs = [Way([(0.0, 0.0)], ENTRY)] if a == ENTRY else _at(units[a].exits, starts[rows[a]], across[lanes[a]])
    ins = [Way([(laid.length, 0.0)], EXIT)] if b == EXIT else _at(units[b].entries, starts[rows[b]], across[lanes[b]])
    for out in outs:
        for into in ins:
            points = [*out.points, *corners, *into.points]
            if a == ENTRY:
                laid.entries.append(Way(points, into.box))
            elif b == EXIT:
                laid.exits.append(Way(points, out.box))
            else:
                laid.wires.append((points, out.box, into.box))


def _at(ways: Sequence[Way], s: float, t: float) -> list[Way]:
    return [Way(moved(w.points, s, t), w.box) for w in ways]


class _Tracks:
    """Which lines run in which gap, each source with a track of its own, and lanes added for lines alone."""

    def __init__(self, last: int, lanes: int) -> None:
        self.used: list[dict[object, int]] = [{} for _ in range(last + 2)]
        self.lanes = lanes
        self.extra = 0

    def track(self, gap: int, key: object) -> int:
        """The number of a line's track in a gap."""
        return self.used[gap].setdefault(key, len(self.used[gap]))

    def lane(self) -> int:
        """A new lane for a line."""
        self.extra += 1
        return self.lanes + self.extra - 1

    def room(self, gap: int) -> float:
        """The length of a gap."""
        return TRACK * (len(self.used[gap]) + 1) + 4


Corner = tuple[int, int, int | None, int | None]
"""In a gap, on a track, from a lane to a lane; None is the line of the flow."""


def _path(
    edge: tuple[int, int], rows: list[int], lanes: list[int], taken: set[tuple[int, int]], tracks: _Tracks
) -> list[Corner]:
    """Where an edge changes lanes."""
    a, b = edge
    last = max(rows)
    start, end = (-1 if a == ENTRY else rows[a]), (last + 1 if b == EXIT else rows[b])
    here, there = (None if a == ENTRY else lanes[a]), (None if b == EXIT else lanes[b])
    between = range(start + 1, end)
    if there is not None and all((row, there) not in taken for row in between):
        taken.update((row, there) for row in between)
        return [(start + 1, tracks.track(start + 1, ("from", a)), here, there)]
    if here is not None and all((row, here) not in taken for row in between):
        taken.update((row, here) for row in between)
        return [(end, tracks.track(end, ("to", b)), here, there)]
    lane = tracks.lane()
    return [
        (start + 1, tracks.track(start + 1, ("from", a)), here, lane),
        (end, tracks.track(end, ("to", b)), lane, there),
    ]
