"""Poolings."""

from __future__ import annotations

from archc.network.torch_call import Expression, Module, TorchCall, changed, function, square
from archc.network.types import Types
from archc.ops.adaptive_apool import AdaptiveAPool
from archc.ops.apool import APool
from archc.ops.gapool import GAPool
from archc.ops.mpool import MPool
from archc.ops.subsample import Subsample
from archc.targets.pytorch.registry import lowers

_SUBSAMPLE = '''\
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


@lowers(MPool)
def max_pool(op: MPool, xs: Types) -> TorchCall:
    """Max pooling."""
    kernel = square(op.kernel)
    arguments = changed(
        stride=(square(op.stride or op.kernel), kernel),
        padding=(square(op.pad), 0),
        dilation=(square(op.dilation), 1),
        ceil_mode=(op.ceil, False),
    )
    return TorchCall(Module("nn.MaxPool2d", (kernel,), arguments), function("F.max_pool2d", kernel, **arguments))


@lowers(APool)
def average_pool(op: APool, xs: Types) -> TorchCall:
    """Average pooling."""
    kernel = square(op.kernel)
    arguments = changed(
        stride=(square(op.stride or op.kernel), kernel),
        padding=(square(op.pad), 0),
        ceil_mode=(op.ceil, False),
        count_include_pad=(op.count_pad, True),
    )
    return TorchCall(Module("nn.AvgPool2d", (kernel,), arguments), function("F.avg_pool2d", kernel, **arguments))


@lowers(AdaptiveAPool)
def adaptive_average_pool(op: AdaptiveAPool, xs: Types) -> TorchCall:
    """Average pooling to a given size."""
    size = square(op.size)
    return TorchCall(Module("nn.AdaptiveAvgPool2d", (size,)), function("F.adaptive_avg_pool2d", size))


@lowers(GAPool)
def global_average_pool(op: GAPool, xs: Types) -> TorchCall:
    """Average pooling to a single place."""
    return TorchCall(Module("nn.AdaptiveAvgPool2d", (1,)), Expression("F.adaptive_avg_pool2d({0}, 1)"))


@lowers(Subsample)
def subsample(op: Subsample, xs: Types) -> TorchCall:
    """LeNet-5's trainable pooling, which torch does not have."""
    kernel = square(op.kernel)
    arguments = changed(kernel_size=(kernel, 2), stride=(square(op.stride or op.kernel), kernel))
    module = Module("Subsample", (xs[0].channels,), arguments)
    return TorchCall(module, definition=_SUBSAMPLE, inside=(("nn.AvgPool2d", "F.avg_pool2d"),))
