"""Shades of a slab's channels, in a module shown alone: the scaling by a gate, and the order after a shuffle."""

from __future__ import annotations

from collections.abc import Sequence

from archc.ir.network import Network, Node
from archc.support.record import replace
from archc.targets.figure.figure import Slab

GATED = (2, 5, 1, 4, 0, 3)
"""The shades of channels that are scaled individually."""
MOST_GROUPS = 4
"""The maximum number of groups of a shuffle that are shaded."""


def shaded(network: Network, slabs: Sequence[Slab]) -> list[Slab]:
    """The slabs of single layers, with shades where a gate or a shuffle is."""
    owner = {node: i for i, slab in enumerate(slabs) for node in slab.nodes}
    found: dict[int, tuple[int, ...]] = {}
    for i, slab in enumerate(slabs):
        for node in (network.nodes[n] for n in slab.nodes):
            before = [owner[ref.node] for ref in node.inputs if owner.get(ref.node, i) != i]
            groups = getattr(node.op, "groups", 0)
            if node.op.kind() == "Shuffle" and 1 < groups <= MOST_GROUPS:
                each = (*range(groups),)
                found |= dict.fromkeys(before, each)
                found[i] = each * 2
            elif node.op.kind() == "Mul":
                small = {
                    owner[ref.node] for ref in node.inputs if ref.node in owner and _is_gate(network, ref.node, node)
                }
                found |= dict.fromkeys({*small, i} if small else (), GATED)
    return [replace(slab, shades=found.get(i, ())) for i, slab in enumerate(slabs)]


def _is_gate(network: Network, node: int, merge: Node) -> bool:
    """Whether a layer makes a number for each channel of an image that a product makes."""
    own, whole = network.nodes[node].types[0], merge.types[0]
    return own.places == 1 < whole.places and own.channels == whole.channels
