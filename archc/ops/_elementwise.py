"""The base of element-wise ops without weights."""

from __future__ import annotations

from typing import ClassVar

from archc.ir.cost import Cost, each
from archc.ir.op import Op
from archc.ir.types import TensorType, Types


class Elementwise(Op):
    """One number in, one number out: the shape is unchanged. Subclasses define the cost and the names in torch.

    `steps`: floating-point operations per number. `module` and `function`: the torch names. `overwrites`: it takes
    `inplace=True`.
    """

    steps: ClassVar[int]

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(self.steps, xs[0]))
