"""Chains of slabs that are drawn in a way of their own, as a row: that of 1998, and that of 2012."""

from __future__ import annotations

from archc.draw.figure import Figure
from archc.draw.page import Page
from archc.draw.slabs import lay_out_classic
from archc.draw.towers import lay_out_towers


def is_row(figure: Figure) -> bool:
    """Whether a figure is such a row."""
    return any(slab.classic or slab.towers > 1 for slab in figure.slabs)


def lay_out_row(figure: Figure) -> Page:
    """The page of such a figure."""
    return lay_out_classic(figure) if any(slab.classic for slab in figure.slabs) else lay_out_towers(figure)
