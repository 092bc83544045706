"""Chains of slabs that are drawn in a way of their own, as a row: those of 1998 and of 2012, and dense blocks."""

from __future__ import annotations

from archc.draw.dense import lay_out_dense
from archc.draw.figure import Figure
from archc.draw.page import Page
from archc.draw.slabs import lay_out_classic
from archc.draw.towers import lay_out_towers


def is_row(figure: Figure) -> bool:
    """Whether a figure is such a row."""
    return any(slab.classic or slab.towers > 1 or slab.dense for slab in figure.slabs)


def lay_out_row(figure: Figure) -> Page:
    """The page of such a figure."""
    if any(slab.classic for slab in figure.slabs):
        return lay_out_classic(figure)
    return lay_out_dense(figure) if any(slab.dense for slab in figure.slabs) else lay_out_towers(figure)
