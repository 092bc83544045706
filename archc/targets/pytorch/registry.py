"""The registry of lowerings, which define how PyTorch writes an op. `lowerings/` has those of archc's own ops."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from archc.ir.network import Network
from archc.ir.op import Op
from archc.ir.registry import Registry
from archc.ir.torch_call import Expression, TorchCall, TorchModule, changed, square
from archc.ir.types import Types

Lowering = Callable[..., TorchCall]
"""A function of an op and its input types. Fields and sizes may be `Sym`s, as in the op's own rules."""

lowers: Registry[Lowering] = Registry("archc.targets.pytorch.lowerings")
"""Registers a lowering: `@lowers(Conv)`."""


class NotLowered(Exception):
    """A network has an op without a lowering."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"PyTorch has no rule for {kind}: register one with `archc.targets.pytorch.registry.lowers`")


def require_lowerings(networks: Iterable[Network]) -> None:
    """Raise `NotLowered` if an op of a network has no lowering. Inputs need none."""
    for kind in dict.fromkeys(type(node.op) for network in networks for node in network.nodes if node.inputs):
        if lowers.find(kind) is None:
            raise NotLowered(kind.kind())


def torch_call(op: Op, xs: Types) -> TorchCall:
    """The lowering of an op. The result has neither module nor expression if there is none."""
    rule = lowers.find(type(op))
    return TorchCall() if rule is None else rule(op, xs)


def constant(module: str, expression: str, *, inplace: bool = False, function: str = "") -> Lowering:
    """The lowering of an op without arguments."""
    call = TorchCall(TorchModule(module), Expression(expression), inplace=inplace, function=function)
    return lambda op, xs: call


_TORCH_NAMES = {"pad": "padding", "output_pad": "output_padding"}


def sliding(module: str, function: str, **defaults: object) -> Lowering:
    """The lowering of a layer with channels, a kernel, and fields whose defaults in torch are `defaults`.

    Names omit the number of axes: `nn.ConvTranspose` for `nn.ConvTranspose2d`.
    """

    def lowering(op: Any, xs: Types) -> TorchCall:
        fields = {"stride": 1, "pad": 0, **defaults, "dilation": 1}
        arguments = {_TORCH_NAMES.get(name, name): (_short(getattr(op, name)), usual) for name, usual in fields.items()}
        axes = f"{xs[0].axes}d"
        built = TorchModule(module + axes, (xs[0].channels, op.channels, square(op.kernel)), changed(**arguments))
        return TorchCall(built, function=function + axes)

    return lowering


def _short(value: Any) -> object:
    return square(value) if isinstance(value, tuple) else value
