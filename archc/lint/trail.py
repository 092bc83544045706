"""What is before a layer: the calls of its expansion, for diagnostics, and the layers that it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from archc.diagnostics.source import Frame
from archc.ir.network import Network, Node

T = TypeVar("T")


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


def inherited(network: Network, own: Callable[[Node], T | None], otherwise: T) -> list[T]:
    """For each layer, what `own` says of the nearest layer before it of which it says something, itself included.

    Of several inputs, the first one counts.
    """
    found: list[T] = []
    for node in network.nodes:
        said = own(node)
        before = found[node.inputs[0].node] if node.inputs else otherwise
        found.append(before if said is None else said)
    return found
