"""Graphs as chains of parts and forks: the series-parallel structure that the layout follows. Linear in the edges.

A part is a *cut* if every path through the graph leads through it. Between two cuts, each component that is connected
without them is a branch, and an edge from one to the other is an empty branch. Each branch is split in the same way; a
connected one without a cut is a `Tangle`, which the layout draws on a grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import TypeAlias

from archc.support.record import Record
from archc.targets.figure.figure import ENTRY, EXIT, Edge, Graph


class Fork(Record):
    """Branches side by side, ended by the part `merge` (None: they leave the graph). `direct`: also an empty one.

    `gate`: the part that both the empty branch and the only other one lead to; the merge reads it and that other one.
    """

    branches: tuple[tuple[Element, ...], ...]
    direct: bool
    merge: int | None
    gate: int | None = None


class Tangle(Record):
    """Parts that are neither a chain nor a fork, with the edges between them and those from and to the outside.

    `gated`: this tangle and the merge after it as a fork with a gate, if they form one.
    """

    parts: tuple[int, ...]
    edges: tuple[Edge, ...]
    gated: Fork | None = None


Element: TypeAlias = int | Fork | Tangle


class MainWay(Record):
    """A graph's main path, and its dead ends, by the part of the main path that each is attached to."""

    main: tuple[Element, ...]
    sides: Mapping[int, tuple[tuple[Element, ...], ...]]


def split(graph: Graph) -> MainWay:
    """Split a graph into its main path and its dead ends."""
    edges = [(e.start, e.end) for e in graph.edges]
    count = len(graph.parts)
    alive = _reaching(count, edges)
    while True:
        cuts = set(_cuts(sorted(alive), _among(alive, edges)))
        components = _components((i for i in range(count) if i not in alive), edges)
        stuck = {part for c in components if not _hangs(c, edges, cuts) for part in c}
        if not stuck:
            break
        alive |= stuck  # they become parts of the main path, and leave the graph
        edges += [(part, EXIT) for part in stuck if all(a != part for a, _ in edges)]
    sides: dict[int, list[tuple[Element, ...]]] = {}
    for component in components:
        (source,) = _sources(component, edges)
        ends = [part for part in component if all(a != part for a, _ in edges)]
        own = [*_within(component, edges), *((part, EXIT) for part in ends)]
        sides.setdefault(source, []).append(_series(component, own))
    return MainWay(_series(sorted(alive), _among(alive, edges)), {k: tuple(v) for k, v in sides.items()})


Pairs: TypeAlias = Sequence[tuple[int, int]]


def _reaching(count: int, edges: Pairs) -> set[int]:
    """The parts from which the outside can be reached; all if none can."""
    alive = {a for a, b in edges if b == EXIT}
    for a, b in sorted(edges, reverse=True):
        if b in alive:
            alive.add(a)
    alive.discard(ENTRY)
    return alive or set(range(count))


def _among(parts: set[int], edges: Pairs) -> list[tuple[int, int]]:
    """The edges that join these parts with each other and with the outside."""
    starts, ends = parts | {ENTRY}, parts | {EXIT}
    return [(a, b) for a, b in edges if a in starts and b in ends]


def _sources(component: Sequence[int], edges: Pairs) -> set[int]:
    inside = set(component)
    return {a for a, b in edges if b in inside and a not in inside}


def _hangs(component: Sequence[int], edges: Pairs, cuts: set[int]) -> bool:
    """Whether a dead end is attached to one part of the main path."""
    sources = _sources(component, edges)
    return len(sources) == 1 and sources <= cuts


def _within(parts: Sequence[int], edges: Pairs) -> list[tuple[int, int]]:
    """The edges of some parts; those from or to other parts lead to the outside."""
    inside = set(parts)
    found: dict[tuple[int, int], None] = {}
    for a, b in edges:
        if a in inside or b in inside:
            found[(a if a in inside else ENTRY, b if b in inside else EXIT)] = None
    return list(found)


def _cuts(parts: Sequence[int], edges: Pairs) -> list[int]:
    """The parts that no edge bypasses. `parts` ascend, and edges go forward."""
    place = {part: i + 1 for i, part in enumerate(parts)} | {ENTRY: 0, EXIT: len(parts) + 1}
    change = [0] * (len(parts) + 3)
    for a, b in edges:
        change[place[a] + 1] += 1
        change[place[b]] -= 1
    return [part for part, passing in zip(parts, list(accumulate(change))[1:], strict=False) if passing == 0]


def _components(parts: Iterable[int], edges: Pairs) -> list[list[int]]:
    """The connected components of parts, each ascending, in the order of their first part."""
    root = {part: part for part in parts}

    def find(part: int) -> int:
        while root[part] != part:
            root[part] = root[root[part]]
            part = root[part]
        return part

    for a, b in edges:
        if a in root and b in root:
            low, high = sorted((find(a), find(b)))
            root[high] = low
    groups: dict[int, list[int]] = {}
    for part in root:
        groups.setdefault(find(part), []).append(part)
    return list(groups.values())


def _series(parts: Sequence[int], edges: Pairs) -> tuple[Element, ...]:
    """Parts as a chain of elements."""
    cuts = set(_cuts(parts, edges))
    direct = {pair for pair in edges if pair[0] in cuts | {ENTRY} and pair[1] in cuts | {EXIT}}
    touching: dict[int, list[tuple[int, int]]] = {part: [] for part in parts}
    for a, b in edges:
        for part in {a, b} & touching.keys():
            touching[part].append((a, b))
    elements: list[Element] = []
    before, waiting = ENTRY, list[int]()
    for part in (*parts, EXIT):
        if part != EXIT and part not in cuts:
            waiting.append(part)
            continue
        merge = part if part != EXIT else None
        if waiting:
            own = list(dict.fromkeys(pair for inner in waiting for pair in touching[inner]))
            elements += _between(waiting, own, (before, part) in direct, merge)
        elif merge is not None:
            elements.append(merge)
        before, waiting = part, []
    return tuple(elements)


def _between(parts: Sequence[int], edges: Pairs, direct: bool, merge: int | None) -> list[Element]:
    """The element between two cuts, and the second of these unless a fork includes it."""
    components = _components(parts, edges)
    if len(components) == 1 and not direct:
        inner = _within(parts, edges)
        tangle = Tangle(tuple(parts), tuple(Edge(a, b) for a, b in inner), _gated(parts, inner, merge))
        return [tangle] if merge is None else [tangle, merge]
    branches = tuple(_series(c, _within(c, edges)) for c in components)
    return [Fork(branches, direct, merge)]


def _gated(parts: Sequence[int], edges: Pairs, merge: int | None) -> Fork | None:
    """A tangle and the merge after it as a fork with a gate; None if they form none."""
    ends = sorted(a for a, b in edges if b == EXIT)
    if merge is None or len(ends) != 2:
        return None
    last, gate = ends
    read = {a for a, b in edges if b == gate}
    if read != {ENTRY, last} or any(a == gate and b != EXIT or a == last and b not in (gate, EXIT) for a, b in edges):
        return None
    rest = [part for part in parts if part != gate]
    return Fork((_series(rest, _within(rest, edges)),), True, merge, gate)
