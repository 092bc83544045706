"""The counts that an `expect` may compare, computed on demand, and the layers that contribute most to each."""

from __future__ import annotations

from archc.count.counts import Counts
from archc.ir.network import Network

COUNTED = ("params", "trainable", "buffers", "macs", "flops", "activations", "connections")
"""Fields of `counts.Counts`: sums over the layers."""
NAMES = (*COUNTED, "frozen", "depth", "peak_memory", "saved_memory", "receptive_field")
"""`peak_memory` and `saved_memory` are bytes for one sample of float32: the peak of inference, and what autograd keeps.

`receptive_field` is the size of the largest field of the last feature map, the smaller of rows and columns; 0 if there
is no feature map.
"""


def measured(name: str, network: Network, counts: Counts) -> int:
    """The value of one of `NAMES`."""
    if name in COUNTED:
        return int(getattr(counts, name))
    if name == "frozen":
        return counts.params - counts.trainable
    if name == "depth":
        from archc.count.depth import depth

        return depth(network, counts)
    if name == "receptive_field":
        from archc.count.receptive import receptive_field

        largest = receptive_field(network).largest
        return 0 if largest is None else int(min(largest.size))
    from archc.count.memory import peak_memory, saved_memory

    return peak_memory(network).bytes if name == "peak_memory" else saved_memory(network)


def costliest(name: str, network: Network, counts: Counts, most: int = 3) -> tuple[tuple[str, int], ...]:
    """The layers that contribute most to the count `name`, largest first; empty if it is not a sum over layers."""
    if name == "peak_memory":
        from archc.count.memory import peak_memory

        held = peak_memory(network).alive[:most]
        return tuple(("the input" if h.what == "input" else f"{h.layer}'s {h.what}", h.bytes) for h in held)
    parts: list[tuple[str, int]] = []
    for row in counts.layers:
        if name in ("params", "trainable", "frozen", "buffers"):
            part = row.buffers if name == "buffers" else row.params
            part *= name in ("params", "buffers") or row.frozen == (name == "frozen")
        elif name in COUNTED and not row.training_only:
            part = 2 * row.macs + row.elementwise if name == "flops" else getattr(row, name) or 0
        else:
            part = 0
        if part:
            parts.append((row.path or (f"{row.op} in {row.scope}" if row.scope else row.op), part))
    return tuple(sorted(parts, key=lambda part: -part[1])[:most])
