"""Mish."""

from __future__ import annotations

from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class Mish(Elementwise):
    """x * tanh(log(1 + exp(x))).

    Shape:  unchanged
    Cost:   element-wise: five operations per number (the softplus's three, tanh, product)
    Source: Misra 2019, arXiv:1908.08681, equation 1
    """

    family = "activation"
    examples = (Example("Mish", "64x56x56", "64x56x56"), Example("Mish", "4096", "4096"))
    steps = 5
