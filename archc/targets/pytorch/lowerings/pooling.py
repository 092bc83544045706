"""Poolings."""

from __future__ import annotations

from archc.ir.torch_call import Changed, TorchCall, TorchModule, changed, function, square
from archc.ir.types import Types
from archc.ops.adaptive_apool import AdaptiveAPool
from archc.ops.adaptive_mpool import AdaptiveMPool
from archc.ops.apool import APool
from archc.ops.blur_pool import BlurPool
from archc.ops.gapool import GAPool
from archc.ops.gmpool import GMPool
from archc.ops.lppool import LPPool
from archc.ops.mpool import MPool
from archc.ops.subsample import Subsample
from archc.targets.pytorch.registry import lowers

_NO_NAMES = changed()
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


_BLUR_POOL = '''\
class BlurPool(nn.Module):
    """Each channel blurred with the binomial filter, then every `stride`th number.

    The image is padded with its own reflection.
    Source: Zhang 2019, arXiv:1904.11486.
    """

    def __init__(self, kernel_size: int = 3, stride: int = 2) -> None:
        super().__init__()
        self.stride = stride
        before, after = (kernel_size - 1) // 2, kernel_size // 2
        self.padding = [before, after, before, after]
        row = torch.ones(1)
        for _ in range(kernel_size - 1):
            row = (F.pad(row, [0, 1]) + F.pad(row, [1, 0])) / 2
        self.filter: torch.Tensor
        self.register_buffer("filter", torch.outer(row, row), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        channels = x.shape[1]
        filters = self.filter.expand(channels, 1, -1, -1)
        padded = F.pad(x, self.padding, mode="reflect")
        return F.conv2d(padded, filters, stride=self.stride, groups=channels)
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
    return _either("MaxPool", "max_pool", xs, kernel, named=arguments)


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
    return _either("AvgPool", "avg_pool", xs, kernel, named=arguments)


@lowers(LPPool)
def power_pool(op: LPPool, xs: Types) -> TorchCall:
    """Power pooling."""
    stride = None if op.stride is None else square(op.stride)
    arguments = changed(stride=(stride, None), ceil_mode=(op.ceil, False))
    return _either("LPPool", "lp_pool", xs, op.p, square(op.kernel), named=arguments)


@lowers(AdaptiveAPool)
def adaptive_average_pool(op: AdaptiveAPool, xs: Types) -> TorchCall:
    """Average pooling to a given size."""
    return _either("AdaptiveAvgPool", "adaptive_avg_pool", xs, square(op.size))


@lowers(AdaptiveMPool)
def adaptive_max_pool(op: AdaptiveMPool, xs: Types) -> TorchCall:
    """Max pooling to a given size."""
    return _either("AdaptiveMaxPool", "adaptive_max_pool", xs, square(op.size))


@lowers(GAPool)
def global_average_pool(op: GAPool, xs: Types) -> TorchCall:
    """Average pooling to a single position."""
    return _either("AdaptiveAvgPool", "adaptive_avg_pool", xs, 1)


@lowers(GMPool)
def global_max_pool(op: GMPool, xs: Types) -> TorchCall:
    """Max pooling to a single position."""
    return _either("AdaptiveMaxPool", "adaptive_max_pool", xs, 1)


def _either(module: str, name: str, xs: Types, *args: object, named: Changed = _NO_NAMES) -> TorchCall:
    """A pooling as a module and as a function, for the number of axes of its input."""
    axes = f"{xs[0].axes}d"
    return TorchCall(TorchModule(f"nn.{module}{axes}", args, named), function(f"F.{name}{axes}", *args, **named))


@lowers(BlurPool)
def blur_pool(op: BlurPool, xs: Types) -> TorchCall:
    """Blurred subsampling, which torch does not have."""
    arguments = changed(kernel_size=(op.kernel, 3), stride=(op.stride, 2))
    return TorchCall(TorchModule("BlurPool", (), arguments), definition=_BLUR_POOL, function="F.conv2d")


@lowers(Subsample)
def subsample(op: Subsample, xs: Types) -> TorchCall:
    """LeNet-5's trainable pooling, which torch does not have."""
    kernel = square(op.kernel)
    arguments = changed(kernel_size=(kernel, 2), stride=(square(op.stride or op.kernel), kernel))
    module = TorchModule("Subsample", (xs[0].channels,), arguments)
    return TorchCall(module, definition=_SUBSAMPLE, inside=(("nn.AvgPool2d", "F.avg_pool2d"),))
