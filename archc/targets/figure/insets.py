"""Insets: the contents of each kind of block in a figure, shown once.

The two most frequent looks of a block are shown (see `looks.py`). An argument that differs between instances is shown
as an expression in the vocabulary of the block, whose names are explained below the inset, or as its numbers. Parts
that are frozen in only some instances are not marked; the boxes of the instances are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from archc.targets.figure.building import Builder, Same
from archc.targets.figure.figure import Box, Graph, Inset
from archc.targets.figure.looks import MOST_LOOKS, Looks, letter
from archc.targets.figure.marks import Marks
from archc.targets.figure.pieces import Structure
from archc.targets.figure.symbols import BlockSymbols


def insets(
    structure: Structure, graph: Graph, looks: Looks, frozen: Mapping[int, bool | None]
) -> tuple[tuple[Inset, ...], tuple[str, ...]]:
    """The insets of a figure, in the order in which the blocks first appear, and remarks on what is omitted.

    `frozen`: as in `Marks`.
    """
    shown: list[Inset] = []
    remarks: list[str] = []
    names: set[str] = set()
    waiting = _called(graph, structure)
    while waiting:
        name = waiting.pop(0)
        if name in names:
            continue
        names.add(name)
        ranked = looks.of(name)
        for i, scopes in enumerate(ranked[:MOST_LOOKS]):
            title = f"{name} {letter(i)}" if len(ranked) > 1 else name
            shown.append(_inset(structure, title, scopes, looks, frozen, several=len(ranked) > 1))
            waiting += _called(shown[-1].graph, structure)
        if len(ranked) > MOST_LOOKS:
            remarks.append(f"inside not drawn: {name} {_letters(range(MOST_LOOKS, len(ranked)))}")
    return tuple(shown), tuple(remarks)


def _letters(places: Sequence[int]) -> str:
    first, last = letter(places[0]), letter(places[-1])
    return first if len(places) == 1 else f"{first}, {last}" if len(places) == 2 else f"{first} to {last}"


def _called(graph: Graph, structure: Structure) -> list[str]:
    """The blocks that have boxes in a graph."""
    scopes = (structure.network.scopes[box.scope] for box in graph.boxes() if box.scope is not None)
    return [scope.definition for scope in scopes if scope.definition is not None]


def _inset(
    structure: Structure,
    title: str,
    scopes: tuple[int, ...],
    looks: Looks,
    frozen: Mapping[int, bool | None],
    several: bool,
) -> Inset:
    same = _same(looks, scopes)
    symbols = BlockSymbols(structure.network, scopes)
    words = {node: symbols.words(of) for node, of in same.items()}
    marks = Marks(frozen=_frozen_alike(same, frozen) if frozen else {})
    builder = Builder(structure, True, marks, same, words, looks.letter, shapes=False, within=True)
    graph = builder.graph(scopes[0])
    if sum(e.start < 0 for e in graph.edges) and not structure.has_one_way(structure.members[scopes[0]]):
        graph = builder.whole(scopes[0])
    paths = [structure.network.scopes[s].path for s in scopes]
    note = ""
    if several:
        more = len(set(paths)) - 1
        note = f"{paths[0]} and {more} more" if more else paths[0]
    return Inset(paths[0], title, note, graph, symbols.told(_texts(graph.boxes()), paths))


def _texts(boxes: Iterable[Box]) -> list[str]:
    return [text for box in boxes for text in (box.title, *box.notes)]


def _same(looks: Looks, scopes: Sequence[int]) -> Same:
    """For each node of the first instance, the corresponding nodes of all instances."""
    return {column[0]: column for column in zip(*map(looks.nodes, scopes), strict=True)}


def _frozen_alike(same: Same, frozen: Mapping[int, bool | None]) -> dict[int, bool | None]:
    """For each node of the first instance with weights, whether it is frozen; None if the instances differ."""
    found = {}
    for node, of in same.items():
        if node in frozen:
            states = {frozen[n] for n in of}
            found[node] = states.pop() if len(states) == 1 else None
    return found
