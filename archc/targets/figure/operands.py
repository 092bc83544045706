"""Which tensor is which: signs at the ends of lines where their order counts, and names where one line carries several.

A difference, a quotient and a product of matrices tell what comes first. What merges the outputs of one box, as of the
uses of a shared module, tells them by the inputs of the network that they come of, else by their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from archc.ir.network import Network, Node, Ref
from archc.support.record import replace
from archc.targets.figure.figure import Box, FigureFrame, Graph, Part, Slab

SIGNS = {"Sub": ("+", "−"), "Div": ("", "÷"), "MatMul": ("1", "2")}
"""What stands at the ends of the lines of two operands whose order counts, by the kind of the op."""
_BETWEEN = {"Sub": " − ", "Div": " ÷ ", "Add": " + ", "Mul": " × "}


def is_ordered(node: Node) -> bool:
    """Whether a layer reads two tensors whose order counts."""
    return node.op.kind() in SIGNS


def sign(start: Box | Slab, end: Box | Slab) -> str:
    """What stands at the end of a line from one thing to another."""
    given = {*start.nodes} | ({start.source} if isinstance(start, Box) else set())
    return " ".join(dict.fromkeys(one for node, one in end.signs if node in given))


class Operands:
    """Tells the operands in the graphs of a network."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def told(self, graph: Graph) -> Graph:
        """The graph, whose merges tell which tensor is which."""
        things: list[Box | Slab] = [*graph.boxes(), *(part for part in graph.parts if isinstance(part, Slab))]
        owner = {node: i for i, thing in enumerate(things) for node in thing.nodes}
        return self._graph(graph, owner)

    def _graph(self, graph: Graph, owner: Mapping[int, int]) -> Graph:
        return replace(graph, parts=tuple(self._part(part, owner) for part in graph.parts))

    def _part(self, part: Part, owner: Mapping[int, int]) -> Part:
        if isinstance(part, FigureFrame):
            return replace(part, graph=self._graph(part.graph, owner))
        nodes = self.network.nodes
        merge = next((n for n in part.nodes if len(nodes[n].inputs) > 1 and nodes[n].op.family == "merge"), None)
        if merge is not None and part.kind != "block":
            node, inputs = nodes[merge], nodes[merge].inputs
            sources = [owner.get(ref.node, -1 - ref.node) for ref in inputs]
            if is_ordered(node) and len({*sources, owner[merge]}) == 3:
                told = zip(inputs, SIGNS[node.op.kind()], strict=True)
                part = replace(part, signs=tuple((ref.node, one) for ref, one in told if one))
            elif self._are_apart(inputs, is_ordered(node)) and {*sources} == {sources[0]} != {owner[merge]}:
                return _joined(part, self._names(inputs, inputs), node.op.kind())
        return _noted(part, ", ".join(self._of(part, owner)))

    def _of(self, part: Box | Slab, owner: Mapping[int, int]) -> Iterator[str]:
        """What a part reads of a box that makes several tensors by one module, where that is not all."""
        inside = {*part.nodes}
        read = {r.node: r for n in part.nodes for r in self.network.nodes[n].inputs if r.node not in inside}
        uses: dict[int, list[int]] = {}
        for n in owner:
            if owner[n] in {owner.get(m) for m in read}:
                uses.setdefault(self._first(n), []).append(n)
        found = [n for n in sorted(read) if not read.keys() >= {*uses.get(self._first(n), ())}]
        for n in found:
            every = [Ref(node=m, out=read[n].out) for m in sorted(uses[self._first(n)])]
            yield "of " + self._names([read[n]], every)[0]

    def _first(self, node: int) -> int:
        """The first use of the module of a node."""
        shared = self.network.nodes[node].shared
        return node if shared is None else shared

    def _are_apart(self, refs: Sequence[Ref], outputs: bool) -> bool:
        """Whether tensors are several: of several uses, or, with `outputs`, several that one layer makes."""
        return len({*refs}) > 1 and (outputs or self._are_uses(refs))

    def _are_uses(self, refs: Sequence[Ref]) -> bool:
        """Whether tensors come of different nodes, the uses of shared modules."""
        return len({ref.node for ref in refs}) == len({*refs})

    def _names(self, refs: Sequence[Ref], beside: Sequence[Ref]) -> list[str]:
        """What to call tensors among those that come out of one box."""
        inputs = {ref: self._inputs[ref.node] for ref in beside}
        if all(len(one) == 1 for one in inputs.values()) and len({*inputs.values()}) == len(inputs):
            return [name for ref in refs for name in inputs[ref]]
        order = sorted(inputs)
        word = "use" if self._are_uses(beside) else "part"
        return [f"{word} {order.index(ref) + 1}" for ref in refs]

    @cached_property
    def _inputs(self) -> list[frozenset[str]]:
        """The names of the inputs of the network that each node's output depends on."""
        found: list[frozenset[str]] = []
        for node in self.network.nodes:
            own = frozenset({str(getattr(node.op, "name", ""))}) if node.op.family == "input" else frozenset()
            found.append(own.union(*(found[ref.node] for ref in node.inputs)))
        return found


def _joined(part: Box | Slab, names: Sequence[str], kind: str) -> Box | Slab:
    """A merge that says what it merges: with a sign between the names, or behind what it is."""
    between = _BETWEEN.get(kind, "")
    if not between:
        return _noted(part, ", ".join(names))
    words = between.join(names)
    if isinstance(part, Box):
        return replace(part, title=words)
    return replace(part, names=tuple(words if name == between.strip() else name for name in part.names))


def _noted(part: Box | Slab, words: str) -> Box | Slab:
    """A part with words more."""
    if not words:
        return part
    if isinstance(part, Box):
        return replace(part, notes=(*part.notes, words))
    return replace(part, inside=", ".join(filter(None, (part.inside, words))))
