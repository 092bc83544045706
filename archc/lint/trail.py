"""The frames of a node's expansion, for diagnostics."""

from __future__ import annotations

from archc.diagnostics.source import Frame
from archc.ir.network import Network, Node


def frame_of(network: Network, node: Node) -> Frame | None:
    """The innermost call around a node; None at the top."""
    steps = []
    index = node.expansion
    while index is not None:
        steps.append(network.expansions[index])
        index = network.expansions[index].parent
    frame: Frame | None = None
    for step in reversed(steps):
        frame = Frame(step.callee, step.span, step.path, frame, step.arguments)
    return frame
