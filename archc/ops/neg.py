"""Neg: the negative of each number."""

from __future__ import annotations

from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class Neg(Elementwise):
    """The negative of each number, written `-x`.

    Shape:  unchanged
    Cost:   element-wise: one operation per number
    Source: torch.neg
    """

    family = "merge"
    pointwise = True
    examples = (Example("Neg", "64x56x56", "64x56x56"), Example("Neg", "10", "10"))
    keeps = "nothing"
    steps = 1
