"""HSwish: the hard swish."""

from __future__ import annotations

from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class HSwish(Elementwise):
    """x * min(max(x + 3, 0), 6) / 6.

    Shape:  unchanged
    Cost:   element-wise: five operations per number (add, two comparisons, divide, product)
    Source: Howard et al. 2019, arXiv:1905.02244, section 5.2
    """

    aliases = ("Hardswish",)
    family = "activation"
    examples = (Example("HSwish", "64x56x56", "64x56x56"), Example("HSwish", "4096", "4096"))
    steps = 5
