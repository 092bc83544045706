"""The structure of a scope as a figure sees it: its layers and modules in order, with repeats folded as the spec says.

Consecutive turns of a loop or block calls are folded if they are equal: the same blocks, the same layers with the same
arguments, wired alike and frozen alike. Their shapes may differ, as in a dense block.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TypeAlias

from archc.ir.network import (
    CallItem,
    Choice,
    GroupItem,
    Item,
    ItemChain,
    LayerItem,
    Loop,
    MergeItem,
    Network,
    Ref,
    Statement,
    TakenBranch,
    TensorAssignment,
)
from archc.ir.op import Op
from archc.ir.types import TensorType
from archc.support.record import Record
from archc.targets.figure.figure import ENTRY, EXIT, Changed, Edge
from archc.targets.figure.marks import first_use

NO_CHANGES: Mapping[int, Changed] = MappingProxyType({})
Wires: TypeAlias = tuple[tuple[int, int], ...]
"""For each tensor that a node reads: the place of its maker among some nodes (negative: outside), and the output."""


class FigurePiece(Record):
    """A layer (`scope` and `turns` are None), a module (its `scope`), folded turns of a repeat, or a shared module.

    `nodes`: all network nodes in it, ascending, those of every folded turn included; `turns`: the pieces of the first
    turn. `columns`: for each node of the first turn, the corresponding nodes of all turns. A `shared` module has its
    uses as turns.
    """

    nodes: tuple[int, ...]
    scope: int | None = None
    turns: tuple[FigurePiece, ...] | None = None
    columns: tuple[tuple[int, ...], ...] = ()
    shared: bool = False

    @property
    def uses(self) -> int:
        """The number of turns, calls or uses that it represents."""
        return len(self.columns[0]) if self.columns else 1

    @property
    def repeat(self) -> int:
        """The number of consecutive equal turns or calls that it represents."""
        return 1 if self.shared else self.uses

    @property
    def first(self) -> int:
        """The node that runs first."""
        return self.nodes[0]


class Structure:
    """A network's pieces, scope by scope, and the readers of each node."""

    def __init__(
        self, network: Network, unfolded: frozenset[int] = frozenset(), changes: Mapping[int, Changed] = NO_CHANGES
    ) -> None:
        """`unfolded`: nodes that a fold must not hide. `changes`: the changes of nodes in a diff."""
        self.changes = changes
        self.network = network
        self.unfolded = unfolded
        self._pieces: dict[tuple[int, bool], tuple[FigurePiece, ...]] = {}
        self.results = {r.node for r in (*network.outputs, *network.training_outputs)}
        self.readers: list[list[int]] = [[] for _ in network.nodes]
        for index, node in enumerate(network.nodes):
            for ref in node.inputs:
                self.readers[ref.node].append(index)

    @cached_property
    def members(self) -> list[tuple[int, ...]]:
        """The nodes of each scope, including those of the scopes inside it."""
        found: list[list[int]] = [[] for _ in self.network.scopes]
        for index, node in enumerate(self.network.nodes):
            scope: int | None = node.scope
            while scope is not None:
                found[scope].append(index)
                scope = self.network.scopes[scope].parent
        return [tuple(nodes) for nodes in found]

    @cached_property
    def channel_axes(self) -> tuple[int, ...]:
        """The channel axis of each node's output: the first, unless layers have moved it."""
        found: list[int] = []
        for node in self.network.nodes:
            xs = self.network.input_types(node)
            found.append(node.op.channel_axis(found[node.inputs[0].node], xs[0], node.types[0]) if xs else 0)
        return tuple(found)

    @cached_property
    def shared(self) -> frozenset[int]:
        """The first uses of the layers of modules that are used several times."""
        return frozenset(node.shared for node in self.network.nodes if node.shared is not None)

    @cached_property
    def tokens(self) -> frozenset[int]:
        """The nodes that make tokens: one axis before the features, where a signal has one after the channels."""
        nodes = enumerate(self.network.nodes)
        return frozenset(
            i for i, node in nodes if self.channel_axes[i] == 1 and all(len(type.dims) == 2 for type in node.types)
        )

    def of(self, scope: int, fold: bool) -> tuple[FigurePiece, ...]:
        """The pieces of a scope in execution order."""
        if (scope, fold) not in self._pieces:
            self._pieces[scope, fold] = self._cut(scope, fold)
        return self._pieces[scope, fold]

    def _cut(self, scope: int, fold: bool) -> tuple[FigurePiece, ...]:
        turns = [t for chain in _chains(self.network.scopes[scope].body) for t in self._chain(chain, scope, fold)]
        pieces = [piece for turn in turns for piece in turn]
        if scope == 0:
            known = {n for piece in pieces for n in piece.nodes}
            pieces += [FigurePiece((r.node,)) for r in self.network.inputs if r.node not in known]
        pieces = self.ordered(self._with_shared(pieces))
        return tuple(self._folded([(piece,) for piece in pieces], calls=True)) if fold else tuple(pieces)

    def ordered(self, pieces: Iterable[FigurePiece]) -> list[FigurePiece]:
        """Pieces with each after those that it reads: the order of execution, unless shared modules prevent that."""
        found = sorted(pieces, key=lambda piece: piece.first)
        return self._in_order(found) or found if any(piece.shared for piece in found) else found

    def _in_order(self, pieces: list[FigurePiece]) -> list[FigurePiece] | None:
        """The pieces, each after those that it reads; None if there is a cycle."""
        owner = {n: i for i, piece in enumerate(pieces) for n in piece.nodes}
        read = [
            {j for n in p.nodes for r in self.network.nodes[n].inputs if (j := owner.get(r.node, i)) != i}
            for i, p in enumerate(pieces)
        ]
        done: dict[int, None] = {}
        while len(done) < len(pieces):
            ready = next((i for i, before in enumerate(read) if i not in done and before <= done.keys()), None)
            if ready is None:
                return None
            done[ready] = None
        return [pieces[i] for i in done]

    def _with_shared(self, pieces: list[FigurePiece]) -> list[FigurePiece]:
        """The pieces with the uses of each shared module merged, unless one use depends on another."""
        groups: dict[tuple[bool, int], list[FigurePiece]] = {}
        for piece in pieces:
            groups.setdefault(self._module_of(piece), []).append(piece)
        for uses in groups.values():
            if self._is_one_module(uses):
                columns = tuple(zip(*(use.nodes for use in uses), strict=True))
                nodes = tuple(sorted(n for use in uses for n in use.nodes))
                merged = FigurePiece(nodes, None, (uses[0],), columns, shared=True)
                rest = [merged, *(piece for piece in pieces if piece not in uses)]
                pieces = rest if self._in_order(rest) is not None else pieces
        return pieces

    def _is_one_module(self, uses: Sequence[FigurePiece]) -> bool:
        """Whether several uses can be drawn as one: they are alike, and none reads the output of another."""
        if len(uses) < 2 or len({len(use.nodes) for use in uses}) > 1 or self.mixes(uses[0].nodes):
            return False
        every = {n for use in uses for n in use.nodes}
        read = ({r.node for n in use.nodes for r in self.network.nodes[n].inputs} - {*use.nodes} for use in uses)
        return all(every.isdisjoint(nodes) for nodes in read)

    def _module_of(self, piece: FigurePiece) -> tuple[bool, int]:
        """The identity of the module of a piece: whether it is a scope, and the number of its first use."""
        if piece.scope is not None:
            shared = self.network.scopes[piece.scope].shared
            return True, piece.scope if shared is None else shared
        node = self.network.nodes[piece.first]
        return False, piece.first if node.shared is None or not node.path or piece.turns else node.shared

    def mixes(self, nodes: Iterable[int]) -> bool:
        """Whether some of these nodes are new or gone and others are not, so that they cannot share a box."""
        found = {self.changes.get(n, "") for n in nodes}
        return len(found) > 1 and not found.isdisjoint(("new", "gone"))

    def change(self, nodes: Iterable[int]) -> Changed:
        """The change that a diff marks on nodes together."""
        found = {self.changes.get(n, "") for n in nodes}
        return found.pop() if len(found) == 1 else "changed" if found else ""

    def _chain(self, chain: ItemChain, scope: int, fold: bool) -> Iterator[tuple[FigurePiece, ...]]:
        for item in chain.items:
            yield from self._item(item, scope, fold)

    def _item(self, item: Item, scope: int, fold: bool) -> Iterator[tuple[FigurePiece, ...]]:
        match item:
            case LayerItem():
                yield (FigurePiece((item.node,)),)
            case CallItem():
                yield self._module(item.scope)
            case GroupItem() if item.scope is not None:
                yield self._module(item.scope)
            case GroupItem() | Choice():
                yield from self._chain(item.chain, scope, fold)
            case Loop() if item.scope is not None and item.scope != scope:
                yield self._module(item.scope)
            case Loop():
                turns = [
                    tuple(p for part in self._chain(turn.chain, scope, fold) for p in part) for turn in item.iterations
                ]
                turns = [turn for turn in turns if turn]
                folds = fold and item.form == "repeat" and not item.every
                yield tuple(self._folded(turns, calls=False)) if folds else tuple(p for turn in turns for p in turn)
            case MergeItem():
                for branch in item.branches:
                    yield from self._chain(branch, scope, fold)
                if item.node is not None:
                    yield (FigurePiece((item.node,)),)

    def _module(self, scope: int) -> tuple[FigurePiece, ...]:
        nodes = self.members[scope]
        return (FigurePiece(nodes, scope),) if nodes else ()

    # -- folding ------------------------------------------------------------------------------------------------------

    def _folded(self, turns: list[tuple[FigurePiece, ...]], calls: bool) -> Iterator[FigurePiece]:
        """The turns, with consecutive equal ones folded; with `calls`, only turns of a single block call are."""
        at = 0
        while at < len(turns):
            count = 1
            if not calls or self._is_call(turns[at]):
                while at + count < len(turns) and self._alike(turns[at + count - 1], turns[at + count]):
                    if calls and not self._is_passed_on(turns[at + count - 1], turns[at + count]):
                        break
                    count += 1
                count = self._uniform(turns[at : at + count])
                folded = [n for turn in turns[at : at + count] for p in turn for n in p.nodes]
                if not self._is_call(turns[at]) and not self.has_one_way(folded):
                    count = 1  # a frame has one line in and one out
            if count > 1:
                each = [sorted(n for p in turn for n in p.nodes) for turn in turns[at : at + count]]
                columns = tuple(zip(*each, strict=True))
                yield FigurePiece(tuple(sorted(n for nodes in each for n in nodes)), None, turns[at], columns)
            else:
                yield from turns[at]
            at += count

    def _is_call(self, turn: tuple[FigurePiece, ...]) -> bool:
        piece = turn[0]
        return len(turn) == 1 and piece.scope is not None and self.network.scopes[piece.scope].kind == "block"

    def _is_passed_on(self, one: tuple[FigurePiece, ...], other: tuple[FigurePiece, ...]) -> bool:
        """Whether a block call that reads several tensors reads the outputs of the previous call in order."""
        scopes = self.network.scopes
        start, end = one[0].scope, other[0].scope
        assert start is not None and end is not None
        taken = tuple(dict.fromkeys(scopes[end].inputs))
        return len(taken) < 2 or taken == scopes[start].outputs

    def _alike(self, one: tuple[FigurePiece, ...], other: tuple[FigurePiece, ...]) -> bool:
        """Whether two turns are equal, the second reads only the first, and nothing else reads the first."""
        first = [n for p in one for n in p.nodes]
        second = [n for p in other for n in p.nodes]
        if len(first) != len(second) or not self.unfolded.isdisjoint((*first, *second)):
            return False
        here, there = set(first), set(second)
        if any(r.node not in there and r.node not in here for n in second for r in self.network.nodes[n].inputs):
            return False
        if any(reader not in here and reader not in there for n in first for reader in self.readers[n]):
            return False
        return self.signature(first) == self.signature(second)

    def _uniform(self, turns: Sequence[tuple[FigurePiece, ...]]) -> int:
        """The number of leading turns in which each layer is always of the same module, or always of another.

        In the latter case, either all of these modules or none are used several times, here for the first time or not.
        """
        if not self.shared:
            return len(turns)
        each = (sorted(n for p in turn for n in p.nodes) for turn in turns)
        return min(map(self._uniform_layers, zip(*each, strict=True)))

    def _uniform_layers(self, column: Sequence[int]) -> int:
        modules = [first_use(self.network, n) for n in column]
        if len({*modules[:2]}) == 1:
            return next((i for i, one in enumerate(modules) if one != modules[0]), len(column))
        kinds = [(one in self.shared, one == n) for one, n in zip(modules, column, strict=True)]
        seen = set[int]()
        for i, one in enumerate(modules):
            if one in seen or kinds[i] != kinds[0]:
                return i
            seen.add(one)
        return len(column)

    def recurring(self, piece: FigurePiece) -> frozenset[int]:
        """The nodes of the first of folded turns whose modules the other turns use again."""
        columns = () if piece.shared else piece.columns
        return frozenset(one for one, other, *_ in columns if one == first_use(self.network, other))

    def alternates(self, piece: FigurePiece, repeat: int) -> bool:
        """Whether the modules of folded turns follow each other several times, in `repeat` turns of a fold in each."""
        modules = {first_use(self.network, n) for n in piece.nodes}
        return bool(self.recurring(piece)) and len(modules) * repeat > len(piece.nodes)

    def has_one_way(self, nodes: Iterable[int]) -> bool:
        """Whether nodes together read at most one tensor from outside, and at most one of them is read outside.

        A node without readers counts as read outside: its line would seem to leave the frame.
        """
        inside = set(nodes)
        read = {r for n in inside for r in self.network.nodes[n].inputs if r.node not in inside}
        given = {n for n in inside if n in self.results or not inside.issuperset(self.readers[n] or (-1,))}
        return len(read) <= 1 and len(given) <= 1

    def edges(self, groups: Sequence[tuple[int, ...]]) -> tuple[Edge, ...]:
        """The edges between groups of nodes, by their numbers, and those from and to the outside."""
        owner = {n: i for i, nodes in enumerate(groups) for n in nodes}
        found: dict[Edge, None] = {}
        for i, nodes in enumerate(groups):
            for n in nodes:
                for ref in self.network.nodes[n].inputs:
                    j = owner.get(ref.node, ENTRY)
                    if j != i:
                        found[Edge(j, i)] = None
                if n in self.results or any(r not in owner for r in self.readers[n]):
                    found[Edge(i, EXIT)] = None
        return tuple(sorted(found, key=lambda e: (e.start, e.end)))

    def leaving(self, nodes: Iterable[int]) -> tuple[TensorType, ...]:
        """The types, each once, of the tensors of nodes that are read outside or returned, the last made first."""
        inside = set(nodes)
        outside = {reader for n in inside for reader in self.readers[n]} - inside
        given = {r for n in outside for r in self.network.nodes[n].inputs if r.node in inside}
        given |= {r for r in (*self.network.outputs, *self.network.training_outputs) if r.node in inside}
        refs = sorted(given, key=lambda ref: (-ref.node, ref.out)) or [Ref(max(inside), 0)]
        return tuple(dict.fromkeys(map(self.network.type_of, refs)))

    def made(self, node: int, inside: Container[int]) -> tuple[TensorType, ...]:
        """The types that a node makes, or those of the outermost module around it that is `inside` and has several."""
        made = self.network.nodes[node].types
        scope: int | None = self.network.nodes[node].scope
        while scope is not None and all(n in inside for n in self.members[scope]):
            outputs = self.network.scopes[scope].outputs
            made = tuple(map(self.network.type_of, outputs)) if len(outputs) > 1 else made
            scope = self.network.scopes[scope].parent
        return made

    def signature(self, nodes: Iterable[int]) -> tuple[tuple[str, Op, Wires, str | None, bool, Changed], ...]:
        """A key, equal for sets of nodes that look alike: layers, arguments, wiring, blocks, freezing, changes."""
        order = sorted(nodes)
        place = {n: i for i, n in enumerate(order)}
        outside: dict[Ref, int] = {}
        found = []
        for n in order:
            node = self.network.nodes[n]
            wires = tuple(
                (place[r.node], r.out) if r.node in place else (-1 - outside.setdefault(r, len(outside)), 0)
                for r in node.inputs
            )
            definition = self.network.scopes[node.scope].definition
            found.append((node.op.kind(), node.op, wires, definition, node.frozen, self.changes.get(n, "")))
        return tuple(found)


def _chains(body: Iterable[Statement]) -> Iterator[ItemChain]:
    """The chains of a body, without those repeated for training."""
    for statement in body:
        match statement:
            case TensorAssignment():
                yield statement.chain
            case TakenBranch():
                yield from _chains(statement.body)
            case _:
                yield from getattr(statement, "chains", ())
