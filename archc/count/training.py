"""The work and the state of training: a forward pass, a backward pass, and what an optimizer remembers.

The backward pass of a convolution or matrix product does its MACs once for the gradient of its weights and once more
for that of its input, where the input needs one: the layers at the beginning of a network have none to give on.
`torch.utils.flop_counter` counts the same (twice, in FLOPs).
"""

from __future__ import annotations

from archc.count.counts import Counts, executed, is_input
from archc.ir.network import Network
from archc.support.record import Record

OPTIMIZERS = {"sgd": 0, "momentum": 1, "adam": 2}
"""Numbers that an optimizer remembers for each trained parameter: none, a velocity, two moments."""


class OptimizerState(Record):
    """An optimizer's numbers and their bytes in float32, and the bytes of weights, gradients and state together."""

    optimizer: str
    numbers: int
    bytes: int
    total_bytes: int


class Training(Record):
    """A step on one sample: MACs of the forward pass (with the layers that only training uses) and of the backward."""

    forward_macs: int
    backward_macs: int
    macs: int
    gradients: int
    optimizers: tuple[OptimizerState, ...]


def training(network: Network, counts: Counts) -> Training:
    """The training of a network whose counts are `counts`."""
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
