"""Insets: the inside of each block kind of a figure, shown once.

A block kind may look different in different places, as a residual block with and without a projection. Shown is the
look that most of its instances have; a second one if some have it. An argument that is not the same in all instances
stands as its expression in the block's own words, or as the range of its numbers. What is frozen in some instances
and not in others is not marked: the boxes of the instances are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archc.draw.building import Builder, Marks
from archc.draw.figure import Graph, Inset
from archc.draw.pieces import Structure
from archc.draw.wording import expressions

MOST_LOOKS = 2


def insets(structure: Structure, graph: Graph, frozen: Mapping[int, bool | None]) -> tuple[Inset, ...]:
    """The insets of a figure, in the order in which the blocks first appear. `frozen`: as in `Marks`."""
    shown: list[Inset] = []
    names: set[str] = set()
    waiting = _called(graph, structure)
    while waiting:
        name = waiting.pop(0)
        if name in names:
            continue
        names.add(name)
        for inset in _looks(structure, name, frozen):
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


def _looks(structure: Structure, name: str, frozen: Mapping[int, bool | None]) -> list[Inset]:
    network = structure.network
    instances = [i for i, s in enumerate(network.scopes) if s.definition == name and s.kind == "block"]
    by_look: dict[object, list[int]] = {}
    for scope in instances:
        by_look.setdefault(structure.look(structure.members[scope]), []).append(scope)
    ranked = sorted(by_look.values(), key=lambda scopes: -len(scopes))
    if len(ranked) > MOST_LOOKS:
        rest = max(ranked[1:], key=lambda scopes: len(structure.members[scopes[0]]))
        ranked = [ranked[0], rest]
    return [_inset(structure, name, scopes, len(ranked) > 1, frozen) for scopes in ranked]


def _inset(
    structure: Structure, name: str, scopes: list[int], several: bool, frozen: Mapping[int, bool | None]
) -> Inset:
    first = scopes[0]
    words = _words(structure, scopes)
    marks = Marks(frozen=_frozen_alike(structure, scopes, frozen) if frozen else {})
    builder = Builder(structure, True, marks, words, shapes=False, within=True)
    paths = [structure.network.scopes[s].path for s in scopes]
    note = ""
    if several:
        note = paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
    return Inset(paths[0], name, note, builder.graph(first))


def _words(structure: Structure, scopes: list[int]) -> dict[int, dict[str, str]]:
    """For each node of the first instance, what stands for those arguments that differ between the instances."""
    network = structure.network
    known = _constants(structure, scopes)
    found = {}
    for nodes in _columns(structure, scopes):
        node = network.nodes[nodes[0]]
        values = {f: [getattr(network.nodes[n].op, f) for n in nodes] for f in type(node.op).model_fields}
        differing = {field: of for field, of in values.items() if any(value != of[0] for value in of)}
        if differing:
            texts = expressions(network, node, scopes[0], known)
            found[nodes[0]] = {field: texts.get(field) or _range(of) for field, of in differing.items()}
    return found


def _constants(structure: Structure, scopes: list[int]) -> dict[str, str]:
    """The arguments of a block that are the same number in all instances."""
    calls = [structure.network.scopes[s].arguments for s in scopes]
    columns = [[argument.value for argument in of] for of in zip(*calls, strict=True)]
    return {
        argument.name: f"{argument.value:g}"
        for argument, of in zip(calls[0], columns, strict=True)
        if isinstance(argument.value, int | float)
        and not isinstance(argument.value, bool)
        and all(value == argument.value for value in of)
    }


def _range(values: Sequence[object]) -> str:
    """From the least number to the most, `128–512`; dots where these are no numbers."""
    numbers = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
    return f"{min(numbers)}–{max(numbers)}" if len(numbers) == len(values) else "…"


def _frozen_alike(structure: Structure, scopes: list[int], frozen: Mapping[int, bool | None]) -> dict[int, bool | None]:
    """For each node of the first instance with weights whether it is frozen, in all instances or in none."""
    found = {}
    for nodes in _columns(structure, scopes):
        if nodes[0] in frozen:
            states = {frozen[n] for n in nodes}
            found[nodes[0]] = states.pop() if len(states) == 1 else None
    return found


def _columns(structure: Structure, scopes: list[int]) -> Iterator[tuple[int, ...]]:
    """For each node of the first instance, the nodes that stand in its place in all of them."""
    return zip(*(structure.members[s] for s in scopes), strict=True)
