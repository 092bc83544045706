"""Subsample: LeNet-5's trainable pooling."""

from __future__ import annotations

from archc.diagnostics import Problem
from archc.network.arguments import Size2, Stride
from archc.network.autograd import Saved, new
from archc.network.cost import Cost, Formula, extent, window
from archc.network.op import Example, Look, Op, Weight
from archc.network.torch_call import Module, TorchCall, changed, square
from archc.network.types import TensorType, Types
from archc.network.window import Window
from archc.ops._pooling import pooled

_MODULE = '''\
class Subsample(nn.Module):
    """LeNet-5's pooling: a weight times the sum of each window, plus a bias.

    Each channel has its own weight and bias; they start as average pooling.
    Source: LeCun, Bottou, Bengio, Haffner 1998, section II.B.
    """

    def __init__(
        self,
        channels: int,
        kernel_size: int | tuple[int, int] = 2,
        stride: int | tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        if isinstance(kernel_size, int):
            kernel_size = (kernel_size, kernel_size)
        self.pool = nn.AvgPool2d(kernel_size, stride)
        self.area = kernel_size[0] * kernel_size[1]
        self.weight = nn.Parameter(torch.full((channels,), 1 / self.area))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total: torch.Tensor = self.pool(x) * self.area
        return total * self.weight.view(-1, 1, 1) + self.bias.view(-1, 1, 1)
'''


class Subsample(Op):
    """LeNet-5's trainable pooling: weight * (sum of the window) + bias, with one weight and one bias a channel.

    Shape:  (c, h, w) -> (c, h', w'), h' = (h - kernel) // stride + 1; without a stride, the windows lie side by side
    Cost:   element-wise: kernel_h * kernel_w + 1 operations an output (additions, product, bias); as many connections
    Source: LeCun, Bottou, Bengio, Haffner 1998, section II.B (S2 and S4)
    """

    kernel: Size2 = (2, 2)
    stride: Stride = None

    pools = True
    look = Look("pool", "Subsample {kernel}")
    examples = (Example("Subsample", "6x28x28", "6x14x14"), Example("Subsample(3, 2)", "4x9x8", "4x4x3"))

    def infer(self, xs: Types) -> TensorType | Problem:
        return pooled("Subsample", xs[0], self.kernel, self.stride or self.kernel, (0, 0), (1, 1), False)

    def weights(self, xs: Types) -> dict[str, Weight]:
        return {"weight": Weight((xs[0].channels,)), "bias": Weight((xs[0].channels,))}

    def cost(self, xs: Types, ys: Types) -> Cost:
        uses = Formula.of(*window(self.kernel), *extent(ys[0])) + Formula.of(*extent(ys[0]))
        return Cost(elementwise=uses, connections=uses)

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return Saved("input"), new("sums", ys[0].elements, trained=True)

    def window(self, xs: Types, ys: Types) -> Window:
        return Window(self.kernel, self.stride or self.kernel)

    def torch(self, xs: Types) -> TorchCall:
        kernel = square(self.kernel)
        arguments = changed(kernel_size=(kernel, 2), stride=(square(self.stride or self.kernel), kernel))
        return TorchCall(
            Module("Subsample", (xs[0].channels,), arguments), definition=_MODULE, inside=("nn.AvgPool2d",)
        )
