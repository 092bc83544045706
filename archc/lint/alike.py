"""Layers that are alike, which are judged together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from archc.ir.network import Network, Node

Alike: TypeAlias = Sequence[Sequence[Node]]
"""Layers, those together that are one term expanded for the same values and types."""


def alike(network: Network, file: str) -> Alike:
    """The layers of a network that are written in `file` and read something, in order of the first of each kind.

    What an expanded block or a written argument has in common is one object in all of its copies.
    """
    found: dict[tuple[int, ...], list[Node]] = {}
    for node in network.nodes:
        if node.inputs and not node.implicit and node.span.file == file:
            parts = (node.op, node.types, node.arguments, node.span, *network.input_types(node))
            found.setdefault(tuple(map(id, parts)), []).append(node)
    return tuple(found.values())
