"""Chains of slabs with a special layout, as a row: the styles of 1998 and of 2012, and dense blocks."""

from __future__ import annotations

from math import inf

from archc.targets.figure.dense import lay_out_dense
from archc.targets.figure.figure import Figure
from archc.targets.figure.page import Page
from archc.targets.figure.slabs import lay_out_classic
from archc.targets.figure.towers import lay_out_towers

SHARES = (1.0, 0.85, 0.7, 0.55, 0.4)
"""The sizes tried for maps in the style of 1998."""


def is_row(figure: Figure) -> bool:
    """Whether a figure is laid out as such a row."""
    return any(slab.classic or slab.towers > 1 or slab.dense for slab in figure.slabs)


def lay_out_row(figure: Figure, width: float = inf) -> Page:
    """The page of such a figure. Maps in the style of 1998, but not their text, shrink to fit `width` if they can."""
    if any(slab.classic for slab in figure.slabs):
        pages = (lay_out_classic(figure, share) for share in SHARES)
        return next((page for page in pages if page.width <= width), lay_out_classic(figure))
    return lay_out_dense(figure) if any(slab.dense for slab in figure.slabs) else lay_out_towers(figure)
