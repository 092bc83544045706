"""GELU: the Gaussian error linear unit."""

from __future__ import annotations

from archc.ir.arguments import Approximation
from archc.ir.cost import Cost, each
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types


class GELU(Op):
    """x/2 * (1 + erf(x / sqrt(2))); with `approximate="tanh"`, x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x^3))).

    Shape:  unchanged
    Cost:   element-wise: five operations per number (divide, erf, add, halve, product), nine for the approximation
    Source: Hendrycks & Gimpel 2016, arXiv:1606.08415
    """

    approximate: Approximation = "none"

    family = "activation"
    examples = (
        Example("GELU", "64x56x56", "64x56x56"),
        Example("GELU", "4096", "4096"),
        Example('GELU("tanh")', "197x3072", "197x3072"),
    )

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(5 if self.approximate == "none" else 9, xs[0]))
