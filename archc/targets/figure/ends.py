"""Marks for the inputs and outputs of a graph that is shown alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from archc.ir.network import Network, Ref
from archc.ir.results import result_names
from archc.targets.figure.figure import ENTRY, EXIT, Box, Edge, Graph, Part
from archc.targets.figure.operands import over
from archc.targets.figure.pieces import Structure
from archc.targets.figure.wording import dims


def marked(structure: Structure, graph: Graph, nodes: Sequence[tuple[int, ...]], scope: int, shapes: bool) -> Graph:
    """A graph with a box for each tensor that it reads from outside and for each that is read there.

    `nodes` are those of each part. A head is the mark of a network's only output. A tensor that only training returns
    is a dead end. A learned tensor is next to the inputs, since its own input only determines its position.
    """
    network = structure.network
    learned = {i for i, inside in enumerate(nodes) if all(network.nodes[n].op.kind() == "Param" for n in inside)}
    owner = {n: i for i, inside in enumerate(nodes) for n in inside}
    incoming = _incoming(structure, scope, owner)
    outgoing = list(_outgoing(structure, scope, owner))
    head = next((i for i, n in enumerate(network.nodes) if n.head), None) if scope == 0 else None
    heads = set(network.nodes[head].inputs) if head is not None else set()
    first = len(incoming)
    parts: list[Part] = [_mark(name, network, ref, shapes) for ref, name in incoming.items()]
    edges = [Edge(ENTRY, i) for i in range(first)]
    places = {ref: i for i, ref in enumerate(incoming)}
    for i, inside in enumerate(nodes):
        read = dict.fromkeys(r for n in inside for r in network.nodes[n].inputs if r in places and i not in learned)
        edges += [Edge(places[ref], first + i) for ref in read]
        source = i in learned or any(not network.nodes[n].inputs for n in inside)
        edges += [Edge(ENTRY, first + i)] if source else []
    parts += graph.parts
    inner = [e for e in graph.edges if e.start != ENTRY and e.end != EXIT and e.end not in learned]
    edges += [Edge(first + e.start, first + e.end) for e in inner]
    if head is not None and head in owner:
        edges.append(Edge(first + owner[head], EXIT))
    for ref, name, always in outgoing:
        if ref in heads:
            continue
        parts.append(_mark(name, network, ref, shapes, () if always else ("in training",)))
        edges.append(Edge(first + owner[ref.node], len(parts) - 1))
        edges += [Edge(len(parts) - 1, EXIT)] if always else []
    return Graph(tuple(parts), tuple(sorted(edges, key=lambda e: (e.start, e.end))))


def _mark(name: str, network: Network, ref: Ref, shapes: bool, notes: tuple[str, ...] = ()) -> Box:
    return Box("", "input", name, ((dims(network.type_of(ref)),) if shapes else ()) + notes, source=ref)


def _incoming(structure: Structure, scope: int, owner: dict[int, int]) -> dict[Ref, str]:
    """The tensors that are read from outside, with their names."""
    network, here = structure.network, structure.network.scopes[scope]
    read = [r for n in sorted(owner) for r in network.nodes[n].inputs if r.node not in owner]
    names = over(network, here.definition)
    known = dict(zip(here.inputs, names, strict=False)) if len(names) == len(here.inputs) else {}
    refs = dict.fromkeys([r for r in here.inputs if r in set(read)] + read)
    return {
        ref: f"in {known[ref]}" if ref in known and len(refs) > 1 else "in" if len(refs) == 1 else f"in {i}"
        for i, ref in enumerate(refs, 1)
    }


def _outgoing(structure: Structure, scope: int, owner: dict[int, int]) -> Iterator[tuple[Ref, str, bool]]:
    """The tensors that are read outside or returned, with their names, and whether inference returns them."""
    network, here = structure.network, structure.network.scopes[scope]
    returned = network.outputs if scope == 0 else here.outputs
    outside = [
        r
        for n in sorted({reader for inside in owner for reader in structure.readers[inside]} - owner.keys())
        for r in network.nodes[n].inputs
        if r.node in owner
    ]
    refs = list(dict.fromkeys(r for r in (*returned, *outside, *network.outputs) if r.node in owner))
    training = [r for r in dict.fromkeys(network.training_outputs) if r.node in owner and r not in refs]
    names = dict(zip(returned, result_names(here.body), strict=False))
    told = {
        ref: names.get(ref) or (network.nodes[ref.node].path.split(".")[0] if scope == 0 else "")
        for ref in (*refs, *training)
    }
    alone = {name for name, count in Counter(told.values()).items() if count == 1}
    for i, (ref, name) in enumerate(told.items(), 1):
        said = f"out {name if name and name in alone else i}"
        yield ref, said if len(told) > 1 else "out", i <= len(refs)
