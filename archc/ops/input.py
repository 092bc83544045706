"""Input: the input of the network."""

from __future__ import annotations

from archc.ir.arguments import Sizes, Word
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types


class Input(Op):
    """The network's input, written `input 3x224x224` or `input image: 3x224x224`; one sample, without the batch axis.

    Shape:  () -> shape
    Cost:   none
    Source: the spec
    """

    shape: Sizes
    name: Word = ""
    """Its name in the spec, or ""."""

    inputs = (0, 0)
    family = "input"
    examples = (Example("Input(3x224x224)", "", "3x224x224"), Example("Input([10])", "", "10"))
    needs_output = True

    def infer(self, xs: Types) -> TensorType:
        return TensorType.model_construct(dims=self.shape)
