"""Insets: the inside of each block kind of a figure, shown once.

A block kind may look different in different places, as a residual block with and without a projection. Shown is the
look that most of its instances have; a second one if some have it. An argument that is not the same in all instances
stands as its expression in the block's own words.
"""

from __future__ import annotations

from collections import Counter

from archc.draw.building import Builder, Marks
from archc.draw.figure import Graph, Inset
from archc.draw.pieces import Structure
from archc.draw.wording import expressions

MOST_LOOKS = 2


def insets(structure: Structure, graph: Graph) -> tuple[Inset, ...]:
    """The insets of a figure, in the order in which the blocks first appear."""
    shown: list[Inset] = []
    names: set[str] = set()
    waiting = _called(graph, structure)
    while waiting:
        name = waiting.pop(0)
        if name in names:
            continue
        names.add(name)
        for inset in _looks(structure, name):
            shown.append(inset)
            waiting += _called(inset.graph, structure)
    return tuple(shown)


def _called(graph: Graph, structure: Structure) -> list[str]:
    """The blocks that a graph has boxes of, by name, which is such a box's title."""
    names = (_definition(structure, box.nodes[0], box.title) for box in graph.boxes() if box.kind == "block")
    return [name for name in names if name is not None]


def _definition(structure: Structure, node: int, title: str) -> str | None:
    """The block of this name around a node; None if there is none, as for a group that is drawn as a box."""
    scope: int | None = structure.network.nodes[node].scope
    while scope is not None:
        if structure.network.scopes[scope].definition == title:
            return title
        scope = structure.network.scopes[scope].parent
    return None


def _looks(structure: Structure, name: str) -> list[Inset]:
    network = structure.network
    instances = [i for i, s in enumerate(network.scopes) if s.definition == name and s.kind == "block"]
    by_look: dict[object, list[int]] = {}
    for scope in instances:
        by_look.setdefault(structure.look(structure.members[scope]), []).append(scope)
    ranked = sorted(by_look.values(), key=lambda scopes: -len(scopes))
    if len(ranked) > MOST_LOOKS:
        rest = max(ranked[1:], key=lambda scopes: len(structure.members[scopes[0]]))
        ranked = [ranked[0], rest]
    return [_inset(structure, name, scopes, len(ranked) > 1) for scopes in ranked]


def _inset(structure: Structure, name: str, scopes: list[int], several: bool) -> Inset:
    first = scopes[0]
    words = _words(structure, scopes)
    builder = Builder(structure, True, Marks(), words, shapes=False, within=True)
    paths = [structure.network.scopes[s].path for s in scopes]
    note = ""
    if several:
        note = paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
    return Inset(paths[0], name, note, builder.graph(first))


def _words(structure: Structure, scopes: list[int]) -> dict[int, dict[str, str]]:
    """For each node of the first instance, the expressions of those arguments that differ between the instances."""
    network = structure.network
    columns = zip(*(structure.members[s] for s in scopes), strict=True)
    found = {}
    for nodes in columns:
        node = network.nodes[nodes[0]]
        texts = expressions(network, node, scopes[0])
        differing = {
            field: text
            for field, text in texts.items()
            if len(Counter(str(getattr(network.nodes[n].op, field, None)) for n in nodes)) > 1
        }
        if differing:
            found[nodes[0]] = differing
    return found
