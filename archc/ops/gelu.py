"""GELU: the Gaussian error linear unit."""

from __future__ import annotations

from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class GELU(Elementwise):
    """x/2 * (1 + erf(x / sqrt(2))).

    Shape:  unchanged
    Cost:   element-wise: five operations a number (divide, erf, add, halve, product)
    Source: Hendrycks & Gimpel 2016, arXiv:1606.08415
    """

    family = "activation"
    examples = (Example("GELU", "64x56x56", "64x56x56"), Example("GELU", "4096", "4096"))
    steps = 5
