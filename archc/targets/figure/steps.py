"""The steps that stages consist of: a graph without frames, cut into layers, blocks and forks of one size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from archc.ir.types import TensorType
from archc.support.record import Record
from archc.targets.figure.figure import ENTRY, EXIT, Box, Edge, FigureFrame, Graph, Kind, Part, Pass
from archc.targets.figure.inner import LONGEST_NAME, Inner
from archc.targets.figure.operands import is_ordered
from archc.targets.figure.pieces import Structure
from archc.targets.figure.split import Element, Fork, Tangle, split

Ways: TypeAlias = set[tuple[int, int]]


_PREVAILING: tuple[Kind, ...] = ("block", "conv", "attention", "linear", "pool")
"""The kinds of layers that a slab for several is drawn as, the first that is among them."""


class Step(Record):
    """A slab, or part of one: boxes, the names shown for them, the type that they make, the frame around them.

    `outputs`: names of the network's outputs that it makes. `inside`: the kernels on the longest path of its block.
    `more`: other types that it makes. `slices`: its layers one by one. `passes`: the paths past the layers of repeats
    that are drawn once.
    """

    boxes: tuple[Box, ...]
    names: tuple[str, ...]
    out: TensorType
    frame: str
    outputs: tuple[str, ...] = ()
    inside: str = ""
    more: tuple[TensorType, ...] = ()
    slices: tuple[tuple[Kind, tuple[int, ...]], ...] = ()
    passes: frozenset[Pass] = frozenset()

    @property
    def kind(self) -> Kind:
        """The kind that its slab is drawn as."""
        kinds = [box.kind for box in self.boxes]
        return next((kind for kind in _PREVAILING if kind in kinds), kinds[-1])

    @property
    def added(self) -> bool:
        """Whether an edit inserted all of it."""
        return all(box.added for box in self.boxes)

    @property
    def is_map(self) -> bool:
        """Whether its output has more than one position."""
        return self.out.places > 1

    @property
    def is_shape(self) -> bool:
        """Whether it only turns an image into a vector, without a normalisation or activation after it."""
        return self.kind == "shape" and len(self.out.dims) == 1 and not any(box.notes for box in self.boxes)


class Flat:
    """A graph whose only frames are those around repeats, each part with the path of the frame that it was in.

    Marks of outputs become names of the parts that make these outputs.
    """

    def __init__(self, structure: Structure, graph: Graph) -> None:
        self.structure = structure
        self.inner = Inner(structure)
        self.parts: list[tuple[Box | FigureFrame, str]] = []
        self.outputs: dict[int, list[str]] = {}
        ways, _ = self._read(graph, "")
        marks = {b for a, b in ways if a >= 0 and b >= 0 and not self.nodes(b)}
        several = Counter(a for a, b in ways if b in marks)
        for a, b in sorted(ways):
            if b in marks:
                part = self.parts[b][0]
                assert isinstance(part, Box)
                size, *notes = part.notes
                name = f"{part.title}: {size}" if several[a] > 1 else part.title
                self.outputs.setdefault(a, []).extend([", ".join((name, *notes))] if part.title != "out" else [])
        place = {old: new for new, old in enumerate(i for i in range(len(self.parts)) if i not in marks)}
        place |= {ENTRY: ENTRY, EXIT: EXIT}
        leaving = {a: EXIT for a, b in ways if b in marks and (b, EXIT) in ways}
        ways = {(a, b) for a, b in ways if not {a, b} & marks} | set(leaving.items())
        self.parts = [part for i, part in enumerate(self.parts) if i not in marks]
        self.outputs = {place[a]: names for a, names in self.outputs.items()}
        self.graph = Graph(
            tuple(part for part, _ in self.parts),
            tuple(Edge(place[a], place[b]) for a, b in sorted(ways)),
        )

    def nodes(self, part: int) -> tuple[int, ...]:
        """The nodes of a part."""
        found = self.parts[part][0]
        return found.nodes if isinstance(found, Box) else tuple(n for b in found.graph.boxes() for n in b.nodes)

    def _read(self, graph: Graph, frame: str) -> tuple[Ways, list[tuple[list[int], list[int]]]]:
        """The edges of a graph between numbers in `parts`; for each of its parts, the first and last ones inside it."""
        own: list[tuple[list[int], list[int]]] = []
        ways: Ways = set()
        for part in graph.parts:
            if isinstance(part, FigureFrame) and part.repeat == 1:
                inner, _ = self._read(part.graph, part.path or frame)
                own.append((sorted(b for a, b in inner if a == ENTRY), sorted(a for a, b in inner if b == EXIT)))
                ways |= {(a, b) for a, b in inner if a != ENTRY and b != EXIT}
            elif isinstance(part, Box | FigureFrame):
                own.append(([len(self.parts)], [len(self.parts)]))
                self.parts.append((part, frame))
        for e in graph.edges:
            starts = [ENTRY] if e.start == ENTRY else own[e.start][1]
            ends = [EXIT] if e.end == EXIT else own[e.end][0]
            ways |= {(a, b) for a in starts for b in ends}
        return ways, own

    def out(self, part: int) -> TensorType:
        """The type that a part makes, the last of several."""
        nodes = self.nodes(part)
        if nodes:
            return self.structure.leaving(nodes)[0]
        (mark, _) = self.parts[part]
        assert isinstance(mark, Box)
        return TensorType.model_construct(dims=tuple(map(int, mark.notes[0].split("×"))))


class Steps:
    """Cuts a flat graph into steps."""

    def __init__(self, flat: Flat, alone: bool) -> None:
        self.flat, self.alone = flat, alone
        self.steps: list[Step] = []
        self.owner: dict[int, int] = {ENTRY: ENTRY, EXIT: EXIT}

    def made(self) -> tuple[list[Step], Ways]:
        """The steps and the edges between them."""
        structure = split(self.flat.graph)
        sides = [element for chains in structure.sides.values() for chain in chains for element in chain]
        for element in (*structure.main, *sides):
            self._element(element)
        ways = {(self.owner[e.start], self.owner[e.end]) for e in self.flat.graph.edges}
        return self.steps, {(a, b) for a, b in ways if a != b}

    def _element(self, element: Element) -> None:
        match element:
            case int():
                self._add([element], _names(self.flat.parts[element][0]))
            case Tangle() if not self.alone and self._one_size(element.parts) and self._can_join(element.parts):
                self._add(element.parts, (self._counted(f"{len(element.parts)} layers", element.parts),))
            case Tangle():
                for part in element.parts:
                    self._element(part)
            case Fork(merge=int() as merge) if not self.alone and self._is_one(element):
                self._add(sorted(_members(element)), (self._branches(element), *_names(self.flat.parts[merge][0])))
            case Fork():
                for branch in element.branches:
                    for inner in branch:
                        self._element(inner)
                if element.merge is not None:
                    self._element(element.merge)

    def _add(self, parts: Sequence[int], names: tuple[str, ...]) -> None:
        boxes = [box for i in parts for box in Graph((self.flat.parts[i][0],), ()).boxes()]
        outputs = tuple(name for i in parts for name in self.flat.outputs.get(i, ()))
        self.owner |= dict.fromkeys(parts, len(self.steps))
        frame = self.flat.parts[parts[-1]][1]
        inside = self.flat.inner.kernels(boxes[0]) if len(boxes) == 1 else ""
        out = self.flat.out(parts[-1])
        repeats = [part.graph for i in parts if isinstance(part := self.flat.parts[i][0], FigureFrame)]
        passes = frozenset(one for graph in repeats for one in self.flat.inner.passing(graph))
        more = more_of(self.flat.structure, boxes, out)
        self.steps.append(Step(tuple(boxes), names, out, frame, outputs, inside, more, passes=passes))

    def _can_join(self, parts: Sequence[int]) -> bool:
        """Whether no part is an input or a layer whose operands have an order."""
        nodes = [self.flat.structure.network.nodes[n] for part in parts for n in self.flat.nodes(part)]
        return not any(node.op.family == "input" or is_ordered(node) for node in nodes)

    def _one_size(self, parts: Sequence[int]) -> bool:
        outs = [self.flat.out(part) for part in parts]
        return all(out.axes for out in outs) and len({out.dims[1:] for out in outs}) == 1

    def _is_one(self, fork: Fork) -> bool:
        """Whether branches and their merge are one step: of one resolution, or a gate."""
        merge = self.flat.parts[fork.merge][0] if fork.merge is not None else None
        gate = fork.direct and isinstance(merge, Box) and merge.merge == "mul"
        return (gate or self._one_size(_members(fork))) and self._can_join(_members(fork))

    def _branches(self, fork: Fork) -> str:
        """The contents of the branches, `Conv 3×3 - Conv 3×3 | in`, or their number."""
        told = [" - ".join(n for i in _inside(chain) for n in _names(self.flat.parts[i][0])) for chain in fork.branches]
        told += ["in"] * fork.direct
        joined = " | ".join(told)
        return joined if len(joined) <= LONGEST_NAME else self._counted(f"{len(told)} branches", _members(fork))

    def _counted(self, what: str, parts: Sequence[int]) -> str:
        """A number of branches or layers, and the blocks among them, `2 branches, Unit ×4`, unless these are many."""
        count = Counter[str]()
        for title, times in _blocks(self.flat.parts[i][0] for i in parts):
            count[title] += times
        told = ", ".join((what, *(f"{name} ×{times}" if times > 1 else name for name, times in count.items())))
        return told if len(told) <= LONGEST_NAME else what


def _blocks(parts: Iterable[Part]) -> Iterator[tuple[str, int]]:
    """The title of each block among parts, and how often it runs."""
    for part in parts:
        if isinstance(part, FigureFrame):
            yield from ((title, times * part.repeat) for title, times in _blocks(part.graph.parts))
        elif isinstance(part, Box) and part.kind == "block":
            yield part.title, part.repeat


def more_of(structure: Structure, boxes: Iterable[Box], out: TensorType) -> tuple[TensorType, ...]:
    """The types other than `out` that boxes make for others, and `out` again for each further tensor of one result."""
    nodes = {n for box in boxes for n in box.nodes}
    if not nodes:
        return ()
    again = structure.made(max(nodes), nodes).count(out) - 1
    return (out,) * again + tuple(type for type in structure.leaving(nodes) if type != out)


def _inside(chain: Iterable[Element]) -> Iterator[int]:
    """The parts of a chain of elements."""
    for element in chain:
        if isinstance(element, int):
            yield element
        elif isinstance(element, Tangle):
            yield from element.parts
        else:
            yield from _members(element)


def _members(fork: Fork) -> list[int]:
    """The parts of a fork, and its merge."""
    inside = [part for branch in fork.branches for part in _inside(branch)]
    return inside + ([fork.merge] if fork.merge is not None else [])


def _names(part: Box | FigureFrame) -> tuple[str, ...]:
    """The short names of a part."""
    if isinstance(part, FigureFrame):
        inner = " - ".join(name for box in part.graph.boxes() for name in _names(box))
        count = sum(1 for _ in part.graph.boxes())
        return (f"({inner if len(inner) <= LONGEST_NAME else f'{count} layers'}) ×{part.repeat}",)
    first, *more = part.title.split(", ")
    told = ("/", "depthwise", "g=", "d=") if part.kind in ("conv", "linear") else ("",)
    name = ", ".join([first, *(word for word in more if word.startswith(told))])
    return (name + (f" ×{part.repeat}" if part.repeat > 1 else ""),)
