"""Identity: nothing at all."""

from __future__ import annotations

from archc.network.op import Example, Look, Op
from archc.network.torch_call import Expression, Module, TorchCall
from archc.network.types import TensorType, Types


class Identity(Op):
    """What comes in goes out: `replace fc: Identity` makes a classifier give its features.

    Shape:  unchanged
    Cost:   none
    Source: torch.nn.Identity
    """

    look = Look("shape", "identity")
    examples = (Example("Identity", "512", "512"), Example("Identity", "8x7x7", "8x7x7"))
    needs_output = True
    keeps = "nothing"
    shares = True

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def torch(self, xs: Types) -> TorchCall:
        return TorchCall(Module("nn.Identity"), Expression("{0}"))
