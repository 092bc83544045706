"""The base of poolings to one number per channel."""

from __future__ import annotations

from archc.diagnostics.core import Problem
from archc.ir.cost import Cost, each
from archc.ir.op import Op
from archc.ir.types import TensorType, Types
from archc.ir.window import Window
from archc.ops._spatial import unspatial


class GlobalPool(Op):
    """A pooling to one number per channel."""

    def module_of(self, x: TensorType) -> tuple[int, ...]:
        return (len(x.dims),)

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if problem := unspatial(self.kind(), x):
            return problem
        return TensorType.model_construct(dims=(x.channels, *(1 for _ in x.space)))

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(1, xs[0]))

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None
