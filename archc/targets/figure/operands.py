"""Which tensor is which: signs at the ends of lines where their order counts, and names where one line carries several.

A difference, a quotient and a product of matrices tell what comes first, an attention what queries, keys and values
are. What merges the outputs of one box, as of the uses of a shared module, tells them by the inputs of the network
that they come of, else by their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from archc.ir.network import Network, Node, Ref
from archc.support.record import replace
from archc.targets.figure.figure import Box, FigureFrame, Graph, Part, Slab
from archc.targets.figure.wording import ending

SIGNS = {"Sub": ("+", "−"), "Div": ("", "÷"), "MatMul": ("1", "2"), "Attention": ("q", "k", "v")}
"""What stands at the ends of the lines of operands whose order counts, by the kind of the op."""
_BETWEEN = {"Sub": " − ", "Div": " ÷ ", "Add": " + ", "Mul": " × "}


def is_ordered(node: Node) -> bool:
    """Whether a layer reads several tensors whose order counts."""
    return len(node.inputs) > 1 and node.op.kind() in SIGNS


def _ends(node: Node) -> Iterator[tuple[int, str]]:
    """What stands at the ends of the lines into a layer, by the nodes where they start; the last has what is left."""
    signs, last = SIGNS[node.op.kind()], len(node.inputs) - 1
    for ref, one in zip(node.inputs, (*signs[:last], ", ".join(signs[last:])), strict=True):
        if one:
            yield ref.node, one


def sign(start: Box | Slab, end: Box | Slab) -> str:
    """What stands at the end of a line from one thing to another."""
    given = {*start.nodes} | ({start.source} if isinstance(start, Box) else set())
    return " ".join(dict.fromkeys(one for node, one in end.signs if node in given))


def told(network: Network, graph: Graph, signs: bool = True) -> Graph:
    """A graph whose merges tell which tensor is which; without `signs` at lines, by the names of what makes them."""
    return _Operands(network, graph, signs).graph(graph)


class _Operands:
    """Tells the operands in one graph."""

    def __init__(self, network: Network, graph: Graph, signs: bool) -> None:
        self.network = network
        self.signs = signs
        self.things: list[Box | Slab] = [*graph.boxes(), *(part for part in graph.parts if isinstance(part, Slab))]
        self.owner = {node: i for i, thing in enumerate(self.things) for node in thing.nodes}
        shared = any(node.shared is not None for node in network.nodes)
        self.uses: dict[tuple[int, int], list[int]] = {}
        """For a thing and the first use of a module the nodes in the one that are uses of the other."""
        for node in sorted(self.owner) if shared else ():
            self.uses.setdefault((self.owner[node], self._first(node)), []).append(node)

    def graph(self, graph: Graph) -> Graph:
        """A graph in it, told."""
        return replace(graph, parts=tuple(map(self._part, graph.parts)))

    def _part(self, part: Part) -> Part:
        if isinstance(part, FigureFrame):
            return replace(part, graph=self.graph(part.graph))
        nodes = self.network.nodes
        several = (n for n in part.nodes if len(nodes[n].inputs) > 1)
        merge = next((n for n in several if nodes[n].op.family == "merge" or is_ordered(nodes[n])), None)
        if merge is not None and part.kind != "block":
            node, inputs = nodes[merge], nodes[merge].inputs
            sources = [self.owner.get(ref.node, -1 - ref.node) for ref in inputs]
            if is_ordered(node) and len({*sources} - {self.owner[merge]}) > 1:
                if not self.signs:
                    return _joined(part, [self._source(at) for at in sources], node.op.kind())
                part = replace(part, signs=tuple(_ends(node)))
            elif self._are_apart(inputs, is_ordered(node)) and {*sources} == {sources[0]} != {self.owner[merge]}:
                return _joined(part, self._names(inputs, inputs), node.op.kind())
        return _noted(part, ", ".join(self._of(part)))

    def _source(self, thing: int) -> str:
        """What to call what makes a tensor: its name, or what it is; `in` outside."""
        if thing < 0:
            return "in"
        name, one = ending(self.things[thing].path), self.things[thing]
        return f"({one.title})" if "-" in name and isinstance(one, Box) else name

    def _of(self, part: Box | Slab) -> Iterator[str]:
        """What a part reads of a box that makes several tensors by one module, where that is not all."""
        inside = {*part.nodes} if self.uses else set()
        read = {r.node: r for n in inside for r in self.network.nodes[n].inputs if r.node not in inside}
        for n in sorted(read):
            uses = self.uses.get((self.owner.get(n, -1), self._first(n)), [])
            if not read.keys() >= {*uses}:
                yield "of " + self._names([read[n]], [Ref(m, read[n].out) for m in uses])[0]

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
