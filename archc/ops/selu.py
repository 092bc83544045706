"""SELU: the self-normalising exponential linear unit."""

from __future__ import annotations

from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class SELU(Elementwise):
    """1.0507 * x where it is positive, 1.0507 * 1.6733 * (exp(x) - 1) elsewhere.

    Shape:  unchanged
    Cost:   element-wise: five operations per number (a comparison, exponential, subtraction, two products)
    Source: Klambauer et al. 2017, arXiv:1706.02515, equation 2
    """

    family = "activation"
    examples = (Example("SELU", "64x56x56", "64x56x56"), Example("SELU", "4096", "4096"))
    needs_output = True
    keeps = "either"
    steps = 5
