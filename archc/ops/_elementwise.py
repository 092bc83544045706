"""The base of ops that treat every number alike and have no weights."""

from __future__ import annotations

from typing import ClassVar

from archc.network.cost import Cost, each
from archc.network.op import Op
from archc.network.torch_call import Expression, Module, TorchCall
from archc.network.types import TensorType, Types


class Elementwise(Op):
    """One number in, one number out: the shape stays. Subclasses say what it costs and how torch calls it.

    `steps`: floating-point operations a number. `module` and `function`: the torch names. `overwrites`: it takes
    `inplace=True`.
    """

    steps: ClassVar[int]
    module: ClassVar[str]
    function: ClassVar[str]
    overwrites: ClassVar[bool] = False

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(self.steps, xs[0]))

    def torch(self, xs: Types) -> TorchCall:
        return TorchCall(Module(self.module), Expression(f"{self.function}({{0}})"), inplace=self.overwrites)
