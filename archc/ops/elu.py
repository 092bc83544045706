"""ELU: the exponential linear unit."""

from __future__ import annotations

from archc.ir.arguments import Positive
from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class ELU(Elementwise):
    """x where it is positive, `alpha` * (exp(x) - 1) elsewhere.

    Shape:  unchanged
    Cost:   element-wise: four operations per number (a comparison, exponential, subtraction, product)
    Source: Clevert, Unterthiner, Hochreiter 2015, arXiv:1511.07289, equation 16
    """

    alpha: Positive = 1.0

    family = "activation"
    examples = (Example("ELU", "64x56x56", "64x56x56"), Example("ELU(0.5)", "4096", "4096"))
    needs_output = True
    keeps = "either"
    steps = 4
