"""Shuffle: the channel shuffle."""

from __future__ import annotations

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.shapes import GroupsDoNotDivide
from archc.ir.arguments import PositiveInt
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types


class Shuffle(Op):
    """Channel shuffle: the first channel of each group, then the second of each, and so on.

    Shape:  unchanged
    Cost:   none: it only moves numbers
    Source: Zhang et al. 2017, arXiv:1707.01083, section 3.1
    """

    groups: PositiveInt

    aliases = ("ChannelShuffle",)
    family = "shape"
    examples = (Example("Shuffle(2)", "116x28x28", "116x28x28"), Example("Shuffle(3)", "6x5x4", "6x5x4"))
    needs_output = True
    keeps = "nothing"

    def infer(self, xs: Types) -> TensorType | Problem:
        if xs[0].channels % self.groups:
            return GroupsDoNotDivide(kind="Shuffle", groups=self.groups, channels=xs[0].channels, at=ParamRef("groups"))
        return xs[0]

    def views(self, xs: Types, training: bool) -> bool:
        return self.groups in (1, xs[0].channels)  # nothing moves
