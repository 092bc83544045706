"""CELU: the continuously differentiable exponential linear unit."""

from __future__ import annotations

from archc.ir.arguments import Positive
from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class CELU(Elementwise):
    """x where it is positive, `alpha` * (exp(x / `alpha`) - 1) elsewhere.

    Shape:  unchanged
    Cost:   element-wise: five operations per number (a comparison, division, exponential, subtraction, product)
    Source: Barron 2017, arXiv:1704.07483, equation 2
    """

    alpha: Positive = 1.0

    family = "activation"
    examples = (Example("CELU", "64x56x56", "64x56x56"), Example("CELU(0.5)", "4096", "4096"))
    needs_output = True
    keeps = "either"
    steps = 5
