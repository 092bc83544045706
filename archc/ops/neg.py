"""Neg: the opposite of each number."""

from __future__ import annotations

from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class Neg(Elementwise):
    """Each number with the other sign, written `-x`.

    Shape:  unchanged
    Cost:   element-wise: one operation a number
    Source: torch.neg
    """

    family = "merge"
    pointwise = True
    examples = (Example("Neg", "64x56x56", "64x56x56"), Example("Neg", "10", "10"))
    keeps = "nothing"
    steps = 1
