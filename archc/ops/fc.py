"""FC: a fully connected layer, as textbooks draw it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.shapes import WantsVector
from archc.ir.arguments import Flag, Kind, PositiveInt
from archc.ir.autograd import Saved
from archc.ir.cost import Cost
from archc.ir.op import Around, Example, Op, Sketch, Weight
from archc.ir.types import TensorType, Types
from archc.ops.linear import Linear

_SKETCHED_WIDTH = 512


class FC(Op):
    """Fully connected layer. An image is flattened first; `act` is a layer that follows, as in `FC(10, SM)`.

    A bare `FC` in a lecture's line has as many outputs as there are classes if it is the last, otherwise 512, a number
    between the 120 and 84 of LeNet-5 and the 4096 of AlexNet.

    Shape:  (n) -> (width); (c, h, w) -> (width) with n = c*h*w
    Cost:   macs = n * width; element-wise: one addition per output for the bias
    Source: LeCun et al. 1998, section II.B (F6)
    """

    width: PositiveInt
    act: Kind = None
    bias: Flag = True

    family = "linear"
    examples = (
        Example("FC(4096)", "256x6x6", "4096"),
        Example("FC(10, SM)", "84", "10"),
        Example("FC(12, bias=false)", "7", "12"),
    )

    @classmethod
    def positional(cls, values: Sequence[object]) -> tuple[str, ...]:
        """`FC(SM)`: a layer kind in place of the width is the activation."""
        if len(values) == 1 and isinstance(values[0], str):
            return ("act",)
        return super().positional(values)

    @classmethod
    def sketch(cls, given: Sketch) -> Mapping[str, object]:
        return {"width": given.classes if given.last else _SKETCHED_WIDTH}

    def around(self, xs: Types) -> Around:
        before = ("Flatten",) if len(xs[0].dims) > 1 else ()
        if self.act is None:
            return Around(before, self, ())
        return Around(before, self.model_copy(update={"act": None}), (self.act,))

    def infer(self, xs: Types) -> TensorType | Problem:
        if len(xs[0].dims) != 1:
            return WantsVector(kind="FC", input=xs[0].dims, at=InputRef(0))
        return self._linear().infer(xs)

    def weights(self, xs: Types) -> dict[str, Weight]:
        return self._linear().weights(xs)

    def cost(self, xs: Types, ys: Types) -> Cost:
        return self._linear().cost(xs, ys)

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return self._linear().saves(xs, ys)

    def _linear(self) -> Linear:
        return Linear.model_construct(width=self.width, bias=self.bias)
