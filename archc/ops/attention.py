"""Attention: multi-head attention of tokens to each other, or to others."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, ParamRef, Problem
from archc.diagnostics.problems.axes import HeadsDoNotDivide, KeysWithoutValues, WantsTokens
from archc.ir.arguments import Flag, PositiveInt
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, Formula, each
from archc.ir.op import Example, Op, Weight
from archc.ir.types import TensorType, Types
from archc.ir.window import Window


class Attention(Op):
    """Multi-head self-attention: each token becomes a mean of all, weighted by the match of its query with their keys.

    `(x, memory) - Attention(8)` computes queries from the tokens of the first, keys and values from those of the
    second; `(q, k, v) - Attention(8)` takes each from another tensor. The output has the tokens and features of the
    first.

    Its weights have the names of `nn.MultiheadAttention`: one for all three, or `q_proj_weight`, `k_proj_weight` and
    `v_proj_weight` if not all have the features of the first. `bias=false` leaves out both biases.

    Shape:  (n, c) -> (n, c); (n, c), (m, d) -> (n, c); (n, c), (m, d), (m, e) -> (n, c)
    Cost:   macs = n * c * c + m * d * c + m * e * c (queries, keys, values) + 2 * n * m * c (weights and means)
            + n * c * c (the output), where m = n and d = e = c for one sequence; element-wise: four operations for
            each of heads * n * m weights (scale, softmax); an addition for each bias
    Source: Vaswani et al. 2017, arXiv:1706.03762, sections 3.2.2 and 3.2.3
    """

    heads: PositiveInt
    bias: Flag = True

    inputs = (1, 3)
    family = "linear"
    examples = (
        Example("Attention(12)", "197x768", "197x768"),
        Example("Attention(2, bias=false)", "9x8", "9x8"),
        Example("Attention(4)", "10x64; 49x64", "10x64"),
        Example("Attention(2)", "6x8; 50x12", "6x8"),
        Example("Attention(2)", "9x8; 5x8; 5x8", "9x8"),
    )

    def infer(self, xs: Types) -> TensorType | Problem:
        for i, x in enumerate(xs):
            if x.axes != 1:
                return WantsTokens(kind="Attention", input=x.dims, at=InputRef(i))
        queries, keys, values = _roles(xs)
        if queries.dims[1] % self.heads:
            return HeadsDoNotDivide(heads=self.heads, width=queries.dims[1], at=ParamRef("heads"))
        if keys.dims[0] != values.dims[0]:
            return KeysWithoutValues(keys=keys.dims, values=values.dims, at=InputRef(2))
        return queries

    def weights(self, xs: Types) -> dict[str, Weight]:
        c = xs[0].dims[1]
        if self.is_packed(xs):
            found = {"in_proj_weight": Weight((3 * c, c), axes=("3M", "M"))}
        else:
            made = zip(("q", "k", "v"), _roles(xs), strict=True)
            found = {f"{name}_proj_weight": Weight((c, x.dims[1]), axes=("M", "N")) for name, x in made}
        if self.bias:
            found["in_proj_bias"] = Weight((3 * c,))
        found["out_proj.weight"] = Weight((c, c), axes=("M", "M"))
        return found | {"out_proj.bias": Weight((c,))} if self.bias else found

    @staticmethod
    def is_packed(xs: Types) -> bool:
        """Whether one weight makes queries, keys and values, since all have the same features."""
        return all(x.dims[1] == xs[0].dims[1] for x in xs[1:])

    def cost(self, xs: Types, ys: Types) -> Cost:
        queries, keys, values = _roles(xs)
        (n, c), m = queries.dims, keys.dims[0]
        tokens, others, width = ("L", n), ("L" if len(xs) == 1 else "S", m), ("M", c)
        if len(xs) == 1:
            macs = Formula.of(("4", 4), tokens, width, width)
        else:
            macs = Formula.of(("2", 2), tokens, width, width)
            for name, x in zip(("K", "V"), (keys, values), strict=True):
                macs += Formula.of(others, (name, x.dims[1]), width)
        steps = Formula.of(("4", 4), ("H", self.heads), tokens, others)
        biases = Formula()
        if self.bias:
            biases = each(4, queries) if len(xs) == 1 else each(2, queries) + Formula.of(("2", 2), others, width)
        return Cost(macs + Formula.of(("2", 2), tokens, others, width), elementwise=steps + biases)

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        queries, keys, _ = _roles(xs)
        (n, c), m = queries.dims, keys.dims[0]
        own = (
            (new("queries, keys and values", 3 * n * c),)
            if len(xs) == 1
            else (new("queries", n * c), new("keys", m * c), new("values", m * c))
        )
        return (
            *(Saved("input", i, trained=True) for i in range(len(xs))),
            *own,
            new("means", n * c),
            new("sums of the weights", self.heads * n, "float32"),
        )

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None

    def channel_axis(self, came: int, x: TensorType, y: TensorType) -> int:
        return len(y.dims) - 1


def _roles(xs: Types) -> Types:
    """What queries, keys and values are made of: the last tensor stands for those that are not given."""
    return (*xs, *xs[-1:] * (3 - len(xs)))
