"""CosineWindowAttention: self-attention within windows by the angle between queries and keys."""

from __future__ import annotations

from archc.ir.arguments import Flag, Pad0, PositiveInt
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, Formula
from archc.ir.op import Example, Weight
from archc.ir.types import Types
from archc.ops._windowed import Windowed


class CosineWindowAttention(Windowed):
    """`WindowAttention` of Swin v2: weights depend on the angle between a query and a key, not on their lengths.

    The cosine is multiplied by a learned number for each of `heads`, which is stored as its logarithm and is at most
    100. The bias of a relative position is 16 times the sigmoid of the output of a perceptron with `hidden` features,
    so that the weights can be transferred to windows of another size. Keys have no bias. `shift` is as in
    `WindowAttention`.

    Shape:  unchanged: (rows, columns, size_h, size_w, c)
    Cost:   macs as `WindowAttention`, and (2 * size_h - 1) * (2 * size_w - 1) * hidden * (2 + heads) for the positions;
            element-wise: as there, and one more operation for each weight (the learned number)
    Source: Liu et al. 2022, arXiv:2111.09883, sections 3.2 and 3.3
    """

    heads: PositiveInt
    shift: Pad0 = (0, 0)
    bias: Flag = True
    hidden: PositiveInt = 512

    examples = (
        Example("CosineWindowAttention(3)", "8x8x8x8x96", "8x8x8x8x96"),
        Example("CosineWindowAttention(2, shift=2x1, bias=false, hidden=8)", "2x3x4x4x8", "2x3x4x4x8"),
    )
    steps = 6

    def weights(self, xs: Types) -> dict[str, Weight]:
        *_, h, w, c = xs[0].dims
        return {
            "logit_scale": Weight((self.heads, 1, 1)),
            "relative_coords_table": Weight((1, 2 * h - 1, 2 * w - 1, 2), "buffer"),
            **self.index(xs, flat=True),
            **self.linear(c, "qkv", 3),
            **self.linear(c, "proj"),
            "cpb_mlp.0.weight": Weight((self.hidden, 2)),
            "cpb_mlp.0.bias": Weight((self.hidden,)),
            "cpb_mlp.2.weight": Weight((self.heads, self.hidden)),
        }

    def cost(self, xs: Types, ys: Types) -> Cost:
        *_, h, w, _ = xs[0].dims
        found = self.attention(xs)
        positions, hidden = ("P", (2 * h - 1) * (2 * w - 1)), ("K", self.hidden)
        macs = Formula.of(("2", 2), positions, hidden) + Formula.of(positions, hidden, ("H", self.heads))
        return Cost(found.macs + macs, elementwise=found.elementwise)

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        (x,) = xs
        rows, columns, h, w, _ = x.dims
        places, windows = h * w, rows * columns
        positions, pairs = (2 * h - 1) * (2 * w - 1), places * places
        lengths = windows * places * self.heads
        return (
            Saved("input", trained=True),
            new("queries, keys and values", 3 * x.elements),
            *(new(name, lengths) for name in ("lengths of queries", "of keys", "lengths not 0", "of keys, not 0")),
            new("directions of queries", x.elements),
            new("directions of keys", x.elements),
            *([new("values", x.elements)] if self.heads > 1 else []),
            new("cosines", windows * self.heads * pairs, trained=True),
            new("factors", self.heads, batch=True),
            new("features of positions", positions * self.hidden, batch=True, trained=True),
            new("sigmoids", self.heads * pairs, batch=True, trained=True),
            new("weights", windows * self.heads * pairs),
            new("means", x.elements, trained=True),
        )
