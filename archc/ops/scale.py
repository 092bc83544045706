"""Scale: a learned factor of each channel."""

from __future__ import annotations

from archc.ir.arguments import Number, Over
from archc.ir.autograd import Saved
from archc.ir.cost import Cost, each
from archc.ir.op import Example, Op, Weight
from archc.ir.types import TensorType, Types


class LayerScale(Op):
    """Multiplies each channel by a learned number, initialised with `init`. Layer scale is `Scale(1e-6)`.

    With `over="last"` there is a number for each feature of the tokens, with `over="all"` a single one. It is a
    parameter of the enclosing module rather than a module: its label is the key in the state dict.

    The learned tensor of an image's channels is `c x 1 x 1`, as in torchvision. Where published weights have a vector
    instead, as in timm, write `Permute([1, 2, 0]) - gamma: Scale(1e-6, over="last") - Permute([2, 0, 1])`.

    Shape:  unchanged
    Cost:   element-wise: one product per number
    Source: Touvron et al. 2021, arXiv:2103.17239, equation 4
    """

    init: Number = 1.0
    over: Over = "channels"

    family = "norm"
    examples = (
        Example("Scale(1e-6)", "96x56x56", "96x56x56"),
        Example('Scale(0.1, over="last")', "197x768", "197x768"),
        Example('Scale(0, over="all")', "64x8x8", "64x8x8"),
    )

    @classmethod
    def kind(cls) -> str:
        """The name in the language, which differs from that of the class: `Scale`."""
        return "Scale"

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def weights(self, xs: Types) -> dict[str, Weight]:
        return {"": Weight(self.shape(xs[0]))}

    def shape(self, x: TensorType) -> tuple[int, ...]:
        """The shape of the learned tensor: a number for each channel, and 1 for each axis after it."""
        if self.over == "all":
            return ()
        return x.dims[-1:] if self.over == "last" else (x.channels, *(1 for _ in x.space))

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(1, xs[0]))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return (Saved("input", trained=True),)
