"""The base of attentions within windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from archc.diagnostics.core import InputRef, ParamRef, Problem
from archc.diagnostics.problems.axes import HeadsDoNotDivide
from archc.diagnostics.problems.windows import WantsWindows, WideShift
from archc.ir.cost import Cost, Factor, Formula
from archc.ir.op import Op, Weight
from archc.ir.sym import same
from archc.ir.types import TensorType, Types
from archc.ir.window import Window


class Windowed(Op):
    """Base of self-attentions within windows. `steps`: the operations per weight, without those of a shift."""

    if TYPE_CHECKING:  # their position among the arguments differs
        heads: int
        shift: tuple[int, ...]
        bias: bool

    family = "linear"
    steps: ClassVar[int]

    @property
    def shifts(self) -> bool:
        """Whether the image was rolled."""
        return not (same(self.shift[0], 0) and same(self.shift[1], 0))

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if len(x.dims) != 5:
            return WantsWindows(kind=self.kind(), input=x.dims, at=InputRef(0))
        *_, h, w, c = x.dims
        if c % self.heads:
            return HeadsDoNotDivide(heads=self.heads, width=c, at=ParamRef("heads"))
        if len(self.shift) != 2 or self.shift[0] >= h or self.shift[1] >= w:
            return WideShift(kind=self.kind(), shift=self.shift, window=(h, w), at=ParamRef("shift"))
        return x

    def index(self, xs: Types, *, flat: bool) -> dict[str, Weight]:
        """The buffer with the index of the bias for each pair of positions."""
        *_, h, w, _ = xs[0].dims
        places = h * w
        shape = (places * places,) if flat else (places, places)
        return {"relative_position_index": Weight(shape, "buffer", "int64")}

    def linear(self, c: int, name: str, parts: int = 1) -> dict[str, Weight]:
        """The weights of a linear map to this many vectors of `c` features."""
        axes = ("M" if parts == 1 else f"{parts}M", "M")
        found = {f"{name}.weight": Weight((parts * c, c), axes=axes)}
        return found | {f"{name}.bias": Weight((parts * c,))} if self.bias else found

    def attention(self, xs: Types) -> Cost:
        """The work of the attention itself, in all windows."""
        rows, columns, h, w, c = xs[0].dims
        windows: tuple[Factor, ...] = (("R", rows), ("C", columns))
        tokens, width = ("L", h * w), ("M", c)
        macs = Formula.of(("4", 4), *windows, tokens, width, width)
        macs += Formula.of(("2", 2), *windows, tokens, tokens, width)
        steps = self.steps + (1 if self.shifts else 0)
        elementwise = Formula.of((str(steps), steps), *windows, ("H", self.heads), tokens, tokens)
        if self.bias:
            elementwise += Formula.of(("4", 4), *windows, tokens, width)
        return Cost(macs, elementwise=elementwise)

    def cost(self, xs: Types, ys: Types) -> Cost:
        return self.attention(xs)

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None
