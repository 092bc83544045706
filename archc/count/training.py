"""The work and the state of training: a forward pass, a backward pass, and the optimizer's state.

The backward pass of a convolution or matrix product does its MACs once for the gradient of its weights and once more
for that of its input, if that is needed: the first layers of a network propagate no gradient further.
`torch.utils.flop_counter` counts the same (twice, in FLOPs).
"""

from __future__ import annotations

from archc.count.counts import Counts, executed, is_input
from archc.ir.network import Network
from archc.support.record import Record

OPTIMIZERS = {"sgd": 0, "momentum": 1, "adam": 2}
"""The numbers that an optimizer stores for each trained parameter: none, a velocity, or two moments."""


class OptimizerState(Record):
    """The size of an optimizer's state, in numbers and float32 bytes; `total` includes weights and gradients."""

    optimizer: str
    numbers: int
    bytes: int
    total_bytes: int


class Training(Record):
    """A step on one sample: the MACs of the forward pass, including training-only layers, and of the backward pass."""

    forward_macs: int
    backward_macs: int
    macs: int
    gradients: int
    optimizers: tuple[OptimizerState, ...]


def training(network: Network, counts: Counts) -> Training:
    """The work and state of training a network with these counts."""
    rows = dict(zip((i for i, n in enumerate(network.nodes) if not is_input(n)), counts.layers, strict=True))
    needs: set[int] = set()
    forward = backward = 0
    for index in executed(network, training=True):
        node, row = network.nodes[index], rows[index]
        given = any(r.node in needs for r in node.inputs)
        forward += row.macs
        weighted = row if node.shared is None else rows[node.shared]
        trains = bool(weighted.params) and not row.frozen
        if trains or given:
            needs.add(index)
            backward += row.macs * (trains + given)
    trained = counts.trainable
    return Training(
        forward_macs=forward,
        backward_macs=backward,
        macs=forward + backward,
        gradients=trained,
        optimizers=tuple(
            OptimizerState(
                optimizer=name,
                numbers=count * trained,
                bytes=4 * count * trained,
                total_bytes=4 * (counts.params + trained + count * trained),
            )
            for name, count in OPTIMIZERS.items()
        ),
    )
