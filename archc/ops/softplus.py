"""Softplus: the smooth rectifier."""

from __future__ import annotations

from archc.ir.arguments import Positive
from archc.ir.cost import Cost, each
from archc.ir.op import Example
from archc.ir.sym import same
from archc.ir.types import Types
from archc.ops._elementwise import Elementwise


class Softplus(Elementwise):
    """log(1 + exp(`beta` * x)) / `beta`, or x if `beta` * x is more than 20, as in PyTorch.

    Shape:  unchanged
    Cost:   element-wise: three operations per number (exponential, addition, logarithm), five if `beta` is not 1
    Source: Dugas et al. 2001, Incorporating second-order functional knowledge for better option pricing
    """

    beta: Positive = 1.0

    family = "activation"
    examples = (Example("Softplus", "64x56x56", "64x56x56"), Example("Softplus(2)", "4096", "4096"))

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(3 if same(self.beta, 1) else 5, xs[0]))
