"""Tangles: parts that are neither a chain nor a fork, in lanes side by side and rows one after the other.

Each part has a row (as late as its readers allow) and a lane (that of a part it reads, if free). The lines run in
the gaps between rows and in free lanes (`routes.py`). The lanes' order is the one with the fewest crossings. Images of
several resolutions are streams: a lane is a resolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from archc.targets.figure.figure import ENTRY, EXIT
from archc.targets.figure.laid import ASIDE, Laid, Point, Way, moved
from archc.targets.figure.routes import TRACK, Routes
from archc.targets.figure.split import Tangle

MOST_LANES = 5
"""The most lanes whose order is searched."""
JOG = 2 * ASIDE
"""The maximum distance of a lane from the middle for a line from outside to enter it without a turn."""


def tangle(element: Tangle, units: Sequence[Laid]) -> Laid:
    """Lay out a tangle whose parts have been laid out."""
    index = {part: i for i, part in enumerate(element.parts)}
    edges = [(index.get(e.start, ENTRY), index.get(e.end, EXIT)) for e in element.edges]
    if streams := _streams(units):
        return _drawn(units, _apart(streams, edges), streams, edges, near=True)
    rows = _rows(len(units), edges)
    lanes = _lanes(rows, edges)
    lanes = _ordered(rows, lanes, edges)
    return _drawn(units, rows, lanes, edges)


def _streams(units: Sequence[Laid]) -> list[int]:
    """For images of several resolutions, a lane for each resolution, the finest first; otherwise nothing."""
    dims = [unit.cell[1].slab.dims if unit.cell is not None else () for unit in units]
    sizes = sorted({one[1:] for one in dims}, reverse=True)
    if not 2 <= len(sizes) <= MOST_LANES or any(len(one) != 3 for one in dims):
        return []
    return [sizes.index(one[1:]) for one in dims]


def _apart(lanes: Sequence[int], edges: Sequence[tuple[int, int]]) -> list[int]:
    """The rows of parts in given lanes: each below all that it reads, with at most one part per row and lane."""
    rows: list[int] = []
    for part, lane in enumerate(lanes):
        row = max((rows[a] + 1 for a, b in edges if b == part and a >= 0), default=0)
        while (row, lane) in zip(rows, lanes, strict=False):
            row += 1
        rows.append(row)
    return rows


def _rows(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The row of each part: the last one above all its readers."""
    height = [0] * count
    for a, b in sorted(edges, reverse=True):
        if a >= 0 and b >= 0:
            height[a] = max(height[a], height[b] + 1)
    most = max(height)
    return [most - h for h in height]


def _lanes(rows: Sequence[int], edges: Sequence[tuple[int, int]]) -> list[int]:
    """The lane of each part: that of a part it reads if no other continues in it, else a new one."""
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
    """The lanes renumbered for the fewest crossings, and then for the shortest lines."""
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


def _across(units: Sequence[Laid], lanes: Sequence[int], routes: Routes, near: bool) -> list[float]:
    """The position of each lane across the flow.

    `near`: the first lane is on the line of the flow, and a lane without parts is beside that of its source.
    """
    count = max(lanes) + 1
    beside = {lane: lanes[part] if part >= 0 else 0 for lane, part in routes.sources.items() if near}
    across, t = [0.0] * routes.lanes, 0.0
    for lane in range(count):
        here = [u for u, at in zip(units, lanes, strict=True) if at == lane]
        across[lane] = t + max((u.left for u in here), default=0.0)
        t = across[lane] + max((u.right for u in here), default=0.0) + ASIDE
        for extra in (extra for extra, at in beside.items() if at == lane):
            across[extra], t = t - ASIDE / 2, t + TRACK
    for lane in range(count, routes.lanes):
        if lane not in beside:
            across[lane], t = t, t + TRACK
    middle = (across[0] + across[count - 1]) / 2
    nearest = min(across[:count], key=lambda a: abs(a - middle))
    middle = across[0] if near else nearest if abs(nearest - middle) < JOG else middle
    return [a - middle for a in across]


def _drawn(
    units: Sequence[Laid], rows: list[int], lanes: list[int], edges: Sequence[tuple[int, int]], near: bool = False
) -> Laid:
    """The parts at their rows and lanes, with the lines of the edges; `near` as in `_across`."""
    last = max(rows)
    routes = Routes(rows, lanes, edges)
    across = _across(units, lanes, routes, near)
    laid, starts, gaps, s = Laid(), list[float](), list[float](), 0.0
    for row in range(last + 1):
        s += max((unit.room_for_signs for unit, r in zip(units, rows, strict=True) if r == row), default=0.0)
        gaps.append(s)
        s += routes.room(row)
        starts.append(s)
        s += max((u.length for u, r in zip(units, rows, strict=True) if r == row), default=0.0)
    gaps.append(s)
    for unit, row, lane in zip(units, rows, lanes, strict=True):
        laid.put(unit, starts[row], across[lane])
    laid.length = s + routes.room(last + 1)
    laid.right = max(laid.right, max(across) + 1)
    for a, b in edges:
        corners: list[Point] = []
        for gap, track, one, other in routes.corners(a, b):
            at = gaps[gap] + TRACK * (track + 1)
            corners += [(at, 0.0 if one is None else across[one]), (at, 0.0 if other is None else across[other])]
        outs = [Way([(0.0, 0.0)], ENTRY)] if a == ENTRY else _at(units[a].exits, starts[rows[a]], across[lanes[a]])
        ins = (
            [Way([(laid.length, 0.0)], EXIT)] if b == EXIT else _at(units[b].entries, starts[rows[b]], across[lanes[b]])
        )
        for out in outs:
            for into in ins:
                points = [*out.points, *corners, *into.points]
                if a == ENTRY:
                    laid.entries.append(Way(points, into.box))
                elif b == EXIT:
                    laid.exits.append(Way(points, out.box))
                else:
                    laid.wires.append((points, out.box, into.box))
    return laid


def _at(ways: Sequence[Way], s: float, t: float) -> list[Way]:
    return [Way(moved(w.points, s, t), w.box) for w in ways]
