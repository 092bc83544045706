"""Shuffle: the channel shuffle."""

from __future__ import annotations

from archc.diagnostics import Param, Problem
from archc.network.arguments import PositiveInt
from archc.network.op import Example, Look, Op
from archc.network.torch_call import Module, TorchCall, function
from archc.network.types import TensorType, Types
from archc.problems.shapes import GroupsDoNotDivide

_FUNCTION = '''\
def channel_shuffle(x: torch.Tensor, groups: int) -> torch.Tensor:
    """Take the first channel of each group, then the second of each, and so on.

    Source: Zhang et al. 2017, arXiv:1707.01083, section 3.1.
    """
    grouped = x.reshape(x.shape[0], groups, x.shape[1] // groups, -1)
    return grouped.transpose(1, 2).reshape(x.shape)
'''
_MODULE = '''\
class ChannelShuffle(nn.Module):
    """The first channel of each group, then the second of each: `channel_shuffle`."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return channel_shuffle(x, self.groups)
'''


class Shuffle(Op):
    """Channel shuffle: the first channel of each group, then the second of each, and so on.

    Shape:  unchanged
    Cost:   none: it only moves numbers
    Source: Zhang et al. 2017, arXiv:1707.01083, section 3.1
    """

    groups: PositiveInt

    aliases = ("ChannelShuffle",)
    look = Look("shape", "shuffle {groups}")
    examples = (Example("Shuffle(2)", "116x28x28", "116x28x28"), Example("Shuffle(3)", "6x5x4", "6x5x4"))
    needs_output = True
    keeps = "nothing"

    def infer(self, xs: Types) -> TensorType | Problem:
        if xs[0].channels % self.groups:
            return GroupsDoNotDivide(kind="Shuffle", groups=self.groups, channels=xs[0].channels, at=Param("groups"))
        return xs[0]

    def views(self, xs: Types, training: bool) -> bool:
        return self.groups in (1, xs[0].channels)  # nothing moves

    def torch(self, xs: Types) -> TorchCall:
        return TorchCall(
            Module("ChannelShuffle", (self.groups,)),
            function("channel_shuffle", self.groups),
            definition=_FUNCTION,
            module_definition=_MODULE,
        )
