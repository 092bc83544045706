"""ScaledStdConv: the convolution with standardised weights and a learned gain."""

from __future__ import annotations

from math import prod

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.axes import NothingToStandardise
from archc.ir.arguments import Flag, Pad0OrWord, Positive, PositiveInt, Size
from archc.ir.autograd import Saved, new
from archc.ir.cost import Cost, Formula
from archc.ir.op import Example, Weight
from archc.ir.types import TensorType, Types
from archc.ir.window import Window
from archc.ops._spatial import Spatial
from archc.ops.conv import Conv
from archc.support.record import replace


class ScaledStdConv(Spatial):
    """A convolution whose filters are standardised to mean 0 and variance 1 before they are applied, as in NFNets.

    Each filter is then multiplied by its learned `gain` and by `gamma` / sqrt(its numbers); `gamma` compensates for the
    preceding activation. `gain=false` omits both: weight standardisation alone. `pad` is as in `Conv`.

    Shape:  (c, h, w) -> (channels, h', w'), as `Conv`
    Cost:   macs as `Conv`; element-wise: an addition per output (bias), five operations per weight to standardise it
    Source: Brock et al. 2021, arXiv:2101.08692, equation 3; Qiao et al. 2019, arXiv:1903.10520
    """

    channels: PositiveInt
    kernel: Size = (3, 3)
    stride: Size = (1, 1)
    pad: Pad0OrWord = "half"
    groups: PositiveInt = 1
    dilation: Size = (1, 1)
    bias: Flag = True
    gain: Flag = True
    gamma: Positive = 1.0
    eps: Positive = 1e-6

    aliases = ("WSConv",)
    family = "conv"
    examples = (
        Example("ScaledStdConv(64, 7, 2)", "3x224x224", "64x112x112"),
        Example("ScaledStdConv(128, 3, groups=2, gamma=1.7)", "256x28x28", "128x28x28"),
        Example("ScaledStdConv(32, 3, gain=false, bias=false)", "16x9x9", "32x9x9"),
        Example('ScaledStdConv(16, 3, 2, pad="same")', "3x32x32", "16x16x16"),
        Example("ScaledStdConv(32, 9)", "4x100", "32x100"),
    )

    def plain(self) -> Conv:
        """The convolution with the same sizes."""
        return Conv.model_construct(
            channels=self.channels,
            kernel=self.kernel,
            stride=self.stride,
            pad=self.pad,
            groups=self.groups,
            dilation=self.dilation,
            bias=self.bias,
            table=None,
            pad_mode="zeros",
        )

    def infer(self, xs: Types) -> TensorType | Problem:
        made = self.misfit(xs[0]) or self.plain().infer(xs)
        if isinstance(made, Problem) and "kind" in type(made).model_fields:
            made = replace(made, kind=self.kind())
        if isinstance(made, TensorType) and prod(self.plain().weights(xs)["weight"].shape[1:]) == 1:
            return NothingToStandardise(at=ParamRef("kernel"))
        return made

    def weights(self, xs: Types) -> dict[str, Weight]:
        weights = self.plain().weights(xs)
        ones = (1,) * (len(weights["weight"].shape) - 1)
        return weights | {"gain": Weight((self.channels, *ones))} if self.gain else weights

    def cost(self, xs: Types, ys: Types) -> Cost:
        plain = self.plain().cost(xs, ys)
        shape = self.plain().weights(xs)["weight"].shape
        standardised = Formula.of(("5", 5), *((f"w{i}", size) for i, size in enumerate(shape)))
        return Cost(plain.macs, elementwise=plain.elementwise + standardised, connections=plain.connections)

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        """What the convolution keeps, its standardised weights, and what the gradient of standardisation needs."""
        weights = prod(self.plain().weights(xs)["weight"].shape)
        kept = (new("standardised weights", weights, batch=True),)
        statistics = [new(name, self.channels, "float32", batch=True, trained=True) for name in ("mean", "deviation")]
        scaled = (new("gain", self.channels, batch=True, trained=True),) if self.gain else ()
        return (*self.plain().saves(xs, ys), *kept, *statistics, *scaled)

    def window(self, xs: Types, ys: Types) -> Window:
        return self.plain().window(xs, ys)
