"""The figure model: boxes and edges made from a network at a level."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from archc.network.network import Network, Node
from archc.network.op import Family

Level: TypeAlias = Literal["stage", "block", "layer"]
LEVELS: tuple[Level, ...] = get_args(Level)
SUFFIXES = ("norm", "activation", "regularization")


@dataclass(frozen=True)
class Box:
    """A box: `id` its module path, `lines` its label, `shape` what comes out, `repeat` how many it stands for."""

    id: str
    lines: tuple[str, ...]
    family: Family | Literal["block"]
    shape: str
    repeat: int = 1


@dataclass(frozen=True)
class Edge:
    """From box number `start` to box number `end`, always forward; `shape` is empty where it does not change."""

    start: int
    end: int
    shape: str


@dataclass(frozen=True)
class Figure:
    """A network as boxes in execution order and edges between them."""

    title: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]


def figure(network: Network, level: Level = "block") -> Figure:
    """The figure of a network; equal blocks in sequence become one box with a repeat count."""
    runs = _runs(network, level)
    home = {n: i for i, (_, run) in enumerate(runs) for n in run}
    links = sorted(
        {
            (home[r.node], i)
            for i, (_, run) in enumerate(runs)
            for n in run
            for r in network.nodes[n].inputs
            if home[r.node] != i
        }
    )
    kept, place = _fold(network, runs, links)
    boxes = tuple(replace(_box(network, *runs[i]), repeat=count) for i, count in kept)
    pairs = sorted({(place[a], place[b]) for a, b in links if place[a] != place[b]})
    into = {b: next((boxes[a].shape for a, c in pairs if c == b), "") for _, b in pairs}
    edges = tuple(Edge(a, b, boxes[a].shape if boxes[a].shape != into.get(a, "") else "") for a, b in pairs)
    return Figure(network.name, boxes, edges)


def _runs(network: Network, level: Level) -> list[tuple[int, list[int]]]:
    """Nodes grouped into boxes: the scope that a box stands for (0 for loose layers) and its nodes, contiguous."""
    holders = {network.scopes[s].parent for s in range(len(network.scopes)) if network.scopes[s].kind == "block"}
    runs: list[tuple[int, list[int]]] = []
    for n, node in enumerate(network.nodes):
        scope = _owner(network, node, level, holders)
        if runs and (_joins(network, runs[-1], n, scope, level)):
            runs[-1][1].append(n)
        else:
            runs.append((scope, [n]))
    return runs


def _owner(network: Network, node: Node, level: Level, holders: set[int | None]) -> int:
    trail: list[int] = []
    at: int | None = node.scope
    while at:
        trail.append(at)
        at = network.scopes[at].parent
    if level == "layer" or not trail:
        return 0
    if level == "stage":
        return trail[-1]
    return next((s for s in reversed(trail) if network.scopes[s].kind == "block" or s not in holders), 0)


def _joins(network: Network, run: tuple[int, list[int]], n: int, scope: int, level: Level) -> bool:
    owner, members = run
    node, last = network.nodes[n], network.nodes[members[-1]]
    if last.implicit and last.op.look.family != "input":
        return scope == owner
    if scope != owner:
        return False
    if scope:
        return True
    if level == "layer" or [r.node for r in node.inputs] != [members[-1]] or last.op.look.family == "input":
        return False
    if node.op.look.family in SUFFIXES:
        return True
    return level == "stage" and node.types[0].dims[1:] == last.types[0].dims[1:]


def _fold(
    network: Network, runs: list[tuple[int, list[int]]], links: list[tuple[int, int]]
) -> tuple[list[tuple[int, int]], list[int]]:
    """Which runs are drawn, each with its repeat count, and the drawn box of every run."""
    kept: list[tuple[int, int]] = []
    place: list[int] = []
    known = [_signature(network, *run) for run in runs]
    ins: list[list[int]] = [[] for _ in runs]
    outs: list[list[int]] = [[] for _ in runs]
    for a, b in links:
        ins[b].append(a)
        outs[a].append(b)
    for i, (scope, _) in enumerate(runs):
        same = scope and i and known[i] == known[i - 1] and ins[i] == [i - 1] and outs[i - 1] == [i]
        if same:
            kept[-1] = (kept[-1][0], kept[-1][1] + 1)
        else:
            kept.append((i, 1))
        place.append(len(kept) - 1)
    return kept, place


def _signature(network: Network, scope: int, run: list[int]) -> object:
    first = run[0]
    inner = [
        (
            node.op.kind(),
            repr(node.op),
            node.types,
            tuple((r.node - first if r.node >= first else -1, network.type_of(r)) for r in node.inputs),
        )
        for node in (network.nodes[n] for n in run)
    ]
    return network.scopes[scope].definition, inner


def _box(network: Network, scope: int, run: list[int]) -> Box:
    nodes = [network.nodes[n] for n in run]
    shape = "×".join(map(str, nodes[-1].types[0].dims))
    if scope:
        owner = network.scopes[scope]
        lines = tuple(dict.fromkeys((owner.definition or owner.name, owner.path)))
        return Box(owner.path, lines, "block", shape)
    shown = [n for n in nodes if not n.implicit] or nodes  # Flatten and its like are not written, so not shown
    lines = tuple(label(n) for n in shown)
    return Box(shown[0].path or f"node-{run[0]}", lines, shown[0].op.look.family, shape)


def label(node: Node) -> str:
    """The op's label with its fields filled in; the op's kind if the label cannot be filled."""
    values = {name: _text(getattr(node.op, name)) for name in type(node.op).model_fields}
    try:
        return node.op.look.label.format(**values)
    except (KeyError, IndexError, AttributeError, ValueError):
        return node.op.kind()


def _text(value: object) -> str:
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)
