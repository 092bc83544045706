"""From a network to the boxes and frames of the block and layer levels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from os.path import commonprefix

from archc.ir.network import Network, Node, Scope
from archc.support.record import Record, field, replace
from archc.targets.figure.ends import marked
from archc.targets.figure.figure import Box, Broken, FigureFrame, Frozen, Graph, Slab
from archc.targets.figure.labels import kind_of
from archc.targets.figure.marks import Marks, has_weights, wholly
from archc.targets.figure.pieces import FigurePiece, Structure
from archc.targets.figure.wording import argument, dims, ending, sizes, title, together

LIGHT = frozenset({"norm", "activation", "regularization"})
"""The families that are drawn as small notes in the box of a neighbouring layer."""

Words = Mapping[int, Mapping[str, str]]
"""For nodes, texts that replace the values of their arguments."""
Same = Mapping[int, tuple[int, ...]]
"""For drawn nodes, all nodes that they represent, themselves included; a missing node represents itself."""


def unnamed(around: str, node: Node, index: int) -> str:
    """The name that a figure gives to a layer without one, in the module `around`."""
    return f"{around}.{node.op.kind().lower()}-{index}".lstrip(".")


class Builder(Record):
    """Makes the graph of a scope. `fold`: with repeats folded and layers joined (the block level), or everything.

    `same`: the nodes that each drawn node stands for; the text of its box holds for all of them. `words`: texts for
    arguments that differ between them. `looks`: the names of the looks of blocks, by scope; nothing for a block with
    one look. `told`: the names of arguments that the box of a block shows, line by line. `again`: the drawn nodes
    whose modules are used again in later turns of a fold.
    """

    structure: Structure
    fold: bool
    marks: Marks = Marks()
    same: Same = field(default_factory=dict)
    words: Words = field(default_factory=dict)
    looks: Callable[[int], str] = lambda _: ""
    told: Callable[[int], tuple[tuple[str, ...], ...]] = lambda _: ()
    again: frozenset[int] = frozenset()
    shapes: bool = True
    within: bool = False
    """Whether this is the inside of a block: modules in it that only group layers get no frame."""

    @property
    def network(self) -> Network:
        """The network."""
        return self.structure.network

    def graph(self, scope: int) -> Graph:
        """The graph of a scope."""
        return self._graph(self._spliced(self.structure.of(scope, self.fold)))

    def whole(self, scope: int) -> Graph:
        """The graph of a scope with a mark for each input tensor and each output."""
        pieces = self._spliced(self.structure.of(scope, self.fold))
        return marked(self.structure, self._graph(pieces), self._nodes(pieces), scope, self.shapes)

    def stands_for(self, node: int) -> tuple[int, ...]:
        """The nodes that one represents, itself first."""
        return self.same.get(node, (node,))

    def _spliced(self, pieces: Iterable[FigurePiece]) -> list[FigurePiece]:
        """The pieces, with each module that gets no frame replaced by its own pieces.

        These are the groups inside a block, and any module that reads several tensors or is read in several places: a
        frame has one line in and one out.
        """
        found: list[FigurePiece] = []
        for piece in pieces:
            if piece.scope is None or self._is_box(piece, piece.scope):
                found.append(piece)
                continue
            group = self.within and self.network.scopes[piece.scope].kind == "group"
            if group or not self.structure.has_one_way(piece.nodes):
                found += self._spliced(self.structure.of(piece.scope, self.fold))
            else:
                found.append(piece)
        return self.structure.ordered(found)

    def _is_box(self, piece: FigurePiece, scope: int) -> bool:
        """Whether a module is drawn as one box."""
        here = self.network.scopes[scope]
        if not self.fold or self.marks.opens(here.path):
            return False
        return self.is_step(piece.nodes) or (here.kind == "block" and not self._only_repeats(scope))

    def _graph(self, pieces: Sequence[FigurePiece]) -> Graph:
        steps = self._steps(pieces)
        nodes = [tuple(sorted(n for piece in step for n in piece.nodes)) for step in steps]
        parts = tuple(self._part(step, members) for step, members in zip(steps, nodes, strict=True))
        return Graph(parts, self.structure.edges(nodes))

    def _nodes(self, pieces: Sequence[FigurePiece]) -> list[tuple[int, ...]]:
        """The nodes of each part of the graph of pieces."""
        return [tuple(sorted(n for piece in step for n in piece.nodes)) for step in self._steps(pieces)]

    # -- steps: pieces that share a box -------------------------------------------------------------------------------

    def _steps(self, pieces: Sequence[FigurePiece]) -> list[list[FigurePiece]]:
        """Group pieces that are drawn together: a layer with its light neighbours, implicit ones with their layer."""
        steps: list[list[FigurePiece]] = []
        for piece in pieces:
            if steps and self._joins(steps[-1], piece):
                steps[-1].append(piece)
            else:
                steps.append([piece])
        return steps

    def _joins(self, step: list[FigurePiece], piece: FigurePiece) -> bool:
        nodes = self.network.nodes
        last = step[-1]
        if any(p.scope is not None or p.turns for p in (last, piece)) or not self._follows(last, piece):
            return False
        node = nodes[piece.first]
        if self.structure.mixes((last.first, piece.first)):
            return False
        if nodes[last.first].implicit and nodes[last.first].op.family != "input":
            return True
        if not self.fold:
            return False
        if node.op.family in LIGHT:
            return nodes[step[0].first].op.family != "input" and not self._only_reshapes(p.first for p in step)
        heavy = [p for p in step if nodes[p.first].op.family not in LIGHT]
        return not heavy and node.op.merge is None and not self._only_reshapes([piece.first])

    def _only_reshapes(self, nodes: Iterable[int]) -> bool:
        """Whether the heavy layer among nodes is a reshape of the spec, which light layers do not share a box with.

        A box in the colour of a reshape would hide that a normalisation computes.
        """
        heavy = [self.network.nodes[n] for n in nodes if self._heavy(n) and not self.network.nodes[n].implicit]
        return any(node.op.family == "shape" for node in heavy)

    def _follows(self, last: FigurePiece, piece: FigurePiece) -> bool:
        """Whether a layer reads only the one before it, and is its only reader."""
        return self._only(last.nodes[-1], piece.first)

    def _only(self, node: int, reader: int) -> bool:
        """Whether a layer is the only reader of another, and reads nothing else."""
        inputs = [r.node for r in self.network.nodes[reader].inputs]
        return inputs == [node] and self.structure.readers[node] == [reader] and node not in self.structure.results

    # -- parts --------------------------------------------------------------------------------------------------------

    def _part(self, step: list[FigurePiece], nodes: tuple[int, ...]) -> Box | FigureFrame:
        piece = step[0]
        if piece.turns is not None:
            return self._turns(piece)
        if piece.scope is not None:
            return self._module(piece, piece.scope)
        path = next((p for n in nodes if (p := self.network.nodes[n].path) and self._heavy(n)), "")
        return self._box(nodes, path or next((p for n in nodes if (p := self.network.nodes[n].path)), ""))

    def _heavy(self, node: int) -> bool:
        return self.network.nodes[node].op.family not in LIGHT

    def _turns(self, piece: FigurePiece) -> Box | FigureFrame:
        """Folded turns: one box with a count, or a frame with a count around several."""
        assert piece.turns is not None
        cold = self.marks.cold(piece.nodes)
        columns = {of[0]: tuple(m for n in of for m in self.stands_for(n)) for of in piece.columns}
        again = self.again | self.structure.recurring(piece)
        within = replace(self._within(cold), same={**self.same, **columns}, again=again)
        inner = within._graph(within._spliced(piece.turns))
        uses = (f"{piece.uses} uses",) if piece.shared else ()
        part = inner.parts[0]
        assert not isinstance(part, Slab)
        repeat = part.repeat * piece.repeat
        if len(inner.parts) != 1 or (part.repeat > 1 and self.structure.alternates(piece, repeat)):
            return FigureFrame("", ", ".join(uses), inner, piece.repeat, frozen=wholly(cold))
        if isinstance(part, FigureFrame):
            label = ", ".join(filter(None, (part.label, *uses)))
            return replace(part, label=label, repeat=repeat, frozen=wholly(cold))
        named = part.kind == "block" and not piece.shared
        notes = (*self._names(piece), *part.notes) if named else (*part.notes, *uses)
        marked = any(self.marks.marks(self.network.nodes[n].path) for n in piece.nodes)
        shape = self._shape(piece.nodes, piece.columns[-1] if piece.shared else ())
        return replace(
            part,
            repeat=repeat,
            notes=notes,
            shape=shape,
            marked=part.marked or marked,
            frozen=cold,
            dimmed=self.marks.dim or cold == "wholly",
        )

    def _within(self, cold: Frozen) -> Builder:
        """The builder of the content of a frame. If all of it is frozen, only the frame says so."""
        return replace(self, marks=replace(self.marks, frozen={}, dim=True)) if cold == "wholly" else self

    def _names(self, piece: FigurePiece) -> tuple[str, ...]:
        """The common name of folded modules: `denselayer1–6`; empty if they only have numbers."""
        if piece.turns is None or (one := piece.turns[0].scope) is None:  # the turns are folds themselves
            return ()
        names = [self.network.scopes[s].name for s in self._beside(piece.columns[0], one)]
        if self.within or names[0].isdigit() or len(set(names)) == 1:
            return ()
        same = len(commonprefix((names[0], names[-1])).rstrip("0123456789"))
        return (f"{names[0]}–{names[-1][same:]}",)

    def _beside(self, nodes: Iterable[int], scope: int) -> list[int]:
        """The scopes of these nodes at the same height as `scope` is for the first of them."""
        nodes = list(nodes)
        above, current = 0, self.network.nodes[nodes[0]].scope
        while current != scope:
            above, current = above + 1, self._parent(current)
        found = []
        for node in nodes:
            current = self.network.nodes[node].scope
            for _ in range(above):
                current = self._parent(current)
            found.append(current)
        return found

    def _parent(self, scope: int) -> int:
        parent = self.network.scopes[scope].parent
        assert parent is not None
        return parent

    def _module(self, piece: FigurePiece, scope: int) -> Box | FigureFrame:
        here = self.network.scopes[scope]
        if self._is_box(piece, scope):
            return self._box(piece.nodes, here.path) if self.is_step(piece.nodes) else self._block(piece, scope)
        cold = self.marks.cold(piece.nodes)
        graph = self._within(cold).graph(scope)
        name = self._name(piece, scope, ending)
        if here.definition and name.replace(".", "").isdecimal():  # a number alone says nothing
            name = f"{here.definition} {name}"
        label = ", ".join(filter(None, (name, *self._again(piece.nodes))))
        if self.fold and len(graph.parts) == 1:
            part = graph.parts[0]
            if isinstance(part, Box):
                return replace(
                    part,
                    path=here.path,
                    notes=(name, *part.notes) if name else part.notes,
                    above=part.above + bool(name),
                    frozen=cold,
                    dimmed=self.marks.dim or cold == "wholly",
                )
            assert isinstance(part, FigureFrame)
            return replace(part, label=label, frozen=wholly(cold))
        return FigureFrame(here.path, label, graph, marked=here.path in self.marks.highlight, frozen=wholly(cold))

    def _name(self, piece: FigurePiece, scope: int, short: Callable[[str], str]) -> str:
        """The name of a module in all its places; empty if it has different names."""
        around = self._beside(self.stands_for(piece.first), scope)
        names = {short(self.network.scopes[s].path) for s in around}
        return names.pop() if len(names) == 1 else ""

    def is_step(self, nodes: Sequence[int]) -> bool:
        """Whether nodes are a chain with at most one layer that is not light, so that one box can show it."""
        if sum(map(self._heavy, nodes)) > 1 or self.structure.mixes(nodes):
            return False
        if len(nodes) > 1 and self._only_reshapes(nodes):
            return False
        chain = all(self._only(a, b) for a, b in zip(nodes, nodes[1:], strict=False))
        return chain and len(self.network.nodes[nodes[0]].inputs) == 1

    def _only_repeats(self, scope: int) -> bool:
        """Whether a block only repeats blocks of one kind, as a stage does."""
        pieces = self.structure.of(scope, fold=False)
        definitions = {self.network.scopes[p.scope].definition if p.scope is not None else None for p in pieces}
        return len(definitions) == 1 and None not in definitions

    def _block(self, piece: FigurePiece, scope: int) -> Box:
        here = self.network.scopes[scope]
        title = here.definition or here.name
        around = [self.network.scopes[s] for s in self._beside(self.stands_for(piece.first), scope)]
        name = around[0].name if len({s.name for s in around}) == 1 else ""
        notes = [name] if name and not name.isdigit() and name != title else []
        strides = sorted({a.value for s in around for a in s.arguments if a.name == "stride"}, key=str)
        if strides not in ([], [1], [None]):
            notes.append(f"stride {' or '.join(map(str, strides))}")
        notes += [line for names in self.told(scope) if (line := self._given(names, around))]
        every, cold = self._all(piece.nodes), self.marks.cold(piece.nodes)
        broken = self._broken(every)
        notes += (*self._again(piece.nodes), *_mistakes(broken))
        return Box(
            here.path,
            "block",
            " ".join(filter(None, (title, self.looks(scope)))),
            tuple(notes),
            shape=self._shape(piece.nodes),
            nodes=every,
            heat=self.marks.hot(every),
            marked=self.marks.marks(here.path) or any(p.startswith(here.path + ".") for p in self.marks.highlight),
            frozen=cold,
            added=self._added(every),
            change=self.structure.change(every),
            dimmed=self.marks.dim or cold == "wholly",
            scope=scope,
            broken=broken,
        )

    def _given(self, names: Iterable[str], scopes: Sequence[Scope]) -> str:
        """The values of a block's arguments in some instances, `kernel 5, expansion 3`; a switch or op is its name."""
        told = []
        for name in names:
            texts = [argument(a.name, a.value) for scope in scopes for a in scope.arguments if a.name == name]
            told.append(together(texts) if "" not in texts or not any(texts) else f"{name} in part")
        return ", ".join(filter(None, told))

    def _box(self, nodes: tuple[int, ...], path: str) -> Box:
        shown = [n for n in nodes if not self.network.nodes[n].implicit] or list(nodes)
        heavy = next((n for n in shown if self._heavy(n)), shown[0])
        node = self.network.nodes[heavy]
        at = shown.index(heavy)
        before, after = (self._listed(part) for part in (shown[:at], shown[at + 1 :]))
        kind = kind_of(node.op)
        again = self._again(nodes) if self.fold or not self._shares_around(nodes) else ()
        every, cold = self._all(nodes), self.marks.cold(nodes)
        broken = self._broken(every)
        notes = (*before, *after, *again, *_mistakes(broken))
        if kind == "input":
            notes = (dims(node.types[0]),)
        return Box(
            path or unnamed(self.network.scopes[node.scope].path, node, heavy),
            kind,
            self._title(heavy),
            notes,
            len(before),
            self._shape(nodes) if kind != "input" else "",
            every,
            merge=node.op.merge,
            heat=self.marks.hot(every),
            marked=any(self.marks.marks(self.network.nodes[n].path) for n in nodes) or self.marks.marks(path),
            frozen=cold,
            added=self._added(every),
            change=self.structure.change(every),
            dimmed=self.marks.dim or cold == "wholly",
            broken=broken,
        )

    def _added(self, every: Iterable[int]) -> bool:
        """Whether an edit inserted all of the nodes represented, wherever they are."""
        return all(self.network.nodes[n].added for n in every)

    def _broken(self, every: Iterable[int]) -> Broken:
        """The state of the nodes represented: an error, an unknown type, or neither."""
        if not self.network.partial:
            return ""
        found = [self.network.nodes[n] for n in every]
        if any(node.wrong for node in found):
            return "wrong"
        return "" if all(type.is_known for node in found for type in node.types) else "unknown"

    def _again(self, nodes: Sequence[int]) -> tuple[str, ...]:
        """The note about later uses of a shared module, one that has weights."""
        shared = [n for n in nodes if self.network.nodes[n].shared is not None or n in self.again]
        weighted = [n for n in nodes if shared and has_weights(self.network, self.network.nodes[n])]
        return ("same weights",) if weighted and {*weighted} <= {*shared} else ()

    def _shares_around(self, nodes: Iterable[int]) -> bool:
        """Whether the module around nodes is a later use of a shared one; its frame then says so."""
        return any(self.network.scopes[self.network.nodes[n].scope].shared is not None for n in nodes)

    def _title(self, node: int) -> str:
        return title([self.network.nodes[n].op for n in self.stands_for(node)], self.words.get(node))

    def _all(self, nodes: Iterable[int]) -> tuple[int, ...]:
        """All nodes represented, ascending."""
        return tuple(sorted({m for n in nodes for m in self.stands_for(n)}))

    def _listed(self, nodes: Sequence[int]) -> tuple[str, ...]:
        """Light layers in one note, `BN, ReLU`; no note without any."""
        return (", ".join(map(self._title, nodes)),) if nodes else ()

    def _shape(self, nodes: Sequence[int], last: Sequence[int] = ()) -> str:
        """The outputs of nodes or the `last`, unless equal to the input; folds: first and last; uses: all."""
        if not self.shapes:
            return ""
        last = last or self.stands_for(nodes[-1])
        inside = set(self._all(nodes))
        made = [self.structure.made(n, inside) for n in last]
        came = {self.network.type_of(r) for n in inside for r in self.network.nodes[n].inputs if r.node not in inside}
        if len(made[0]) == 1 and came == {types[0] for types in made}:
            return ""
        told = list(dict.fromkeys(sizes(types) for types in made))
        if all(self.network.nodes[n].shared is not None for n in last[1:]):
            return ", ".join(told)
        return told[0] if len(told) == 1 else f"{told[0]} … {told[-1]}"


def _mistakes(broken: Broken) -> tuple[str, ...]:
    """The note about errors in the nodes represented."""
    return ("mistake",) if broken == "wrong" else ()
