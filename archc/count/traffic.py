"""Memory traffic and arithmetic intensity: what each layer reads and writes if nothing stays in a cache.

A layer reads its inputs and its weights once and writes its outputs once. A view (`Flatten`, `Chunk`), and a dropout in
evaluation mode, moves nothing. Intensity is FLOPs (2 x MACs + element-wise) per byte: the quantity of the roofline
model (Williams, Waterman, Patterson 2009, CACM 52(4)), which shows whether a layer is bound by arithmetic or by memory.
"""

from __future__ import annotations

from math import prod

from archc.count.counts import Counts, is_input
from archc.ir.network import Network
from archc.support.record import Record


class LayerTraffic(Record):
    """The bytes that a layer `reads` and `writes` for one sample; `weights` is the part of `reads` for its weights."""

    path: str
    op: str
    reads: int
    weights: int
    writes: int
    flops: int
    intensity: float


class Traffic(Record):
    """Sums over the layers that inference runs, in bytes of `dtype`, for one sample."""

    dtype: str
    reads: int
    writes: int
    intensity: float
    layers: tuple[LayerTraffic, ...]


def traffic(network: Network, counts: Counts, dtype: str, size: int) -> Traffic:
    """The traffic of a network with these counts, for numbers of `size` bytes."""
    rows: list[LayerTraffic] = []
    nodes = (node for node in network.nodes if not is_input(node))
    for node, row in zip(nodes, counts.layers, strict=True):
        if row.training_only:
            continue
        xs = network.input_types(node)
        moved = not node.op.views(xs, False)
        weights = sum(prod(w.shape) * (8 if w.dtype == "int64" else size) for w in node.op.weights(xs).values())
        reads = weights + sum(x.elements for x in xs) * size * moved
        writes = row.activations * size * moved
        flops = 2 * row.macs + row.elementwise
        rows.append(
            LayerTraffic(
                path=row.path or row.scope,
                op=row.op,
                reads=reads,
                weights=weights,
                writes=writes,
                flops=flops,
                intensity=_ratio(flops, reads + writes),
            )
        )
    reads, writes = sum(r.reads for r in rows), sum(r.writes for r in rows)
    total = sum(r.flops for r in rows)
    return Traffic(dtype=dtype, reads=reads, writes=writes, intensity=_ratio(total, reads + writes), layers=tuple(rows))


def _ratio(flops: int, moved: int) -> float:
    return round(flops / moved, 3) if moved else 0.0
