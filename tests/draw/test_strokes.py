"""Lines as strokes: several cover what they cover alone, and nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import pytest

from archc.targets.figure import figure, lay_out
from archc.targets.figure.scene import PathMark, scene
from archc.targets.figure.strokes import Command, curved, once
from archc.targets.figure.theme import theme
from tests.draw.frozen import network
from tests.draw.hard import FURTHER, HARD


def covered(paths: Iterable[Sequence[Command]]) -> Counter[tuple[Command, ...]]:
    """How often each piece of a grid of tenths of points is covered, and each curve drawn."""
    found = Counter[tuple[Command, ...]]()
    for path in paths:
        for one, command in pairwise(path):
            if len(command) == 4:
                found[one[-2:], command] += 1
            else:
                found.update(_tenths(one[-2:], command))
    return found


def _tenths(a: Command, b: Command) -> Iterator[tuple[Command, ...]]:
    along = 0 if abs(a[1] - b[1]) < 0.01 else 1
    low, high = sorted((round(10 * a[along]), round(10 * b[along])))
    yield from (((along, round(10 * a[1 - along])), (place,)) for place in range(low, high))


@pytest.mark.parametrize("spec", ["googlenet", "dpn68", "densenet121", HARD["eight_branches"], FURTHER["attention"]])
def test_lines_cover_what_they_share_once(spec: str) -> None:
    for level in ("block", "stage"):
        page = lay_out(figure(network(spec), level))
        lines = [curved(wire.points) for wire in page.wires]
        drawn = covered(once(lines))
        missing = covered(lines).keys() - drawn.keys()
        assert sum(drawn.values()) - len(drawn) <= len(lines)  # a rounded end
        assert len(missing) <= len(lines)


def test_a_line_is_one_with_those_that_it_shares_a_start_with() -> None:
    trunk, right = [(0.0, 0.0), (0.0, 30.0)], [(0.0, 0.0), (0.0, 10.0), (20.0, 10.0), (20.0, 30.0)]
    first, *others = once([curved(trunk), curved(right), curved(trunk[::-1])])
    assert first == ((0.0, 0.0), (0.0, 30.0))
    assert others == [((0.0, 6.0), (0.0, 10.0, 4.0, 10.0), (16.0, 10.0), (20.0, 10.0, 20.0, 14.0), (20.0, 30.0))]


def test_a_page_has_one_mark_of_lines_and_one_of_arrowheads() -> None:
    page = lay_out(figure(network("googlenet")))
    marks = [item for item in scene(page, theme("light")).items if isinstance(item, PathMark) and item.others]
    assert [mark.closed for mark in marks] == [False, True]
    assert len(marks[1].paths) < len(page.wires)  # several lines end in a merge
