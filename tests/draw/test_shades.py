"""Shades of channels in modules shown alone."""

from __future__ import annotations

import pytest

import archc
from archc.targets.figure import Direction, Wanted, figure, lay_out
from tests.draw.test_geometry import DIRECTIONS, faults


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_gate_and_a_shuffle_alone_shade_channels(direction: Direction) -> None:
    gate = figure(archc.load("seresnet50").network, "stage", Wanted(only="layer1.0.se"))
    shuffle = figure(archc.load("shufflenet_v1_g3").network, "stage", Wanted(only="stage2.unit1"))
    assert [bool(slab.shades) for slab in gate.slabs] == [False, False, False, True, True]
    assert [slab.shades for slab in shuffle.slabs if slab.shades] == [(0, 1, 2), (0, 1, 2, 0, 1, 2)]
    assert gate.remarks[-1] == "shades: channels, each scaled by a number of its own"
    assert shuffle.remarks[-1] == "shades: groups of channels, which a shuffle mixes"
    for drawn in (gate, shuffle):
        page = lay_out(drawn, direction)
        assert not faults(page)
        for slab in page.slabs:
            front = slab.faces[: len(slab.slab.shades)]
            assert len({face.shade for face in front}) == len(set(slab.slab.shades))
            assert len(slab.faces) == 2 * len(front) + (1 if front else 3)
