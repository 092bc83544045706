"""Convolutions: torch's own, and those with padding that torch does not offer."""

from __future__ import annotations

from archc.ir.torch_call import Changed, TorchCall, TorchModule, changed, square
from archc.ir.types import TensorType, Types
from archc.ops.conv import Conv
from archc.ops.conv_transpose import ConvTranspose
from archc.ops.dwconv import DWConv
from archc.ops.scaled_std_conv import ScaledStdConv
from archc.targets.pytorch.registry import lowers, sliding

_TABLE_CONV = '''\
class TableConv2d(nn.Module):
    """A convolution whose output channels each read the input channels of their row.

    `table` has a row for each output channel. Neighbouring rows of the same length are
    computed together, as one grouped convolution.
    Source: LeCun, Bottou, Bengio, Haffner 1998, section II.B and table I.
    """

    def __init__(
        self,
        table: list[list[int]],
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        runs: list[list[list[int]]] = []
        for row in table:
            if runs and len(runs[-1][0]) == len(row):
                runs[-1].append(row)
            else:
                runs.append([row])
        self.sizes = [len(run) * len(run[0]) for run in runs]
        self.convs = nn.ModuleList(
            nn.Conv2d(
                len(run) * len(run[0]),
                len(run),
                kernel_size,
                stride,
                padding,
                dilation,
                groups=len(run),
                bias=bias,
            )
            for run in runs
        )
        index = torch.tensor([i for row in table for i in row])
        self.index: torch.Tensor
        self.register_buffer("index", index, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = torch.split(x.index_select(1, self.index), self.sizes, 1)
        outputs: list[torch.Tensor] = []
        for i, conv in enumerate(self.convs):
            outputs.append(conv(parts[i]))
        return torch.cat(outputs, 1)
'''
_PADDED = '''\
class PaddedConv{n}d(nn.Conv{n}d):
    """A convolution with different padding before and after the input.

    `sides` are the amounts, beginning with the last axis, as for `F.pad`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | {numbers},
        sides: tuple[int, ...],
        stride: int | {numbers} = 1,
        dilation: int | {numbers} = 1,
        groups: int = 1,
        bias: bool = True,
        mode: str = "constant",
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            dilation=dilation,
            groups=groups,
            bias=bias,
        )
        self.sides = list(sides)
        self.mode = mode

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        padded = F.pad(input, self.sides, mode=self.mode)
        out: torch.Tensor = self._conv_forward(padded, self.weight, self.bias)
        return out
'''

_SAME = '''\
class Conv{n}dSame(nn.Conv{n}d):
    """A convolution with TensorFlow's "SAME" padding.

    The output size is `ceil(n / stride)`; an odd zero is added after the input.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        sides: list[int] = []
        for i in range({n}):
            n, stride = input.shape[i + 2], self.stride[i]
            reach = self.dilation[i] * (self.kernel_size[i] - 1) + 1
            total = max((n - 1) // stride * stride + reach - n, 0)
            sides = [total // 2, total - total // 2] + sides
        padded = F.pad(input, sides) if max(sides) > 0 else input
        out: torch.Tensor = self._conv_forward(padded, self.weight, self.bias)
        return out
'''


@lowers(Conv)
def conv(op: Conv, xs: Types) -> TorchCall:
    """A convolution; with a connection table, a grouped convolution for each run of similar rows."""
    (x,), kernel = xs, square(op.kernel)
    arguments = _arguments(op, x)
    if op.table is not None:
        module = TorchModule("TableConv2d", ([list(row) for row in op.table], kernel), arguments)
        return TorchCall(module, definition=_TABLE_CONV, inside=(("nn.Conv2d", "F.conv2d"),))
    given, function = (x.channels, op.channels, kernel), f"F.conv{x.axes}d"
    if op.plain(x):
        return TorchCall(TorchModule(f"nn.Conv{x.axes}d", given, arguments), function=function)
    if op.pad == "same":
        return TorchCall(TorchModule(f"Conv{x.axes}dSame", given, arguments), None, _same(x.axes), function=function)
    sides = tuple(n for side in reversed(op.sides(x)) for n in side)  # as for `F.pad`: last axis first
    module = TorchModule(f"PaddedConv{x.axes}d", (*given, sides), arguments)
    return TorchCall(module, definition=_padded(x.axes), function=function)


def _arguments(op: Conv, x: TensorType) -> Changed:
    """The arguments of torch's layer, or of the class that replaces it, that differ from the defaults."""
    padded: dict[str, tuple[object, object]] = {}
    mode: dict[str, tuple[object, object]] = {}
    if op.plain(x):
        padded = {"padding": (square(tuple(before for before, _ in op.sides(x))), 0)}
        mode = {"padding_mode": (op.pad_mode, "zeros")}
    elif op.pad != "same":
        mode = {"mode": ("constant" if op.pad_mode == "zeros" else op.pad_mode, "constant")}
    grouped: dict[str, tuple[object, object]] = {"groups": (op.groups, 1)}
    return changed(
        stride=(square(op.stride), 1),
        **padded,
        dilation=(square(op.dilation), 1),
        **(grouped if op.table is None else {}),
        bias=(op.bias, True),
        **(mode if op.table is None else {}),
    )


def _padded(axes: int) -> str:
    """The class of a convolution with uneven padding."""
    numbers = f"tuple[{', '.join(['int'] * axes)}]"
    return _PADDED.replace("{n}", str(axes)).replace("{numbers}", numbers)


def _same(axes: int) -> str:
    """The class of a convolution with TensorFlow's padding."""
    return _SAME.replace("{n}", str(axes))


lowers(ConvTranspose)(sliding("nn.ConvTranspose", "F.conv_transpose", output_pad=0, groups=1, bias=True))


_STANDARDISED = '''\
class {name}{n}d(nn.Conv{n}d):
    """A convolution whose filters have mean 0 and variance 1{what}.

    Source: {source}.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | {numbers},
        stride: int | {numbers} = 1,
        padding: int | {numbers} = 0,
        dilation: int | {numbers} = 1,
        groups: int = 1,
        bias: bool = True,
{parameters}    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
        )
{attributes}        self.eps = eps

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        flat = self.weight.reshape(1, self.out_channels, -1)
        weight = F.batch_norm(
            flat,
            None,
            None,
{scale}            training=True,
            momentum=0.0,
            eps=self.eps,
        ).reshape_as(self.weight)
{padded}        out: torch.Tensor = self._conv_forward(input, weight, self.bias)
        return out
'''
_SCALED = """\
        self.gain = nn.Parameter(torch.ones(out_channels, {ones}))
        self.scale = gamma * self.weight[0].numel() ** -0.5
"""
_SAME_SIDES = """\
        sides: list[int] = []
        for i in range({n}):
            n, stride = input.shape[i + 2], self.stride[i]
            reach = self.dilation[i] * (self.kernel_size[i] - 1) + 1
            total = max((n - 1) // stride * stride + reach - n, 0)
            sides = [total // 2, total - total // 2] + sides
        input = F.pad(input, sides)
"""


@lowers(ScaledStdConv)
def standardised(op: ScaledStdConv, xs: Types) -> TorchCall:
    """A convolution with standardised weights, which torch does not have."""
    (x,), same = xs, op.pad == "same"
    name = f"{'Scaled' if op.gain else ''}StdConv{'Same' if same else ''}"
    padding = {} if same else {"padding": (square(tuple(side[0] for side in op.plain().sides(x))), 0)}
    scaled = {"gamma": (op.gamma, 1.0)} if op.gain else {}
    arguments = changed(
        stride=(square(op.stride), 1),
        **padding,
        dilation=(square(op.dilation), 1),
        groups=(op.groups, 1),
        bias=(op.bias, True),
        **scaled,
        eps=(op.eps, 1e-6),
    )
    module = TorchModule(f"{name}{x.axes}d", (x.channels, op.channels, square(op.kernel)), arguments)
    definition = _standardised(name, x.axes, gain=bool(op.gain), same=same)
    return TorchCall(module, definition=definition, function=f"F.conv{x.axes}d")


def _standardised(name: str, axes: int, *, gain: bool, same: bool) -> str:
    """The class of a convolution with standardised weights."""
    scale = "            (self.gain * self.scale).view(-1),\n" if gain else ""
    slots = {
        "name": name,
        "what": ", times a learned gain" if gain else "",
        "source": "Brock et al. 2021, arXiv:2101.08692" if gain else "Qiao et al. 2019, arXiv:1903.10520",
        "numbers": f"tuple[{', '.join(['int'] * axes)}]",
        "parameters": "        gamma: float = 1.0,\n" * gain + "        eps: float = 1e-6,\n",
        "attributes": _SCALED.replace("{ones}", ", ".join(["1"] * axes + ["1"])) if gain else "",
        "scale": scale,
        "padded": _SAME_SIDES if same else "",
        "n": str(axes),
    }
    text = _STANDARDISED
    for slot, value in slots.items():
        text = text.replace(f"{{{slot}}}", value)
    return text


@lowers(DWConv)
def depthwise(op: DWConv, xs: Types) -> TorchCall:
    """A convolution with a group for each channel."""
    return conv(op.grouped(xs), xs)
