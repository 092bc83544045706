"""Attention: multi-head self-attention."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, ParamRef, Problem
from archc.diagnostics.problems.axes import HeadsDoNotDivide, WantsTokens
from archc.ir.arguments import Flag, PositiveInt
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, Formula, each
from archc.ir.op import Example, Op, Weight
from archc.ir.types import TensorType, Types
from archc.ir.window import Window


class Attention(Op):
    """Multi-head self-attention: each token becomes a mean of all, weighted by the match of its query with their keys.

    Its weights have the names of `nn.MultiheadAttention`. `bias=false` leaves out both biases.

    Shape:  unchanged: (n, c)
    Cost:   macs = 3 * n * c * c (queries, keys, values) + 2 * n * n * c (weights and means) + n * c * c (the output);
            element-wise: of each of heads * n * n weights four operations (scaled, softmax); an addition for each bias
    Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2
    """

    heads: PositiveInt
    bias: Flag = True

    family = "linear"
    examples = (
        Example("Attention(12)", "197x768", "197x768"),
        Example("Attention(2, bias=false)", "9x8", "9x8"),
    )

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if x.axes != 1:
            return WantsTokens(kind="Attention", input=x.dims, at=InputRef(0))
        if x.dims[1] % self.heads:
            return HeadsDoNotDivide(heads=self.heads, width=x.dims[1], at=ParamRef("heads"))
        return x

    def weights(self, xs: Types) -> dict[str, Weight]:
        c = xs[0].dims[1]
        found = {"in_proj_weight": Weight((3 * c, c), axes=("3M", "M"))}
        if self.bias:
            found["in_proj_bias"] = Weight((3 * c,))
        found["out_proj.weight"] = Weight((c, c), axes=("M", "M"))
        return found | {"out_proj.bias": Weight((c,))} if self.bias else found

    def cost(self, xs: Types, ys: Types) -> Cost:
        n, c = xs[0].dims
        tokens, width = ("L", n), ("M", c)
        macs = Formula.of(("4", 4), tokens, width, width) + Formula.of(("2", 2), tokens, tokens, width)
        steps = Formula.of(("4", 4), ("H", self.heads), tokens, tokens)
        return Cost(macs, elementwise=steps + (each(4, xs[0]) if self.bias else Formula()))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        n, c = xs[0].dims
        return (
            Saved("input", trained=True),
            new("queries, keys and values", 3 * n * c),
            new("means", n * c),
            new("sums of the weights", self.heads * n, "float32"),
        )

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None

    def channel_axis(self, came: int, x: TensorType, y: TensorType) -> int:
        return len(y.dims) - 1
