"""Layers with weights other than convolutions: matrix products, normalisation, a learned rectifier."""

from __future__ import annotations

from archc.ir.sym import is_symbolic
from archc.ir.torch_call import TorchCall, TorchModule, changed, function
from archc.ir.types import TensorType, Types
from archc.ops.affine import Affine
from archc.ops.bn import BN
from archc.ops.fc import FC
from archc.ops.gn import GN
from archc.ops.instance_norm import InstanceNorm
from archc.ops.linear import Linear
from archc.ops.ln import LN
from archc.ops.norm import Norm
from archc.ops.prelu import PReLU
from archc.ops.rbf import RBF
from archc.ops.rms_norm import RMSNorm
from archc.targets.pytorch.registry import lowers

_CHANNEL_AFFINE = '''\
class ChannelAffine(nn.Module):
    """`scale * x + shift` with fixed numbers a channel, outside the state dict."""

    def __init__(self, scale: list[float], shift: list[float]) -> None:
        super().__init__()
        self.scale: torch.Tensor
        self.shift: torch.Tensor
        for name, values in (("scale", scale), ("shift", shift)):
            column = torch.tensor(values).view(-1, 1, 1)
            self.register_buffer(name, column, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale + self.shift
'''
_CHANNELS_NORM = '''\
class Channels{name}(nn.{name}):
    """`nn.{name}` over the channels of each pixel."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        last = input.movedim(1, -1)
        sizes = self.normalized_shape
        out: torch.Tensor = {function}(last, sizes, {weights}, self.eps)
        return out.movedim(-1, 1)
'''
_RBF = '''\
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


@lowers(Linear, FC)
def linear(op: Linear | FC, xs: Types) -> TorchCall:
    """A matrix product."""
    module = TorchModule("nn.Linear", (xs[0].dims[-1], op.width), changed(bias=(op.bias, True)))
    return TorchCall(module, function="F.linear")


@lowers(RBF)
def rbf(op: RBF, xs: Types) -> TorchCall:
    """LeNet-5's output layer, which torch does not have."""
    return TorchCall(TorchModule("RBF", (xs[0].channels, op.width)), definition=_RBF)


@lowers(BN)
def batch_norm(op: BN, xs: Types) -> TorchCall:
    """Batch normalisation, which torch has in one class for vectors and signals."""
    target = f"nn.BatchNorm{xs[0].axes or 1}d"
    arguments = changed(eps=(op.eps, 1e-5), momentum=(op.momentum, 0.1), affine=(op.affine, True))
    return TorchCall(TorchModule(target, (xs[0].channels,), arguments), function="F.batch_norm")


@lowers(InstanceNorm)
def instance_norm(op: InstanceNorm, xs: Types) -> TorchCall:
    """Instance normalisation."""
    (x,) = xs
    arguments = changed(eps=(op.eps, 1e-5), affine=(op.affine, False))
    return TorchCall(TorchModule(f"nn.InstanceNorm{x.axes}d", (x.channels,), arguments), function="F.instance_norm")


@lowers(PReLU)
def prelu(op: PReLU, xs: Types) -> TorchCall:
    """The rectifier with a learned slope."""
    args = () if op.shared else (xs[0].channels,)
    return TorchCall(TorchModule("nn.PReLU", args, changed(init=(op.init, 0.25))), function="F.prelu")


@lowers(GN)
def group_norm(op: GN, xs: Types) -> TorchCall:
    """Group normalisation."""
    arguments = changed(eps=(op.eps, 1e-5), affine=(op.affine, True))
    return TorchCall(TorchModule("nn.GroupNorm", (op.groups, xs[0].channels), arguments), function="F.group_norm")


@lowers(LN)
def layer_norm(op: LN, xs: Types) -> TorchCall:
    """Layer normalisation over all axes, the last or the first."""
    return _layerwise(op, xs[0], "LayerNorm", "F.layer_norm", 1e-5)


@lowers(RMSNorm)
def rms_norm(op: RMSNorm, xs: Types) -> TorchCall:
    """Normalisation by the root of the mean square, over all axes, the last or the first."""
    return _layerwise(op, xs[0], "RMSNorm", "F.rms_norm", None)


def _layerwise(op: LN | RMSNorm, x: TensorType, name: str, function: str, eps: float | None) -> TorchCall:
    dims = op.normal(x)
    arguments = changed(eps=(op.eps, eps), elementwise_affine=(op.affine, True))
    size = dims[0] if len(dims) == 1 else dims
    if op.over != "channels" or not x.axes:
        return TorchCall(TorchModule(f"nn.{name}", (size,), arguments), function=function)
    weights = "self.weight, self.bias" if name == "LayerNorm" else "self.weight"
    definition = _CHANNELS_NORM.replace("{name}", name).replace("{function}", function).replace("{weights}", weights)
    return TorchCall(TorchModule(f"Channels{name}", (size,), arguments), definition=definition, function=function)


@lowers(Norm)
def local_response_norm(op: Norm, xs: Types) -> TorchCall:
    """Local response normalisation. PyTorch divides `alpha` by the size; the paper does not."""
    alpha = op.alpha * op.size
    alpha = alpha if is_symbolic(alpha) else float(f"{alpha:.12g}")  # rounds off trailing digits
    arguments = changed(alpha=(alpha, 1e-4), beta=(op.beta, 0.75), k=(op.k, 1.0))
    expression = function("F.local_response_norm", op.size, **arguments)
    padded = (op.size - 1) * xs[0].height * xs[0].width if xs[0].is_image else 0
    return TorchCall(TorchModule("nn.LocalResponseNorm", (op.size,), arguments), expression, padded=padded)


@lowers(Affine)
def affine(op: Affine, xs: Types) -> TorchCall:
    """A fixed affine map for each channel, outside the state dict. One number is repeated along them."""
    lists = (_numbers(op.scale), _numbers(op.shift))
    return TorchCall(TorchModule("ChannelAffine", lists), definition=_CHANNEL_AFFINE)


def _numbers(given: float | tuple[float, ...]) -> list[float]:
    if isinstance(given, tuple):
        return list(given)
    return [given if is_symbolic(given) else float(given)]
