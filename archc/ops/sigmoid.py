"""Sigmoid: the logistic function."""

from __future__ import annotations

from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class Sigmoid(Elementwise):
    """1 / (1 + exp(-x)).

    Shape:  unchanged
    Cost:   element-wise: four operations per number (negate, exponential, add, divide)
    Source: Hu et al. 2017, arXiv:1709.01507, equation 3
    """

    family = "activation"
    examples = (Example("Sigmoid", "64x56x56", "64x56x56"), Example("Sigmoid", "4096", "4096"))
    needs_output = True
    keeps = "outputs"
    steps = 4
