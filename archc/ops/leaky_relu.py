"""LeakyReLU: the rectifier with a slope below zero."""

from __future__ import annotations

from archc.ir.arguments import NotNegative
from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class LeakyReLU(Elementwise):
    """x where it is positive, `slope` * x elsewhere.

    Shape:  unchanged
    Cost:   element-wise: two operations per number (a comparison and a product)
    Source: Maas, Hannun, Ng 2013, Rectifier nonlinearities improve neural network acoustic models
    """

    slope: NotNegative = 0.01

    family = "activation"
    examples = (Example("LeakyReLU", "64x56x56", "64x56x56"), Example("LeakyReLU(0.2)", "4096", "4096"))
    needs_output = True
    keeps = "either"
    steps = 2
