"""WindowAttention: self-attention within windows, with relative position biases."""

from __future__ import annotations

from archc.ir.arguments import Flag, Pad0, PositiveInt, PositiveOrNone, TwoNames
from archc.ir.autograd import Saved, new
from archc.ir.op import Example, Weight
from archc.ir.types import Types
from archc.ops._windowed import Windowed

USUAL = ("qkv", "proj")
"""The usual names of the two linear maps."""


class WindowAttention(Windowed):
    """Each position becomes a mean of all in its window, weighted by their match and their relative position.

    A learned bias for the relative position, separate for each of `heads`, is added to the product of a query and a key
    times `scale`; the default `scale` is 1 / sqrt(features of a head). If the image was rolled by `shift` before, -100
    is added for positions that are adjacent only because of it. `names` are those of the two linear maps. The buffer of
    indices of biases is a list, or with `flat=false` a square.

    Shape:  unchanged: (rows, columns, size_h, size_w, c)
    Cost:   as `Attention(heads)` for each window, with its positions as tokens; element-wise: one more operation for
            each weight (the bias), two if `shift` is not 0
    Source: Liu et al. 2021, arXiv:2103.14030, equation 4
    """

    heads: PositiveInt
    shift: Pad0 = (0, 0)
    scale: PositiveOrNone = None
    bias: Flag = True
    flat: Flag = True
    names: TwoNames = USUAL

    examples = (
        Example("WindowAttention(3)", "8x8x7x7x96", "8x8x7x7x96"),
        Example("WindowAttention(2, shift=2x1, bias=false)", "2x3x4x4x8", "2x3x4x4x8"),
        Example('WindowAttention(2, scale=0.125, flat=false, names=["to_qkv", "merge"])', "2x2x3x2x64", "2x2x3x2x64"),
    )
    steps = 5

    def weights(self, xs: Types) -> dict[str, Weight]:
        *_, h, w, c = xs[0].dims
        first, last = self.names
        table = {"relative_position_bias_table": Weight(((2 * h - 1) * (2 * w - 1), self.heads))}
        return table | self.index(xs, flat=bool(self.flat)) | self.linear(c, first, 3) | self.linear(c, last)

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        (x,) = xs
        rows, columns, h, w, _ = x.dims
        apart = [new(name, x.elements) for name in ("keys", "values")]
        return (
            Saved("input", trained=True),
            new("scaled queries", x.elements),
            *(apart if self.heads > 1 else [new("queries, keys and values", 3 * x.elements)]),
            new("weights", rows * columns * self.heads * h * w * h * w),
            new("means", x.elements, trained=True),
        )
