"""Properties of a network beyond its counts: cheap ones are always computed, others on request."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from archc.count.counts import Counts, Dims
from archc.count.depth import depth, depths
from archc.count.receptive import LayerField, ReceptiveField, fields, receptive_field
from archc.ir.network import Network
from archc.support.record import Record

if TYPE_CHECKING:  # imported on demand: most counts need none of it
    from archc.count.conventions import Counted
    from archc.count.formulas import DerivationJson
    from archc.count.memory import Memory
    from archc.count.traffic import Traffic
    from archc.count.training import Training

PARTS = ("fields", "formulas", "memory", "traffic", "training")
"""What can be asked for."""


class KindCounts(Record):
    """The sums over all layers of one kind (layers that only training uses contribute only their parameters)."""

    op: str
    layers: int
    params: int
    buffers: int
    macs: int
    elementwise: int
    flops: int
    activations: int


class PlaceField(Record):
    """A layer's depth in weighted layers and its receptive fields (see `receptive.py`)."""

    layer: str
    op: str
    output: Dims
    depth: int
    largest: ReceptiveField | None
    union: ReceptiveField | None


class Facts(Record):
    """The facts of a network.

    `frozen`: numbers in parameters that training does not change. `depth`: weighted layers on the longest path.
    `receptive_field`: that of the last feature map. `kinds`: sums by kind of layer, as they first appear. Facts that
    were not requested are absent from the JSON form.
    """

    frozen: int
    depth: int
    receptive_field: LayerField
    kinds: tuple[KindCounts, ...]
    fields: tuple[PlaceField, ...] | None = None
    formulas: tuple[DerivationJson, ...] | None = None
    memory: Memory | None = None
    traffic: Traffic | None = None
    training: Training | None = None
    conventions: tuple[Counted, ...] | None = None


def facts(
    network: Network,
    counts: Counts,
    parts: Collection[str] = (),
    conventions: Collection[str] = (),
    batch: int = 1,
    dtype: str = "float32",
) -> Facts:
    """The facts of a network with these counts.

    `parts` is a subset of `PARTS`; memory is for `batch` samples of `dtype`.
    """
    return Facts(
        frozen=counts.params - counts.trainable,
        depth=depth(network, counts),
        receptive_field=receptive_field(network),
        kinds=kinds(counts),
        fields=_fields(network, counts) if "fields" in parts else None,
        formulas=_formulas(network) if "formulas" in parts else None,
        memory=_memory(network, batch, dtype) if "memory" in parts else None,
        traffic=_traffic(network, counts, dtype) if "traffic" in parts else None,
        training=_training(network, counts) if "training" in parts else None,
        conventions=_conventions(network, conventions) if conventions else None,
    )


_SUMMED = ("layers", "params", "buffers", "macs", "elementwise", "flops", "activations")


def kinds(counts: Counts) -> tuple[KindCounts, ...]:
    """The sums by kind of layer."""
    sums: dict[str, dict[str, int]] = {}
    for row in counts.layers:
        total = sums.setdefault(row.op, dict.fromkeys(_SUMMED, 0))
        total["layers"] += 1
        total["params"] += row.params
        total["buffers"] += row.buffers
        if not row.training_only:
            total["macs"] += row.macs
            total["elementwise"] += row.elementwise
            total["flops"] += 2 * row.macs + row.elementwise
            total["activations"] += row.activations
    return tuple(KindCounts(op=op, **total) for op, total in sums.items())


def _fields(network: Network, counts: Counts) -> tuple[PlaceField, ...]:
    deep = depths(network, counts)
    return tuple(
        PlaceField(
            layer=network.nodes[i].path or network.scopes[network.nodes[i].scope].path,
            op=network.nodes[i].op.kind(),
            output=network.nodes[i].types[0].dims,
            depth=deep[i],
            largest=field.largest,
            union=field.union,
        )
        for i, field in fields(network).items()
    )


def _formulas(network: Network) -> tuple[DerivationJson, ...]:
    from archc.count.formulas import as_json, derivations

    return tuple(as_json(d) for d in derivations(network))


def _memory(network: Network, batch: int, dtype: str) -> Memory:
    from archc.count.memory import memory

    return memory(network, batch, dtype)


def _traffic(network: Network, counts: Counts, dtype: str) -> Traffic:
    from archc.count.memory import DTYPES
    from archc.count.traffic import traffic

    return traffic(network, counts, dtype, DTYPES[dtype])


def _training(network: Network, counts: Counts) -> Training:
    from archc.count.training import training

    return training(network, counts)


def _conventions(network: Network, names: Collection[str]) -> tuple[Counted, ...]:
    from archc.count.conventions import convention, counted

    return counted(network, [convention(name) for name in names])
