"""The changes of the state dict's keys, and of the costs, between two aligned networks."""

from __future__ import annotations

from archc.count.counts import Counts
from archc.diffing.pairing import Pairing
from archc.diffing.parts import TreePart
from archc.diffing.script import CostChange, KeyMap
from archc.diffing.wires import Wires
from archc.ir.network import Network
from archc.ir.state import layout

Three = tuple[int, int, int]


def key_map(before: Network, after: Network, wires: Wires) -> KeyMap:
    """The keys of aligned layers; a tensor is carried over if it keeps its shape."""
    old, new = layout(before), layout(after)
    pairs = ((before.nodes[i], after.nodes[j]) for i, j in wires.there.items())
    paths = {a.path: b.path for a, b in pairs if a.shared is None and b.shared is None}  # a shared module's first use
    keys: list[tuple[str, str]] = []
    reshaped: list[tuple[str, str]] = []
    for key, entry in old.items():
        name = key.removeprefix(entry.node.path)
        path = paths.get(entry.node.path)
        twin = new.get(f"{path}{name}") if path is not None else None
        if twin is not None:
            kept = twin.weight.shape == entry.weight.shape
            (keys if kept else reshaped).append((key, twin.key))
    there = {theirs for _, theirs in (*keys, *reshaped)}
    here = {ours for ours, _ in (*keys, *reshaped)}
    return KeyMap(
        before.name,
        after.name,
        tuple(keys),
        tuple(key for key in old if key not in here),
        tuple(key for key in new if key not in there),
        tuple(reshaped),
    )


def costs_of(network: Network, counts: Counts) -> dict[int, Three]:
    """Parameters, MACs and activations of each layer; a layer used only in training costs no work."""
    rows = iter(counts.layers)
    found: dict[int, Three] = {}
    for i, node in enumerate(network.nodes):
        if node.inputs:
            row = next(rows)
            found[i] = (row.params, 0, 0) if row.training_only else (row.params, row.macs, row.activations)
    return found


def cost_changes(root: Pairing, before: dict[int, Three], after: dict[int, Three]) -> tuple[CostChange, ...]:
    """The top-level modules and layers whose costs differ, including those without a counterpart."""
    rows = [_row(pair.a, pair.b, before, after) for pair in root.pairs]
    rows += [_row(part, None, before, after) for part in root.gone]
    rows += [_row(None, part, before, after) for part in root.new]
    return tuple(row for row in rows if row.differs)


def _row(a: TreePart | None, b: TreePart | None, before: dict[int, Three], after: dict[int, Three]) -> CostChange:
    ours, theirs = _sum(a, before), _sum(b, after)
    paths = [(part.path or part.kind) if part is not None else None for part in (a, b)]
    return CostChange(paths[0], paths[1], *zip(ours, theirs, strict=True))


def _sum(part: TreePart | None, costs: dict[int, Three]) -> Three:
    if part is None:
        return 0, 0, 0
    rows = [costs.get(leaf.node, (0, 0, 0)) for leaf in part.leaves() if leaf.node is not None]
    return sum(r[0] for r in rows), sum(r[1] for r in rows), sum(r[2] for r in rows)
