"""When a layer may work in place: the one rule of emitted code, and of the memory that is counted for it."""

from __future__ import annotations

from archc.network.network import Network, Node


def may_overwrite(network: Network, node: Node, readers: int) -> bool:
    """Whether a layer may write its output over its input.

    Nobody else may read the input, not even the layer that made it; what comes in from outside, and one of several
    tensors that share memory, stay as they are; and the types must be the same. Whether the layer *can* work in place
    is for its op to say (`TorchCall.inplace`).

    Args:
        network: The network.
        node: The layer.
        readers: How many read its first input, the outside included.
    """
    ref, *others = node.inputs
    maker = network.nodes[ref.node]
    made_here = bool(maker.inputs) and len(maker.types) == 1 and not type(maker.op).needs_output
    return not others and made_here and readers == 1 and node.types[0] == network.type_of(ref)
