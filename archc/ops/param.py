"""Param: a learned tensor."""

from __future__ import annotations

from archc.ir.arguments import NotNegative, Number, Sizes
from archc.ir.op import Example, Op, Weight
from archc.ir.types import TensorType, Types
from archc.ir.window import Window


class LearnedTensor(Op):
    """A learned tensor that is the same for all inputs, such as the class token of a transformer.

    It is initialised with `init`, or normally distributed around it with standard deviation `std`. It is a parameter of
    the enclosing module rather than a module: its label is the key in the state dict, where it has a first axis of size
    1 for the batch.

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
        """The name in the language, which differs from that of the class: `Param`."""
        return "Param"

    def infer(self, xs: Types) -> TensorType:
        return TensorType.model_construct(dims=self.shape)

    def weights(self, xs: Types) -> dict[str, Weight]:
        return {"": Weight((1, *self.shape))}

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None
