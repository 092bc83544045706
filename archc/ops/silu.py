"""SiLU: the sigmoid-weighted linear unit."""

from __future__ import annotations

from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class SiLU(Elementwise):
    """x * sigmoid(x).

    Shape:  unchanged
    Cost:   element-wise: five operations per number (the sigmoid's four and a product)
    Source: Elfwing, Uchibe, Doya 2017, arXiv:1702.03118
    """

    aliases = ("Swish",)
    family = "activation"
    examples = (Example("SiLU", "64x56x56", "64x56x56"), Example("SiLU", "4096", "4096"))
    steps = 5
