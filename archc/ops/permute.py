"""Permute: the axes in another order."""

from __future__ import annotations

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.axes import BadOrder
from archc.ir.arguments import Order
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types
from archc.ir.window import Window


class Permute(Op):
    """Permutes the axes of a sample: `order` has, for each axis of the output, its number in the input.

    Axis 0 is the channels. `Permute([1, 2, 0])` moves the channels of an image to the end, `Permute([2, 0, 1])` moves
    them back.

    Shape:  (n0, n1, n2) -> (n_order[0], n_order[1], n_order[2])
    Cost:   none: it only moves numbers
    Source: torch.permute
    """

    order: Order

    family = "shape"
    examples = (
        Example("Permute([1, 2, 0])", "96x56x48", "56x48x96"),
        Example("Permute([2, 0, 1])", "56x48x96", "96x56x48"),
        Example("Permute([1, 0])", "196x768", "768x196"),
    )
    keeps = "nothing"
    needs_output = True
    shares = True

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if sorted(self.order) != list(range(len(x.dims))):
            return BadOrder(order=self.order, input=x.dims, at=ParamRef("order"))
        return TensorType.model_construct(dims=tuple(x.dims[i] for i in self.order))

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None

    def turned(self) -> tuple[int, ...]:
        return self.order
