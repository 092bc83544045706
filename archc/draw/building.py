"""From a network to the boxes and frames of the block and layer levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os.path import commonprefix
from typing import Literal

from archc.draw.figure import ENTRY, EXIT, Box, Edge, Frame, Frozen, Graph, Heat, Kind, Part
from archc.draw.pieces import Piece, Structure
from archc.draw.wording import dims, title
from archc.network.network import Network, Node

LIGHT = frozenset({"norm", "activation", "regularization"})
"""The families that stand as small notes in the box of the layer beside them."""

Words = Mapping[int, Mapping[str, str]]
"""For nodes, texts that stand in place of their arguments' values."""


@dataclass(frozen=True)
class Marks:
    """What is special about nodes: heat, which modules are pointed out or opened, and what is frozen.

    `frozen`: for nodes with weights whether they are; None for one that is in some places and in others not. Empty
    where nothing is to be said of it.
    """

    heat: Heat | None = None
    highlight: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    frozen: Mapping[int, bool | None] = field(default_factory=dict)

    def hot(self, nodes: Iterable[int]) -> int | None:
        """The heat of nodes together."""
        return None if self.heat is None else sum(self.heat.values[n] for n in nodes)

    def cold(self, nodes: Iterable[int]) -> Frozen:
        """Which weights of nodes together are frozen; none where that is not everywhere the same."""
        found = {self.frozen[n] for n in nodes if n in self.frozen}
        return "" if None in found or True not in found else "partly" if False in found else "wholly"

    def marks(self, path: str) -> bool:
        """Whether a module is pointed out, or one around it."""
        return any(path == p or path.startswith(p + ".") for p in self.highlight)

    def opens(self, path: str) -> bool:
        """Whether a module's inside is to be shown: it, or one inside it, is to be opened."""
        return any(p == path or p.startswith(path + ".") for p in self.expand)


@dataclass(frozen=True)
class Builder:
    """Makes the graph of a scope. `fold`: with repeats folded and layers joined (the block level), or everything."""

    structure: Structure
    fold: bool
    marks: Marks = Marks()
    words: Words = field(default_factory=dict)
    shapes: bool = True
    within: bool = False
    """Whether this is the inside of a block: modules in it that only group layers are not framed."""

    @property
    def network(self) -> Network:
        """The network."""
        return self.structure.network

    def graph(self, scope: int) -> Graph:
        """The graph of a scope."""
        return self._graph(self._spliced(self.structure.of(scope, self.fold)), top=scope == 0)

    def _spliced(self, pieces: Iterable[Piece]) -> list[Piece]:
        """The pieces, inside a block with those of its groups in their place."""
        found: list[Piece] = []
        for piece in pieces:
            group = piece.scope is not None and self.network.scopes[piece.scope].kind == "group"
            if self.within and group and piece.scope is not None and not self.is_step(piece.nodes):
                found += self._spliced(self.structure.of(piece.scope, self.fold))
            else:
                found.append(piece)
        return found

    def _graph(self, pieces: Sequence[Piece], top: bool = False) -> Graph:
        steps = self._steps(pieces)
        nodes = [tuple(sorted(n for piece in step for n in piece.nodes)) for step in steps]
        parts = tuple(self._part(step, members) for step, members in zip(steps, nodes, strict=True))
        return Graph(parts, self._edges(nodes, top))

    # -- steps: pieces that share a box -------------------------------------------------------------------------------

    def _steps(self, pieces: Sequence[Piece]) -> list[list[Piece]]:
        """Pieces that are drawn together: a layer with the light ones around it, implicit ones with their layer."""
        steps: list[list[Piece]] = []
        for piece in pieces:
            if steps and self._joins(steps[-1], piece):
                steps[-1].append(piece)
            else:
                steps.append([piece])
        return steps

    def _joins(self, step: list[Piece], piece: Piece) -> bool:
        nodes = self.network.nodes
        last = step[-1]
        if any(p.scope is not None or p.turns for p in (last, piece)) or not self._follows(last, piece):
            return False
        node = nodes[piece.first]
        if nodes[last.first].implicit and nodes[last.first].op.look.family != "input":
            return True
        if not self.fold:
            return False
        if node.op.look.family in LIGHT:
            return nodes[step[0].first].op.look.family != "input"
        heavy = [p for p in step if nodes[p.first].op.look.family not in LIGHT]
        return not heavy and node.op.merge is None

    def _follows(self, last: Piece, piece: Piece) -> bool:
        """Whether a layer reads the one before it alone, and is all that reads it."""
        inputs = self.network.nodes[piece.first].inputs
        return [r.node for r in inputs] == [last.nodes[-1]] and self.structure.readers[last.nodes[-1]] == [piece.first]

    # -- parts --------------------------------------------------------------------------------------------------------

    def _part(self, step: list[Piece], nodes: tuple[int, ...]) -> Part:
        piece = step[0]
        if piece.turns is not None:
            return self._turns(piece)
        if piece.scope is not None:
            return self._module(piece, piece.scope)
        path = next((p for n in nodes if (p := self.network.nodes[n].path) and self._heavy(n)), "")
        return self._box(nodes, path or next((p for n in nodes if (p := self.network.nodes[n].path)), ""))

    def _heavy(self, node: int) -> bool:
        return self.network.nodes[node].op.look.family not in LIGHT

    def _turns(self, piece: Piece) -> Part:
        """Folded turns: one box with a count, or a frame with a count around several."""
        assert piece.turns is not None
        cold = self.marks.cold(piece.nodes)
        inner = self._within(cold)._graph(piece.turns)
        hot = self.marks.hot(piece.nodes)
        shape = self._shape(piece.nodes)
        if len(inner.parts) == 1:
            part = inner.parts[0]
            repeat = part.repeat * piece.repeat
            if isinstance(part, Box):
                marked = part.marked or any(self.marks.marks(self.network.nodes[n].path) for n in piece.nodes)
                notes = self._names(piece) if part.kind == "block" else part.notes
                return replace(
                    part,
                    repeat=repeat,
                    notes=notes,
                    nodes=piece.nodes,
                    heat=hot,
                    shape=shape,
                    marked=marked,
                    frozen=cold,
                )
            return replace(part, repeat=repeat, frozen=_whole(cold))
        return Frame("", "", inner, piece.repeat, frozen=_whole(cold))

    def _within(self, cold: Frozen) -> Builder:
        """The builder of what a frame holds: where all of it is frozen, the frame says so once."""
        return replace(self, marks=replace(self.marks, frozen={})) if cold == "wholly" else self

    def _names(self, piece: Piece) -> tuple[str, ...]:
        """What the folded modules are called: `denselayer1–6`; nothing if they only have numbers."""
        last = self.network.scopes[self.network.nodes[piece.nodes[-1]].scope]
        assert piece.turns is not None and piece.turns[0].scope is not None
        one = self.network.scopes[piece.turns[0].scope]
        while last.parent is not None and last.parent != one.parent:
            last = self.network.scopes[last.parent]
        if one.name.isdigit():
            return ()
        same = len(commonprefix((one.name, last.name)).rstrip("0123456789"))
        return (f"{one.name}–{last.name[same:]}",)

    def _module(self, piece: Piece, scope: int) -> Part:
        here = self.network.scopes[scope]
        if self.fold and not self.marks.opens(here.path):
            if self.is_step(piece.nodes):
                return self._box(piece.nodes, here.path)
            if here.kind == "block" and not self._only_repeats(scope):
                return self._block(piece, scope)
        cold = self.marks.cold(piece.nodes)
        graph = self._within(cold).graph(scope)
        if self.fold and len(graph.parts) == 1:
            part = graph.parts[0]
            if isinstance(part, Box):
                return replace(part, path=here.path, frozen=cold)
            return replace(part, label=_short(here.path), frozen=_whole(cold))
        return Frame(here.path, _short(here.path), graph, marked=here.path in self.marks.highlight, frozen=_whole(cold))

    def is_step(self, nodes: Sequence[int]) -> bool:
        """Whether nodes are a chain with at most one layer that is not light, so that one box says it all."""
        if sum(map(self._heavy, nodes)) > 1:
            return False
        chain = all(
            [r.node for r in self.network.nodes[b].inputs] == [a] for a, b in zip(nodes, nodes[1:], strict=False)
        )
        return chain and len(self.network.nodes[nodes[0]].inputs) == 1

    def _only_repeats(self, scope: int) -> bool:
        """Whether a block is nothing but a row of blocks of one kind, a stage."""
        pieces = self.structure.of(scope, fold=False)
        definitions = {self.network.scopes[p.scope].definition if p.scope is not None else None for p in pieces}
        return len(definitions) == 1 and None not in definitions

    def _block(self, piece: Piece, scope: int) -> Box:
        here = self.network.scopes[scope]
        name = here.definition or here.name
        notes = [here.name] if not here.name.isdigit() and here.name != name else []
        notes += [f"stride {a.value}" for a in here.arguments if a.name == "stride" and a.value != 1]
        return Box(
            here.path,
            "block",
            name,
            tuple(notes),
            shape=self._shape(piece.nodes),
            nodes=piece.nodes,
            heat=self.marks.hot(piece.nodes),
            marked=self.marks.marks(here.path) or any(p.startswith(here.path + ".") for p in self.marks.highlight),
            frozen=self.marks.cold(piece.nodes),
        )

    def _box(self, nodes: tuple[int, ...], path: str) -> Box:
        shown = [n for n in nodes if not self.network.nodes[n].implicit] or list(nodes)
        heavy = next((n for n in shown if self._heavy(n)), shown[0])
        node = self.network.nodes[heavy]
        at = shown.index(heavy)
        before, after = (self._listed(part) for part in (shown[:at], shown[at + 1 :]))
        kind: Kind = node.op.look.family
        notes = (*before, *after)
        if kind == "input":
            notes = (dims(node.types[0]),)
        return Box(
            path or self._home(node, heavy),
            kind,
            title(node.op, self.words.get(heavy)),
            notes,
            len(before),
            self._shape(nodes) if kind != "input" else "",
            nodes,
            merge=node.op.merge,
            heat=self.marks.hot(nodes),
            marked=any(self.marks.marks(self.network.nodes[n].path) for n in nodes) or self.marks.marks(path),
            frozen=self.marks.cold(nodes),
        )

    def _home(self, node: Node, index: int) -> str:
        """A path for a layer that has none: the module that it stands in, its kind and number."""
        around = self.network.scopes[node.scope].path
        return f"{around}.{node.op.kind().lower()}-{index}".lstrip(".")

    def _listed(self, nodes: Sequence[int]) -> tuple[str, ...]:
        """Light layers in one note, `BN, ReLU`; none for none."""
        words = [title(self.network.nodes[n].op, self.words.get(n)) for n in nodes]
        return (", ".join(words),) if words else ()

    def _shape(self, nodes: Sequence[int]) -> str:
        """What comes out of nodes, if it is not what came in."""
        if not self.shapes:
            return ""
        last = self.network.nodes[nodes[-1]]
        inside = set(nodes)
        came = [self.network.type_of(r) for n in nodes for r in self.network.nodes[n].inputs if r.node not in inside]
        return dims(last.types[0]) if set(came) != {last.types[0]} or len(last.types) > 1 else ""

    # -- edges --------------------------------------------------------------------------------------------------------

    def _edges(self, groups: Sequence[tuple[int, ...]], top: bool) -> tuple[Edge, ...]:
        owner = {n: i for i, nodes in enumerate(groups) for n in nodes}
        found: dict[Edge, None] = {}
        left: dict[int, None] = {}
        outputs = {r.node for r in self.network.outputs} | {i for i, n in enumerate(self.network.nodes) if n.head}
        outputs |= set() if top else {r.node for r in self.network.training_outputs}
        for i, nodes in enumerate(groups):
            for n in nodes:
                for ref in self.network.nodes[n].inputs:
                    j = owner.get(ref.node, ENTRY)
                    if j != i:
                        found[Edge(j, i)] = None
                readers = self.structure.readers[n]
                if any(r not in owner for r in readers) or (n in outputs and not (top and readers)):
                    left[i] = None
        for i in left:
            found[Edge(i, EXIT)] = None
        return tuple(sorted(found, key=lambda e: (e.start, e.end)))


def frozen_nodes(network: Network) -> dict[int, bool | None]:
    """For each node with weights whether it is frozen; nothing if none is."""
    if not any(node.frozen for node in network.nodes):
        return {}
    return {
        i: node.frozen
        for i, node in enumerate(network.nodes)
        if node.path and node.op.weights(tuple(network.type_of(r) for r in node.inputs))
    }


def _whole(cold: Frozen) -> Literal["", "wholly"]:
    return "wholly" if cold == "wholly" else ""


def _short(path: str) -> str:
    """The end of a path that says something: `denselayer3`, `layer1.0`."""
    names = path.split(".")
    at = len(names) - 1
    while at and names[at].isdigit():
        at -= 1
    return ".".join(names[at:])
