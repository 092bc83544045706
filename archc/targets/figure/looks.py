"""The looks of a block: classes of instances whose contents are drawn alike, except for numbers.

A residual block with and without a projection has two looks. They are labelled by letters, the most frequent first.
"""

from __future__ import annotations

from collections.abc import Container
from string import ascii_uppercase
from typing import TypeAlias

from archc.ir.network import Ref
from archc.support.record import replace
from archc.targets.figure.building import Builder
from archc.targets.figure.figure import EXIT, Box, Edge, FigureFrame, Graph
from archc.targets.figure.labels import template
from archc.targets.figure.pieces import Structure

MOST_LOOKS = 2
"""The number of looks of a block whose contents are shown."""
Key: TypeAlias = tuple[object, ...]


class Looks:
    """The looks of all blocks in a scope of a network, computed on demand."""

    def __init__(self, structure: Structure, scope: int = 0) -> None:
        self.structure = structure
        self.scope = scope
        self._graphs: dict[int, Graph] = {}
        self._keys: dict[int, Key] = {}
        self._originals: dict[Key, int] = {}
        self._ranked: dict[str, tuple[tuple[int, ...], ...]] = {}
        self._told: dict[str, tuple[tuple[str, ...], ...]] = {}

    def graph(self, scope: int) -> Graph:
        """The graph of an instance."""
        if scope not in self._graphs:
            outputs = {ref.node for ref in self.structure.network.scopes[scope].outputs}
            graph = Builder(self.structure, True, shapes=False, within=True).graph(scope)
            self._graphs[scope] = _leading_out(graph, outputs)
        return self._graphs[scope]

    def of(self, definition: str) -> tuple[tuple[int, ...], ...]:
        """The scopes of the instances of a block, by look: the most frequent look first, then the largest."""
        if definition not in self._ranked:
            by_look: dict[Key, list[int]] = {}
            for i, scope in enumerate(self.structure.network.scopes):
                if scope.definition == definition and scope.kind == "block" and self._is_in(i):
                    by_look.setdefault(self._key(i), []).append(i)
            size = self.structure.members
            ranked = sorted(by_look.values(), key=lambda scopes: (-len(scopes), -len(size[scopes[0]])))
            self._ranked[definition] = tuple(map(tuple, ranked))
        return self._ranked[definition]

    def _is_in(self, scope: int) -> bool:
        """Whether a scope is inside the scope of these looks, and has more layers than one step."""
        members = self.structure.members
        if not members[scope] or not {*members[self.scope]}.issuperset(members[scope]):
            return False
        return not Builder(self.structure, True, within=True).is_step(members[scope])

    def letter(self, scope: int) -> str:
        """The label of an instance's look; empty if all look alike."""
        ranked = self.of(self.structure.network.scopes[scope].definition or "")
        if len(ranked) < 2:
            return ""
        return letter(next(i for i, scopes in enumerate(ranked) if scope in scopes))

    def told(self, scope: int) -> tuple[tuple[str, ...], ...]:
        """The arguments that differ between the instances of a block of which not all looks are drawn.

        Numbers are one line, switches and layers the other; the stride is shown separately, channels by the shape.
        """
        definition = self.structure.network.scopes[scope].definition or ""
        if definition not in self._told:
            self._told[definition] = self._differing(definition)
        return self._told[definition]

    def _differing(self, definition: str) -> tuple[tuple[str, ...], ...]:
        ranked = self.of(definition)
        if len(ranked) <= MOST_LOOKS:
            return ()
        values: dict[str, list[object]] = {}
        made: list[int] = []
        for i in (i for scopes in ranked for i in scopes):
            made.append(
                next((each.dims[0] for each in self.structure.leaving(self.structure.members[i]) if each.dims), 0)
            )
            for a in self.structure.network.scopes[i].arguments:
                values.setdefault(a.name, []).append(a.value)
        differs = (name for name, found in values.items() if any(v != found[0] for v in found) and found != made)
        varied = [name for name in differs if name != "stride"]
        numbers = [n for n in varied if all(type(v) in (int, float) for v in values[n])]
        return tuple(numbers), tuple(n for n in varied if n not in numbers)

    def nodes(self, scope: int) -> list[int]:
        """The nodes of an instance in the order of its boxes."""
        original, members = self._original(scope), self.structure.members
        copies = dict(zip(members[original], members[scope], strict=True))
        return [copies[n] for box in self.graph(original).boxes() for n in box.nodes]

    def _key(self, scope: int) -> Key:
        original = self._original(scope)
        if original not in self._keys:
            self._keys[original] = self._drawn(self.graph(original))
        return self._keys[original]

    def _original(self, scope: int) -> int:
        """The first instance that this one is a copy of, or itself: the drawings of both are the same."""
        return self._originals.setdefault(self._copied(scope), scope)

    def _copied(self, scope: int) -> Key:
        """A key that is the same for instances that are copies of one expansion of a block.

        It has the layers of the instance, their wiring, and the tensors that are read outside. An instance that is
        edited, or has a module that is used again, has no copies.
        """
        here, structure = self.structure.network.scopes[scope], self.structure
        nodes = structure.network.nodes
        if here.edited or any(nodes[n].shared is not None for n in structure.members[scope]):
            return (scope,)
        place = {n: i for i, n in enumerate(structure.members[scope])}
        found: list[object] = [here.definition, *(repr(a.value) for a in here.arguments)]
        outside: dict[Ref, int] = {}
        for n in place:
            node = nodes[n]
            wires = tuple(
                (place[r.node], r.out) if r.node in place else (~outside.setdefault(r, len(outside)), 0)
                for r in node.inputs
            )
            read = n in structure.results or not place.keys() >= {*structure.readers[n]}
            found.append((id(node.op), id(node.types), node.implicit, wires, read, structure.changes.get(n)))
        return tuple(found)

    def _drawn(self, graph: Graph) -> Key:
        """The visible structure of a graph and its words, except for numbers.

        Edges and the order of parts are as in the figure.
        """
        nodes, scopes = self.structure.network.nodes, self.structure.network.scopes
        found: list[object] = [graph.edges]
        for part in graph.parts:
            if isinstance(part, FigureFrame):
                found.append((part.repeat, self._drawn(part.graph)))
            elif isinstance(part, Box) and part.scope is not None:
                found.append((part.repeat, scopes[part.scope].definition, part.change, self._key(part.scope)))
            elif isinstance(part, Box):
                words = tuple((nodes[n].op.kind(), template(nodes[n].op)) for n in part.nodes)
                found.append((part.repeat, part.change, words))
        return tuple(found)


def _leading_out(graph: Graph, outputs: Container[int]) -> Graph:
    """A graph with edges to the outside from all that makes a result of its block, whether it is read there or not."""
    made = [part.graph.boxes() if isinstance(part, FigureFrame) else (part,) for part in graph.parts]
    out = {Edge(i, EXIT) for i, parts in enumerate(made) if any(n in outputs for one in parts for n in one.nodes)}
    return replace(graph, edges=tuple(sorted({*graph.edges, *out}, key=lambda edge: (edge.start, edge.end))))


def letter(place: int) -> str:
    """The name of the look at a place: A to Z, then A2."""
    turn, at = divmod(place, len(ascii_uppercase))
    return ascii_uppercase[at] + (str(turn + 1) if turn else "")
