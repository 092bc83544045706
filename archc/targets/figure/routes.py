"""The routes of lines in a grid: along lanes, and across in the gaps between rows, with a track for each source.

No line crosses a box, and no two lines overlap unless they start or end together. In a gap, a line comes down a lane to
its track and leaves down another lane. So a line that comes down a lane must turn before one that leaves down that
lane: the tracks are sorted accordingly, and in a cycle one line takes a detour on a separate lane.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from archc.support.record import Struct, field
from archc.targets.figure.figure import ENTRY, EXIT

TRACK = 7.0
"""The distance between the lines in a gap."""

Lane: TypeAlias = int | None
"""None is the line of the flow, on which lines from and to the outside enter and leave."""
Corner: TypeAlias = tuple[int, int, Lane, Lane]
"""A gap, a track in it, and the lanes that a line takes before and after."""


class _Gap(Struct):
    """The lines in a gap, by source: the lanes in which they enter from above, and those in which they leave."""

    above: dict[int, set[Lane]] = field(default_factory=dict)
    below: dict[int, set[Lane]] = field(default_factory=dict)
    tracks: dict[int, int] = field(default_factory=dict)
    detours: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By source: the track to its detour lane, and that lane."""

    @property
    def turning(self) -> list[int]:
        """The sources with a line that changes its lane."""
        return [source for source in self.above if len(self.above[source] | self.below[source]) > 1]


class Routes:
    """The routes of edges between parts in `rows` and `lanes`; the gap above row i is number i."""

    def __init__(self, rows: Sequence[int], lanes: Sequence[int], edges: Sequence[tuple[int, int]]) -> None:
        self.rows, self.own = rows, lanes
        self.lanes = max(lanes) + 1
        self._last = max(rows)
        self._taken: dict[tuple[int, int], int | None] = dict.fromkeys(zip(rows, lanes, strict=True))
        self._extra: dict[int, int] = {}
        self.sources: dict[int, int] = {}
        """The source of the lines in each lane without parts."""
        self._passing = {edge: self._pass(*edge) for edge in edges}
        self._gaps = [_Gap() for _ in range(self._last + 2)]
        for a, b in edges:
            for gap, one, other in self._turns(a, b):
                self._gaps[gap].above.setdefault(a, set()).add(one)
                self._gaps[gap].below.setdefault(a, set()).add(other)
        for gap_ in self._gaps:
            self._sort(gap_)

    def room(self, gap: int) -> float:
        """The length of a gap."""
        return TRACK * (len(self._gaps[gap].tracks) + len(self._gaps[gap].detours) + 1) + 4

    def corners(self, a: int, b: int) -> list[Corner]:
        """The corners of an edge."""
        found: list[Corner] = []
        for gap, one, other in self._turns(a, b):
            here = self._gaps[gap]
            if a not in here.tracks:
                continue
            if a in here.detours:
                track, lane = here.detours[a]
                found += [(gap, track, one, lane), (gap, here.tracks[a], lane, other)]
            else:
                found.append((gap, here.tracks[a], one, other))
        return found

    # -- lanes --------------------------------------------------------------------------------------------------------

    def _span(self, a: int, b: int) -> tuple[int, int]:
        return (-1 if a == ENTRY else self.rows[a]), (self._last + 1 if b == EXIT else self.rows[b])

    def _pass(self, a: int, b: int) -> Lane:
        """The lane in which an edge passes rows: that of one of its ends if free, else one without parts."""
        start, end = self._span(a, b)
        between = range(start + 1, end)
        if not between:
            return None
        for part in (b, a):
            if part >= 0 and all(self._taken.get((row, self.own[part]), a) == a for row in between):
                self._taken.update({(row, self.own[part]): a for row in between})
                return self.own[part]
        if a not in self._extra:
            self._extra[a] = self._new_lane(a)
        return self._extra[a]

    def _new_lane(self, source: int) -> int:
        self.sources[self.lanes] = source
        self.lanes += 1
        return self.lanes - 1

    def _turns(self, a: int, b: int) -> list[tuple[int, Lane, Lane]]:
        """The gaps that an edge crosses, with its lanes above and below each."""
        start, end = self._span(a, b)
        here, there = (None if a == ENTRY else self.own[a]), (None if b == EXIT else self.own[b])
        if end == start + 1:
            return [(end, here, there)]
        lane = self._passing[a, b]
        straight = [(gap, lane, lane) for gap in range(start + 2, end)]
        return [(start + 1, here, lane), *straight, (end, lane, there)]

    # -- tracks -------------------------------------------------------------------------------------------------------

    def _sort(self, gap: _Gap) -> None:
        """Give each source a track; one that is chosen to break a cycle takes two, and a detour lane."""
        later: dict[int, set[int]] = {
            source: {
                other for other in gap.turning if other != source and gap.above[source] & gap.below[other] - {None}
            }
            for source in gap.turning
        }
        order: list[int] = []
        waiting = list(gap.turning)
        while waiting:
            blocked = {other for source in waiting if source not in gap.detours for other in later[source]}
            free = next((source for source in waiting if source not in blocked), None)
            if free is None:
                free = next(source for source in waiting if source not in gap.detours)
                gap.detours[free] = (len(gap.detours), self._new_lane(free))
                continue
            waiting.remove(free)
            order.append(free)
        gap.tracks = {source: len(gap.detours) + place for place, source in enumerate(order)}
