"""Depth as papers count it: the layers with weights on the longest path from the input to an output.

A layer has weights if it has connections (see `ir/cost.py`): convolutions, fully connected layers, LeNet-5's trainable
pooling and output; not normalisation. A branch that only scales the channels of another (squeeze-and-excitation) is not
counted, as in the names of SE-ResNet-50 and similar networks. So GoogLeNet has depth 22, ResNet-50 has 50 and
DenseNet-121 has 121.
"""

from __future__ import annotations

from archc.count.counts import Counts, executed, is_input
from archc.ir.network import Network


def depths(network: Network, counts: Counts) -> dict[int, int]:
    """For each node that inference runs, the number of weighted layers on the longest path to it, itself included."""
    layers = (i for i, node in enumerate(network.nodes) if not is_input(node))
    weighted = {i for i, row in zip(layers, counts.layers, strict=True) if row.connections is not None}
    found: dict[int, int] = {}
    for index in executed(network, training=False):
        node = network.nodes[index]
        ways = node.inputs
        if node.op.merge == "mul":
            ways = tuple(r for r in ways if network.type_of(r) == node.types[0])
        found[index] = max((found.get(r.node, 0) for r in ways), default=0) + (index in weighted)
    return found


def depth(network: Network, counts: Counts) -> int:
    """The depth of the network, which is that of its deepest output."""
    found = depths(network, counts)
    return max((found.get(ref.node, 0) for ref in network.outputs), default=0)
