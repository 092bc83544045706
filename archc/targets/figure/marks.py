"""Marks of the nodes of a network: cost, highlighting, expansion and freezing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal

from archc.ir.network import Network, Node
from archc.support.record import Record, field
from archc.targets.figure.figure import Frozen, Heat


class Marks(Record):
    """The marks of nodes: heat, modules that are highlighted or expanded, and freezing.

    `frozen`: whether nodes with weights are frozen; None for one that is in only some instances. It is empty if
    freezing is not shown. `dim`: everything is inside a frozen part.
    """

    heat: Heat | None = None
    highlight: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    frozen: Mapping[int, bool | None] = field(default_factory=dict)
    dim: bool = False

    @cached_property
    def opened(self) -> frozenset[str]:
        """The paths that are opened, and those around them."""
        parts = (path.split(".") for path in self.expand)
        return frozenset(".".join(names[:count]) for names in parts for count in range(1, len(names) + 1))

    def hot(self, nodes: Iterable[int]) -> int | None:
        """The total heat of nodes."""
        return None if self.heat is None else sum(self.heat.values[n] for n in nodes)

    def cold(self, nodes: Iterable[int]) -> Frozen:
        """How many of the weights of nodes are frozen: none, some or all; none if that differs between instances."""
        found = {self.frozen[n] for n in nodes if n in self.frozen}
        return "" if None in found or True not in found else "partly" if False in found else "wholly"

    def marks(self, path: str) -> bool:
        """Whether a module, or one around it, is highlighted."""
        return any(path == p or path.startswith(p + ".") for p in self.highlight)

    def opens(self, path: str) -> bool:
        """Whether a module is expanded, because it or one inside it is to be opened."""
        return path in self.opened


def frozen_nodes(network: Network) -> dict[int, bool | None]:
    """For each node with weights, whether it is frozen; empty if none is."""
    if not any(node.frozen for node in network.nodes):
        return {}
    return {i: node.frozen for i, node in enumerate(network.nodes) if node.path and has_weights(network, node)}


def wholly(cold: Frozen) -> Literal["", "wholly"]:
    """The mark of a frame: it says only that all of it is frozen."""
    return "wholly" if cold == "wholly" else ""


def first_use(network: Network, node: int) -> int:
    """The node of the first use of a node's module: the node itself, unless its module is shared."""
    shared = network.nodes[node].shared
    return node if shared is None else shared


def has_weights(network: Network, node: Node) -> bool:
    """Whether a layer is known to have weights."""
    types = network.input_types(node)
    return all(type.is_known for type in types) and bool(node.op.weights(types))
