"""The layers that determine a classifier's number of classes."""

from __future__ import annotations

from archc.ir.network import Network, Node, Ref


def heads(network: Network) -> tuple[Node, ...]:
    """The head, then the auxiliary heads of training: for each output, the last layer with weights before it.

    An output that no single layer determines, such as a sum of branches, has none.
    """
    refs = dict.fromkeys((*network.outputs[:1], *network.training_outputs))
    found = [_last_with_weights(network, ref) for ref in refs]
    return tuple({node.path: node for node in found if node is not None}.values())


def _last_with_weights(network: Network, ref: Ref) -> Node | None:
    node = network.nodes[ref.node]
    while not (node.path and node.op.weights(network.input_types(node))):
        if len(node.inputs) != 1:
            return None
        node = network.nodes[node.inputs[0].node]
    return node
