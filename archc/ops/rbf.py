"""RBF: LeNet-5's output layer."""

from __future__ import annotations

from archc.diagnostics import Input, Problem
from archc.network.arguments import PositiveInt
from archc.network.autograd import Saved, new
from archc.network.cost import Cost, Formula
from archc.network.op import Example, Look, Op, Weight
from archc.network.torch_call import Module, TorchCall
from archc.network.types import TensorType, Types, vector
from archc.problems.shapes import WantsVector

_MODULE = '''\
class RBF(nn.Module):
    """LeNet-5's output: the squared distance to a fixed code of +1 and -1 a class.

    The nearest class wins. The codes are not trained. The paper drew them as digits and
    notes that they could be chosen at random, as here.
    Source: LeCun, Bottou, Bengio, Haffner 1998, section II.B, equation 7.
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        bits = torch.randint(0, 2, (out_features, in_features), generator=generator)
        self.weight: torch.Tensor
        self.register_buffer("weight", bits * 2.0 - 1.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x.unsqueeze(1) - self.weight).square().sum(2)
'''


class RBF(Op):
    """Euclidean radial basis functions: the squared distance of the input to a fixed code of +1 and -1 for each output.

    The output is a distance: the smallest one wins. The codes are a buffer, not trained.

    Shape:  (n) -> (width)
    Cost:   element-wise: three operations for each number of each code (subtract, square, add); one connection each
    Source: LeCun, Bottou, Bengio, Haffner 1998, section II.B, equation 7
    """

    width: PositiveInt

    look = Look("linear", "RBF {width}")
    examples = (Example("RBF(10)", "84", "10"), Example("RBF(3)", "5", "3"))

    def infer(self, xs: Types) -> TensorType | Problem:
        if len(xs[0].dims) != 1:
            return WantsVector(kind="RBF", input=xs[0].dims, at=Input(0))
        return vector(self.width)

    def weights(self, xs: Types) -> dict[str, Weight]:
        return {"weight": Weight((self.width, xs[0].channels), "buffer", axes=("N", "M"))}

    def cost(self, xs: Types, ys: Types) -> Cost:
        sizes = ("M", xs[0].channels), ("N", self.width)
        return Cost(elementwise=Formula.of(("3", 3), *sizes), connections=Formula.of(*sizes))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return (new("differences", xs[0].elements * self.width),)

    def torch(self, xs: Types) -> TorchCall:
        return TorchCall(Module("RBF", (xs[0].channels, self.width)), definition=_MODULE)
