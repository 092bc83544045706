"""Labels for tensors: signs at the ends of lines if their order matters, and names if one line carries several.

A difference, a quotient and a matrix product mark their operands. An attention names the sources of its queries, keys
and values, or marks their lines if these names are equal. A merge of several outputs of one box, such as uses of a
shared module, names each after the input of the network that it depends on, or else by number. A layer that reads some
of a box's tensors names them, and a block over several tensors says which of its inputs each one is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from archc.ir.network import Network, Node, Ref, TensorAssignment, taken
from archc.support.record import replace
from archc.targets.figure.figure import Box, FigureFrame, Graph, Part, Slab
from archc.targets.figure.marks import first_use
from archc.targets.figure.parts import Parts
from archc.targets.figure.wording import ending

SIGNS = {"Sub": ("+", "−"), "Div": ("", "÷"), "MatMul": ("1", "2")}
"""The signs at the ends of the lines of two operands whose order matters, by the kind of the op."""
ROLES = {"Attention": ("q", "k", "v")}
"""The roles of operands, shown in the box itself, by the kind of the op; the last covers the remaining ones."""
_BETWEEN = {"Sub": " − ", "Div": " ÷ ", "Add": " + ", "Mul": " × "}


def is_ordered(node: Node) -> bool:
    """Whether a layer reads several tensors whose order counts."""
    return len(node.inputs) > 1 and node.op.kind() in (SIGNS | ROLES)


def _roles(kind: str, count: int) -> tuple[str, ...]:
    """The roles of each of the operands: `q` and `k, v` of two."""
    roles = ROLES[kind]
    return (*roles[: count - 1], ", ".join(roles[count - 1 :]))


def sign(start: Box | Slab, end: Box | Slab) -> str:
    """The sign at the end of a line from one thing to another."""
    given = {*start.nodes} | ({start.source.node} if isinstance(start, Box) and start.source is not None else set())
    return " ".join(dict.fromkeys(one for node, one in end.signs if node in given))


def told(network: Network, graph: Graph, signs: bool = True) -> Graph:
    """A graph whose merges label their tensors: with `signs` at lines, or else by the names of their sources."""
    return _Operands(network, graph, signs).graph(graph)


def over(network: Network, definition: str | None) -> tuple[str, ...]:
    """The names of the tensors that a block reads; empty if it only reads the incoming tensor."""
    return next((one.over for one in network.definitions if one.name == definition), ())


class _Operands:
    """Labels the operands in one graph."""

    def __init__(self, network: Network, graph: Graph, signs: bool) -> None:
        self.network = network
        self.signs = signs
        self.things: list[Box | Slab] = [*graph.boxes(), *(part for part in graph.parts if isinstance(part, Slab))]
        self.owner = {node: i for i, thing in enumerate(self.things) for node in thing.nodes}
        self.inputs = {box.source: box.title for box in graph.boxes() if box.source is not None}
        self.parts = Parts(network, self.things, self.owner)
        shared = any(node.shared is not None for node in network.nodes)
        self.uses: dict[tuple[int, int], list[int]] = {}
        """By thing and first use of a module: the nodes of the thing that are uses of the module."""
        for node in sorted(self.owner) if shared else ():
            self.uses.setdefault((self.owner[node], first_use(network, node)), []).append(node)

    def graph(self, graph: Graph) -> Graph:
        """A graph at any depth inside that one, with labels."""
        return replace(graph, parts=tuple(map(self._part, graph.parts)))

    def _part(self, part: Part) -> Part:
        if isinstance(part, FigureFrame):
            return replace(part, graph=self.graph(part.graph))
        if isinstance(part, Box) and part.source is not None:
            called = self.parts.called(part.source)
            use = self._use(part.source) if len(self._leaving(part.source)) > 1 else ""
            return _noted(part, " ".join(f"of {one}" for one in (called, use) if one and part.title != f"out {one}"))
        nodes = self.network.nodes
        several = (n for n in part.nodes if len(nodes[n].inputs) > 1)
        merge = next((n for n in several if nodes[n].op.family == "merge" or is_ordered(nodes[n])), None)
        if merge is not None and part.kind != "block":
            node, inputs = nodes[merge], nodes[merge].inputs
            sources = [self.owner.get(ref.node, -1 - ref.node) for ref in inputs]
            if node.op.kind() in ROLES:
                return self._with_roles(part, node, sources)
            if is_ordered(node) and len({*sources, self.owner[merge]}) == 3:
                if not self.signs:
                    return _joined(part, self._told_apart(inputs, self._source_of), node.op.kind())
                ends = zip(inputs, SIGNS[node.op.kind()], strict=True)
                part = replace(part, signs=tuple((ref.node, one) for ref, one in ends if one))
            elif self._are_apart(inputs, is_ordered(node)) and {*sources} == {sources[0]} != {self.owner[merge]}:
                return _joined(part, self._names(inputs), node.op.kind())
        named = self._over(part)
        again = self._again(merge) if merge is not None and part.kind != "block" else ()
        return _noted(part, ", ".join((*again, *named, *self._of(part), *self._parts(part, bool(named)))))

    def _with_roles(self, part: Box | Slab, node: Node, sources: Sequence[int]) -> Box | Slab:
        """A part with the source of each role, `q of norm, k, v of tokens`; with signs if these have equal names."""
        roles, called = _roles(node.op.kind(), len(node.inputs)), self._told_apart(node.inputs)
        equal = len({*map(self._called, node.inputs)}) < len({*node.inputs})
        if equal and self.signs and len({*sources}) == len(sources) and min(sources) >= 0:
            return replace(part, signs=tuple((r.node, role) for r, role in zip(node.inputs, roles, strict=True)))
        return _noted(part, ", ".join(f"{role} of {name}" for role, name in zip(roles, called, strict=True)))

    def _parts(self, part: Box | Slab, apart: bool) -> Iterator[str]:
        """The tensors that a part reads from things that make several; none if `apart`, as its inputs have names."""
        read = self.parts.read(part) if not apart else {}
        same = {words for words, _ in read.values()}
        if len(read) > 2 and len(same) == 1 and all(same):
            yield f"of {same.pop()} of each"
            return
        for words, ref in read.values():
            if words:
                yield f"of {words}" + (f" of {self._source(ref)}" if len(read) > 1 else "")

    def _over(self, part: Box | Slab) -> list[str]:
        """The source of each input, for a block that reads several tensors from different things."""
        if not isinstance(part, Box) or part.scope is None:
            return []
        scope, own = self.network.scopes[part.scope], self.owner[part.nodes[0]]
        names = over(self.network, scope.definition)
        again = any(thing == own and len(uses) > 1 for (thing, _), uses in self.uses.items())
        if len(names) != len(scope.inputs) or len(names) < 2 or again:
            return []
        if len({*scope.inputs}) == 1:
            return [f"{' and '.join(names)}: the same"]
        sources = [self.owner.get(ref.node, -1 - ref.node) for ref in scope.inputs]
        if len({*sources}) == 1:
            return []
        return [f"{name}: {of}" for name, of in zip(names, self._told_apart(scope.inputs), strict=True)]

    def _again(self, merge: int) -> Iterator[str]:
        """The tensors that a merge reads more than once."""
        node = self.network.nodes[merge]
        if node.op.family == "merge":
            for ref, count in Counter(node.inputs).items():
                if self.owner.get(ref.node) == self.owner[merge]:  # both are in one slab
                    continue
                if count == len(node.inputs) == 2 and node.op.kind() in _BETWEEN:
                    yield "itself"
                elif count > 1:
                    yield f"{self._called(ref)} twice" if count == 2 else f"{self._called(ref)} {count} times"

    def _told_apart(self, refs: Sequence[Ref], called: Callable[[Ref], str] | None = None) -> list[str]:
        """The names of tensors, those in the spec for tensors whose sources have equal names."""
        names = [*map(called or self._called, refs)]
        of = {name: {ref for ref, one in zip(refs, names, strict=True) if one == name} for name in names}
        return [self.given.get(r, name) if len(of[name]) > 1 else name for r, name in zip(refs, names, strict=True)]

    @cached_property
    def given(self) -> dict[Ref, str]:
        """The names of tensors in the spec."""
        return {
            ref: statement.names[0]
            for scope in self.network.scopes
            for statement in taken(scope.body)
            if isinstance(statement, TensorAssignment) and len(statement.names) == 1
            for ref in statement.chain.result[:1]
        }

    def _called(self, ref: Ref) -> str:
        """The name of a tensor: that of its source, after its own if the source makes several."""
        return " of ".join(filter(None, (self.parts.called(ref), self._source(ref))))

    def _source(self, ref: Ref) -> str:
        """The name of the thing that makes a tensor: its label or its kind; `in` if it comes from outside."""
        if ref.node not in self.owner:
            return self.inputs.get(ref, "in")
        one = self.things[self.owner[ref.node]]
        name = ending(one.path)
        if "-" in name and isinstance(one, Box):
            return f"({one.title})"
        modules = self._modules(one)
        same = [thing for thing in self.things if self.uses and self._modules(thing) == modules]
        return f"use {same.index(one) + 1} of {name}" if len(same) > 1 else name

    def _source_of(self, ref: Ref) -> str:
        """The name of the thing that makes a tensor, and of the use of its module if several lead out."""
        use = self._use(ref) if len(self._leaving(ref)) > 1 else ""
        return " of ".join(filter(None, (self._source(ref), use)))

    def _of(self, part: Box | Slab) -> Iterator[str]:
        """The uses of a module that a part reads from a box that stands for more of them."""
        inside = part.nodes if self.uses else ()
        read = {r.node: r for n in inside for r in self.network.nodes[n].inputs if self._is_before(r.node, n)}
        for n in sorted(read):
            if not read.keys() >= {*self._leaving(read[n])}:
                yield "of " + self._use(read[n])

    def _are_apart(self, refs: Sequence[Ref], outputs: bool) -> bool:
        """Whether tensors differ and come from several uses of a module or, with `outputs`, from one module."""
        return len({*refs}) > 1 and (outputs or any(len(self._leaving(ref)) > 1 for ref in refs))

    def _modules(self, thing: Box | Slab) -> set[int]:
        return {first_use(self.network, node) for node in thing.nodes}

    def _uses(self, ref: Ref) -> list[int]:
        """The uses of the module that makes a tensor, within the thing that makes it."""
        return self.uses.get((self.owner.get(ref.node, -1), first_use(self.network, ref.node)), [])

    def _leaving(self, ref: Ref) -> list[int]:
        """Those of the uses whose outputs no later one takes: of the turns of a fold, only the last."""
        return [node for node in self._uses(ref) if node not in self._taken]

    def _names(self, refs: Sequence[Ref]) -> list[str]:
        """The names of tensors that one box makes: the result, and the use of the module that it comes from."""
        several = any(len(self._leaving(ref)) > 1 for ref in refs)
        named = [(self.parts.called(ref), self._use(ref) if several else "") for ref in refs]
        return [" of ".join(filter(None, words)) for words in named]

    def _use(self, ref: Ref) -> str:
        """The use of a module that makes a tensor: the network's input that only this use depends on, or its number."""
        uses = self._uses(ref)
        inputs = [self._inputs[node] for node in uses]
        if all(len(one) == 1 for one in inputs) and len({*inputs}) == len(inputs):
            return next(iter(self._inputs[ref.node]))
        return f"use {uses.index(ref.node) + 1}"

    @cached_property
    def _taken(self) -> frozenset[int]:
        """The nodes that only their own thing or, in the next turn of a fold, an earlier one reads."""
        reads = [(r.node, n) for n, node in enumerate(self.network.nodes) for r in node.inputs]
        given = {r.node for r in (*self.network.outputs, *self.network.training_outputs)}
        given |= {a for a, b in reads if self._is_before(a, b)}
        return frozenset({a for a, _ in reads} - given)

    def _is_before(self, node: int, other: int) -> bool:
        """Whether a node is in a thing before that of another, so that a line shows its tensor."""
        return self.owner.get(node, -1) < self.owner.get(other, len(self.things))

    @cached_property
    def _inputs(self) -> list[frozenset[str]]:
        """By node: the names of the network's inputs that its output depends on."""
        found: list[frozenset[str]] = []
        for node in self.network.nodes:
            own = frozenset({str(getattr(node.op, "name", ""))}) if node.op.family == "input" else frozenset()
            found.append(own.union(*(found[ref.node] for ref in node.inputs)))
        return found


def _joined(part: Box | Slab, names: Sequence[str], kind: str) -> Box | Slab:
    """A merge with the names of its operands: an operator between them, or a note."""
    between = _BETWEEN.get(kind, "")
    if not between:
        return _noted(part, ", ".join(names))
    words = between.join(names)
    if isinstance(part, Box):
        return replace(part, title=words)
    return replace(part, names=tuple(words if name == between.strip() else name for name in part.names))


def _noted(part: Box | Slab, words: str) -> Box | Slab:
    """A part with a note added."""
    if not words:
        return part
    if isinstance(part, Box):
        return replace(part, notes=(*part.notes, words))
    return replace(part, inside=", ".join(filter(None, (part.inside, words))))
