"""Element-wise ops: activations, softmax, dropout, sums and products."""

from __future__ import annotations

from archc.ir.sym import same
from archc.ir.torch_call import Expression, TorchCall, TorchModule, changed
from archc.ir.types import Types
from archc.ops.add import Add
from archc.ops.arithmetic import Arithmetic
from archc.ops.celu import CELU
from archc.ops.div import Div
from archc.ops.dropout import Dropout
from archc.ops.dropout2d import Dropout2d
from archc.ops.elu import ELU
from archc.ops.gelu import GELU
from archc.ops.glu import GLU
from archc.ops.hsigmoid import HSigmoid
from archc.ops.hswish import HSwish
from archc.ops.identity import Identity
from archc.ops.leaky_relu import LeakyReLU
from archc.ops.log_softmax import LogSoftmax
from archc.ops.mat_mul import MatMul
from archc.ops.mish import Mish
from archc.ops.mul import Mul
from archc.ops.neg import Neg
from archc.ops.relu import ReLU
from archc.ops.relu6 import ReLU6
from archc.ops.selu import SELU
from archc.ops.sigmoid import Sigmoid
from archc.ops.silu import SiLU
from archc.ops.sm import SM
from archc.ops.softplus import Softplus
from archc.ops.stochastic_depth import StochasticDepth
from archc.ops.sub import Sub
from archc.ops.tanh import Tanh
from archc.targets.pytorch.registry import constant, lowers

_STOCHASTIC_DEPTH = '''\
def stochastic_depth(
    x: torch.Tensor,
    p: float,
    mode: str,
    training: bool,
) -> torch.Tensor:
    """In training, set samples (mode "row") or the batch to zero with probability `p`.

    What is kept is scaled by 1/(1-p).
    Source: Huang et al. 2016, arXiv:1603.09382.
    """
    if not training or p == 0.0:
        return x
    size = [x.shape[0] if mode == "row" else 1] + [1] * (x.dim() - 1)
    kept = torch.empty(size, dtype=x.dtype, device=x.device).bernoulli_(1.0 - p)
    return x * kept if p == 1.0 else x * kept.div_(1.0 - p)
'''
_STOCHASTIC_DEPTH_MODULE = '''\
class StochasticDepth(nn.Module):
    """In training, leave out a residual branch with probability `p`."""

    def __init__(self, p: float, mode: str = "row") -> None:
        super().__init__()
        self.p = p
        self.mode = mode

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return stochastic_depth(x, self.p, self.mode, self.training)
'''
_SCALED_TANH = '''\
class ScaledTanh(nn.Module):
    """`scale * tanh(slope * x)`; LeNet-5 squashes with 1.7159 and 2/3.

    Source: LeCun, Bottou, Bengio, Haffner 1998, appendix A.
    """

    def __init__(self, scale: float, slope: float) -> None:
        super().__init__()
        self.scale = scale
        self.slope = slope

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scale * torch.tanh(self.slope * x)
'''

lowers(ReLU)(constant("nn.ReLU", "F.relu({0})", inplace=True))
lowers(ReLU6)(constant("nn.ReLU6", "F.relu6({0})", inplace=True, function="F.hardtanh"))
lowers(SiLU)(constant("nn.SiLU", "F.silu({0})", inplace=True))
lowers(HSwish)(constant("nn.Hardswish", "F.hardswish({0})", inplace=True))
lowers(HSigmoid)(constant("nn.Hardsigmoid", "F.hardsigmoid({0})", inplace=True))
lowers(Sigmoid)(constant("nn.Sigmoid", "torch.sigmoid({0})"))
lowers(SELU)(constant("nn.SELU", "F.selu({0})", inplace=True))
lowers(Mish)(constant("nn.Mish", "F.mish({0})", inplace=True))
lowers(Identity)(constant("nn.Identity", "{0}"))


@lowers(Tanh)
def tanh(op: Tanh, xs: Types) -> TorchCall:
    """The hyperbolic tangent, plain or with LeNet-5's constants."""
    if op.plain:
        return TorchCall(TorchModule("nn.Tanh"), Expression("torch.tanh({0})"))
    values = {"scale": op.scale, "slope": op.slope}
    return TorchCall(
        TorchModule("ScaledTanh", (op.scale, op.slope)),
        Expression("{scale} * torch.tanh({slope} * {0})", values, precedence="product"),
        module_definition=_SCALED_TANH,
    )


@lowers(LeakyReLU)
def leaky_relu(op: LeakyReLU, xs: Types) -> TorchCall:
    """The rectifier with a slope below zero."""
    return _of_one("nn.LeakyReLU", "F.leaky_relu", "negative_slope", op.slope, 0.01, inplace=True)


@lowers(ELU)
def elu(op: ELU, xs: Types) -> TorchCall:
    """The exponential linear unit."""
    return _of_one("nn.ELU", "F.elu", "alpha", op.alpha, 1.0, inplace=True)


@lowers(CELU)
def celu(op: CELU, xs: Types) -> TorchCall:
    """The continuously differentiable exponential linear unit."""
    return _of_one("nn.CELU", "F.celu", "alpha", op.alpha, 1.0, inplace=True)


@lowers(Softplus)
def softplus(op: Softplus, xs: Types) -> TorchCall:
    """The smooth rectifier."""
    return _of_one("nn.Softplus", "F.softplus", "beta", op.beta, 1.0)


def _of_one(module: str, function: str, name: str, value: float, usual: float, *, inplace: bool = False) -> TorchCall:
    """A layer with one number, which is omitted if it is torch's default."""
    arguments = changed(**{name: (value, usual)})
    written = (
        Expression(f"{function}({{0}}, {{{name}}})", {name: value}) if arguments else Expression(f"{function}({{0}})")
    )
    return TorchCall(TorchModule(module, (), arguments), written, inplace=inplace)


@lowers(GELU)
def gelu(op: GELU, xs: Types) -> TorchCall:
    """The Gaussian error linear unit, exact or with a hyperbolic tangent."""
    arguments = changed(approximate=(op.approximate, "none"))
    more = ', approximate="tanh"' if arguments else ""
    return TorchCall(TorchModule("nn.GELU", (), arguments), Expression(f"F.gelu({{0}}{more})"))


@lowers(GLU)
def glu(op: GLU, xs: Types) -> TorchCall:
    """The gated linear unit over channels or features."""
    axis = op.axis()
    args = (1,) if axis == 1 else ()
    return TorchCall(TorchModule("nn.GLU", args), Expression("F.glu({0}, 1)" if axis == 1 else "F.glu({0})"))


@lowers(LogSoftmax)
def log_softmax(op: LogSoftmax, xs: Types) -> TorchCall:
    """The logarithm of the softmax over channels or features."""
    axis = op.axis()
    return TorchCall(
        TorchModule("nn.LogSoftmax", (), changed(dim=(axis, None))), Expression(f"F.log_softmax({{0}}, dim={axis})")
    )


@lowers(SM)
def softmax(op: SM, xs: Types) -> TorchCall:
    """The softmax over channels or features."""
    axis = op.axis()
    return TorchCall(
        TorchModule("nn.Softmax", (), changed(dim=(axis, None))), Expression(f"F.softmax({{0}}, dim={axis})")
    )


@lowers(MatMul)
def matrix_product(op: MatMul, xs: Types) -> TorchCall:
    """A product of matrices."""
    right = "{1}.transpose(-2, -1)" if op.transpose else "{1}"
    return TorchCall(expression=Expression(f"{{0}} @ {right}", precedence="product"))


@lowers(Dropout)
def dropout(op: Dropout, xs: Types) -> TorchCall:
    """Dropout of single elements."""
    args = () if same(op.p, 0.5) else (op.p,)
    expression = Expression("F.dropout({0}, {p}, self.training)", {"p": op.p})
    return TorchCall(TorchModule("nn.Dropout", args, usual=(0.5,)), expression, inplace=True)


@lowers(Dropout2d)
def dropout_of_channels(op: Dropout2d, xs: Types) -> TorchCall:
    """Dropout of whole channels."""
    axes = xs[0].axes
    args = () if same(op.p, 0.5) else (op.p,)
    expression = Expression(f"F.dropout{axes}d({{0}}, {{p}}, self.training)", {"p": op.p})
    return TorchCall(TorchModule(f"nn.Dropout{axes}d", args, usual=(0.5,)), expression, inplace=True)


@lowers(StochasticDepth)
def stochastic_depth(op: StochasticDepth, xs: Types) -> TorchCall:
    """Stochastic depth, which torch does not have."""
    args = (op.p,) if op.mode == "row" else (op.p, op.mode)
    return TorchCall(
        TorchModule("StochasticDepth", args),
        Expression(f'stochastic_depth({{0}}, {{p}}, "{op.mode}", self.training)', {"p": op.p}),
        definition=_STOCHASTIC_DEPTH,
        module_definition=_STOCHASTIC_DEPTH_MODULE,
    )


@lowers(Add)
def add(op: Add, xs: Types) -> TorchCall:
    """A sum of tensors."""
    return TorchCall(expression=_chained("+", "sum", len(xs)))


@lowers(Mul)
def multiply(op: Mul, xs: Types) -> TorchCall:
    """A product of tensors."""
    return TorchCall(expression=_chained("*", "product", len(xs)))


@lowers(Sub)
def subtract(op: Sub, xs: Types) -> TorchCall:
    """A difference of tensors."""
    return TorchCall(expression=_chained("-", "sum", 2))


@lowers(Div)
def divide(op: Div, xs: Types) -> TorchCall:
    """A quotient of tensors."""
    return TorchCall(expression=_chained("/", "product", 2))


_LEVELS = {"+": "sum", "-": "sum", "*": "product", "/": "product"}
_WITH_NUMBER = '''\
class {name}(nn.Module):
    """`{formula}`."""

    def __init__(self, number: float) -> None:
        super().__init__()
        self.number = number

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return {result}
'''
_WITH_NUMBERS = '''\
class {name}(nn.Module):
    """`{formula}` with a fixed number for each channel, outside the state dict."""

    def __init__(self, numbers: list[float], axes: int) -> None:
        super().__init__()
        self.numbers: torch.Tensor
        numbers_of_channels = torch.tensor(numbers).view(-1, *[1] * axes)
        self.register_buffer("numbers", numbers_of_channels, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return {result}
'''
_CALLED = {"+": "Plus", "-": "Minus", "*": "Times", "/": "Over"}


@lowers(Arithmetic)
def arithmetic(op: Arithmetic, xs: Types) -> TorchCall:
    """An operator between a tensor and a number, or between a tensor and a number for each channel."""
    several = isinstance(op.number, tuple)
    word = "Numbers" if several else "Number"
    left, right, name = "x", f"self.{word.lower()}", f"{_CALLED[op.sign]}{word}"
    if op.first:
        left, right, name = right, left, f"{word}{_CALLED[op.sign]}"
    formula = f"{left} {op.sign} {right}"
    template = _WITH_NUMBERS if several else _WITH_NUMBER
    for slot, text in {"name": name, "formula": formula.replace("self.", ""), "result": formula}.items():
        template = template.replace(f"{{{slot}}}", text)
    if several:
        return TorchCall(TorchModule(name, (op.number, xs[0].axes)), definition=template)
    written = f"{{number}} {op.sign} {{0}}" if op.first else f"{{0}} {op.sign} {{number}}"
    expression = Expression(written, {"number": op.number}, _LEVELS[op.sign])
    return TorchCall(TorchModule(name, (op.number,)), expression, module_definition=template)


_OPPOSITE = '''\
class Opposite(nn.Module):
    """`-x`."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return -x
'''
lowers(Neg)(
    lambda op, xs: TorchCall(
        TorchModule("Opposite"), Expression("-{0}", precedence="product"), module_definition=_OPPOSITE
    )
)


def _chained(sign: str, precedence: str, count: int) -> Expression:
    template = f" {sign} ".join(f"{{{i}}}" for i in range(count))
    return Expression(template, precedence=precedence if count > 1 else "call")
