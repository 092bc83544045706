"""What is known of a network beyond its counts: the cheap facts always, the others where they are asked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from archc.count.conventions import Counted, convention, counted
from archc.count.counts import Counts, Dims
from archc.count.depth import depth, depths
from archc.count.formulas import DerivationJson, as_json, derivations
from archc.count.memory import DTYPES, Memory, memory
from archc.count.receptive import Field, LayerField, fields, receptive_field
from archc.count.traffic import Traffic, traffic
from archc.count.training import Training, training
from archc.network.network import Network

PARTS = ("fields", "formulas", "memory", "traffic", "training")
"""What can be asked for."""


@dataclass(frozen=True, slots=True)
class KindCounts:
    """The sums over all layers of one kind (those that only training uses count for their parameters only)."""

    op: str
    layers: int
    params: int
    buffers: int
    macs: int
    elementwise: int
    flops: int
    activations: int


@dataclass(frozen=True, slots=True)
class PlaceField:
    """A layer's depth in weighted layers and its receptive fields (see `receptive.py`)."""

    layer: str
    op: str
    output: Dims
    depth: int
    largest: Field | None
    union: Field | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of a network.

    `frozen`: numbers in parameters that training leaves as they are. `depth`: weighted layers on the longest path.
    `receptive_field`: that of the last feature map. `kinds`: sums by kind of layer, as they first appear. What was not
    asked for is absent from the JSON form.
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
    """The facts of a network with these counts; `parts` of `PARTS`; memory for `batch` samples of `dtype`."""
    return Facts(
        frozen=counts.params - counts.trainable,
        depth=depth(network, counts),
        receptive_field=receptive_field(network),
        kinds=kinds(counts),
        fields=_fields(network, counts) if "fields" in parts else None,
        formulas=tuple(as_json(d) for d in derivations(network)) if "formulas" in parts else None,
        memory=memory(network, batch, dtype) if "memory" in parts else None,
        traffic=traffic(network, counts, dtype, DTYPES[dtype]) if "traffic" in parts else None,
        training=training(network, counts) if "training" in parts else None,
        conventions=counted(network, [convention(name) for name in conventions]) if conventions else None,
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
