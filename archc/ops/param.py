"""Param: a learned tensor."""

from __future__ import annotations

from archc.ir.arguments import NotNegative, Number, Sizes
from archc.ir.op import Example, Op, Weight
from archc.ir.types import TensorType, Types
from archc.ir.window import Window


class LearnedTensor(Op):
    """A learned tensor, the same for each sample whatever comes in: the class token of a transformer.

    Its numbers start as `init`, or normally distributed around it with the deviation `std`. It is a tensor of the
    module around, and no module: its label is the key in the state dict, and its first axis there, of size 1, is the
    batch's.

    Shape:  (…) -> shape
    Cost:   none
    Source: Devlin et al. 2018, arXiv:1810.04805, section 3; Dosovitskiy et al. 2020, arXiv:2010.11929, equation 1
    """

    shape: Sizes
    init: Number = 0.0
    std: NotNegative = 0.0

    family = "shape"
    examples = (
        Example("Param([1, 768])", "196x768", "1x768"),
        Example("Param([8, 4, 4], 1)", "8x4x4", "8x4x4"),
        Example("Param([10], std=0.02)", "3x8x8", "10"),
    )
    keeps = "nothing"
    needs_output = True

    @classmethod
    def kind(cls) -> str:
        """A short name in the language; the place of an argument in a diagnostic has it, too."""
        return "Param"

    def infer(self, xs: Types) -> TensorType:
        return TensorType.model_construct(dims=self.shape)

    def weights(self, xs: Types) -> dict[str, Weight]:
        return {"": Weight((1, *self.shape))}

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None
