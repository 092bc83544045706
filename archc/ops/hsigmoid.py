"""HSigmoid: the hard sigmoid."""

from __future__ import annotations

from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class HSigmoid(Elementwise):
    """min(max(x + 3, 0), 6) / 6.

    Shape:  unchanged
    Cost:   element-wise: four operations per number (add, two comparisons, divide)
    Source: Howard et al. 2019, arXiv:1905.02244, section 5.2
    """

    aliases = ("Hardsigmoid",)
    family = "activation"
    examples = (Example("HSigmoid", "64x56x56", "64x56x56"), Example("HSigmoid", "4096", "4096"))
    steps = 4
