"""WindowAttention: self-attention within windows, which knows how far places are from each other."""

from __future__ import annotations

from archc.ir.arguments import Flag, Pad0, PositiveInt, PositiveOrNone, TwoNames
from archc.ir.autograd import Saved, new
from archc.ir.op import Example, Weight
from archc.ir.types import Types
from archc.ops._windowed import Windowed

USUAL = ("qkv", "proj")
"""What most networks call the two linear maps."""


class WindowAttention(Windowed):
    """Each place becomes a mean of all in its window, weighted by how well they fit and by how they lie to each other.

    To the product of a query and a key, times `scale`, a learned bias of their relative position is added, one in each
    of `heads`; `scale` is 1 / sqrt(features of a head), if it is not given. Where the image was rolled by `shift`
    before, places that only met because of it are kept apart: -100 is added. `names` are those of the two linear maps.
    The positions are looked up by a buffer of whole numbers, a list, or with `flat=false` a square.

    Shape:  unchanged: (rows, columns, size_h, size_w, c)
    Cost:   as `Attention(heads)` of each window, with its places for tokens; element-wise: of each weight one operation
            more (the bias), two where `shift` is not 0
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
