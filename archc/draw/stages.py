"""The stage level: a network as tensors, one for each stage, with every way between them.

A stage is a run of steps whose tensors have one size. Poolings and vectors are stages of their own. Branches of one
resolution that are merged again are one step; those that change it are drawn. Where a plain chain of convolutions,
poolings and full connections has few maps, as LeNet-5 has, every layer is a stage, drawn as in 1998.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from archc.draw.building import Builder, Marks
from archc.draw.figure import ENTRY, EXIT, FEW_MAPS, Box, Edge, Frame, Graph, Kind, Slab
from archc.draw.looks import Looks
from archc.draw.pieces import Structure
from archc.draw.split import Element, Fork, Tangle, split
from archc.network.types import TensorType

CLASSIC = frozenset({"input", "conv", "pool", "linear", "head"})
"""The kinds that a figure in the style of 1998 may have."""
ALONE = frozenset({"input", "pool", "head"})
"""The kinds that are a stage of their own."""
LONGEST_NAME = 30
"""Characters of the layers of branches; of longer ones their number is told."""

Ways: TypeAlias = set[tuple[int, int]]


@dataclass(frozen=True)
class _Step:
    """What becomes a slab or part of one: boxes, their names, the tensor that leaves them, the frame around them.

    `outputs`: names of the network's outputs that it makes. `inside`: the kernels on the main way of its block.
    `more`: other tensors that leave it, if they are of other sizes than `out`.
    """

    boxes: tuple[Box, ...]
    names: tuple[str, ...]
    out: TensorType
    frame: str
    outputs: tuple[str, ...] = ()
    inside: str = ""
    more: tuple[TensorType, ...] = ()

    @property
    def kind(self) -> Kind:
        """What the step is seen as."""
        kinds = [box.kind for box in self.boxes]
        return "block" if "block" in kinds else next((k for k in kinds if k in ("conv", "pool")), kinds[-1])

    @property
    def is_map(self) -> bool:
        """Whether an image larger than one place leaves it."""
        return self.out.is_image and self.out.dims[1:] != (1, 1)

    @property
    def is_shape(self) -> bool:
        """Whether it only makes a vector of an image."""
        return self.kind == "shape" and len(self.out.dims) == 1


def stages(structure: Structure, scope: int, marks: Marks) -> Graph:
    """The stages of a scope, and the ways between them."""
    flat = _Flat(structure, Builder(structure, True, marks).whole(scope))
    steps, ways = _Steps(flat).made()
    classic = _is_classic(steps, ways)
    if not classic:
        steps, ways = _joined(steps, ways, structure)
    slabs = [_slab(step, marks, classic, structure) for step in steps]
    order = sorted(range(len(slabs)), key=lambda i: (slabs[i].nodes or (-1,))[0])
    place = {old: new for new, old in enumerate(order)} | {ENTRY: ENTRY, EXIT: EXIT}
    edges = sorted((place[a], place[b]) for a, b in ways)
    return Graph(tuple(slabs[i] for i in order), tuple(Edge(a, b) for a, b in edges))


class _Flat:
    """A graph without frames but those around repeats, each part with the frame that it stood in.

    A mark of an output is a name of the part that makes it.
    """

    def __init__(self, structure: Structure, graph: Graph) -> None:
        self.structure = structure
        self.looks = Looks(structure)
        self.parts: list[tuple[Box | Frame, str]] = []
        self.outputs: dict[int, list[str]] = {}
        ways, _ = self._read(graph, "")
        marks = {b for a, b in ways if a >= 0 and b >= 0 and not self._nodes(b)}
        for a, b in ways:
            if b in marks:
                part = self.parts[b][0]
                assert isinstance(part, Box)
                self.outputs.setdefault(a, []).extend(
                    [", ".join((part.title, *part.notes[1:]))] if part.title != "out" else []
                )
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

    def _nodes(self, part: int) -> tuple[int, ...]:
        found = self.parts[part][0]
        return found.nodes if isinstance(found, Box) else tuple(n for b in found.graph.boxes() for n in b.nodes)

    def _read(self, graph: Graph, frame: str) -> tuple[Ways, list[tuple[list[int], list[int]]]]:
        """The ways of a graph between numbers in `parts`, and for each part those that it begins and ends with."""
        own: list[tuple[list[int], list[int]]] = []
        ways: Ways = set()
        for part in graph.parts:
            if isinstance(part, Frame) and part.repeat == 1:
                inner, _ = self._read(part.graph, part.path or frame)
                own.append((sorted(b for a, b in inner if a == ENTRY), sorted(a for a, b in inner if b == EXIT)))
                ways |= {(a, b) for a, b in inner if a != ENTRY and b != EXIT}
            elif isinstance(part, Box | Frame):
                own.append(([len(self.parts)], [len(self.parts)]))
                self.parts.append((part, frame))
        for e in graph.edges:
            starts = [ENTRY] if e.start == ENTRY else own[e.start][1]
            ends = [EXIT] if e.end == EXIT else own[e.end][0]
            ways |= {(a, b) for a in starts for b in ends}
        return ways, own

    def out(self, part: int) -> TensorType:
        """The tensor that leaves a part, the last of several."""
        nodes = self._nodes(part)
        if nodes:
            return self.structure.leaving(nodes)[0]
        (mark, _) = self.parts[part]
        assert isinstance(mark, Box)
        return TensorType.model_construct(dims=tuple(map(int, mark.notes[0].split("×"))))

    def inside(self, box: Box) -> str:
        """The kernels on the longest way through a block, `1×1, 3×3 g=32, 1×1`; nothing if they are many."""
        if box.scope is None:
            return ""
        graph = self.looks.graph(box.scope)
        chain = split(graph).main
        forks = [element for element in chain if isinstance(element, Fork)]
        if any(len(fork.branches) + fork.direct > 2 for fork in forks):
            return ""
        parts = [graph.parts[i] for i in _longest(chain)]
        words = [word for part in parts if isinstance(part, Box) and (word := _kernel(part))]
        told = ", ".join(words)
        plain = all(isinstance(part, Box) and part.kind not in ("linear", "head") for part in parts)
        return told if plain and len(told) <= LONGEST_NAME else ""


def _longest(chain: Iterable[Element]) -> Iterator[int]:
    """The parts on the longest way through a chain of elements."""
    for element in chain:
        match element:
            case int():
                yield element
            case Fork():
                yield from max((list(_longest(branch)) for branch in element.branches), key=len)


def _kernel(box: Box) -> str:
    """A convolution in the fewest words, `3×3 g=32`; a block by its name, anything else not at all."""
    times = f" ×{box.repeat}" if box.repeat > 1 else ""
    if box.kind == "block":
        return box.title + times
    first, *more = box.title.split(", ")
    if box.kind != "conv":
        return ""
    extra = ["dw" for word in more if word == "depthwise"] + [word for word in more if word.startswith(("g=", "d="))]
    return " ".join([first.removeprefix("Conv "), *extra]) + times


class _Steps:
    """Cuts a flat graph into steps."""

    def __init__(self, flat: _Flat) -> None:
        self.flat = flat
        self.steps: list[_Step] = []
        self.owner: dict[int, int] = {ENTRY: ENTRY, EXIT: EXIT}

    def made(self) -> tuple[list[_Step], Ways]:
        """The steps and the ways between them."""
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
            case Tangle() if self._one_size(element.parts):
                self._add(element.parts, (f"{len(element.parts)} layers",))
            case Tangle():
                for part in element.parts:
                    self._element(part)
            case Fork(merge=int() as merge) if self._is_one(element):
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
        inside = self.flat.inside(boxes[0]) if len(boxes) == 1 else ""
        out = self.flat.out(parts[-1])
        self.steps.append(_Step(tuple(boxes), names, out, frame, outputs, inside, _more(self.flat.structure, boxes, out)))

    def _one_size(self, parts: Sequence[int]) -> bool:
        outs = [self.flat.out(part) for part in parts]
        return all(out.is_image for out in outs) and len({out.dims[1:] for out in outs}) == 1

    def _is_one(self, fork: Fork) -> bool:
        """Whether branches and what merges them are one step: of one resolution, or a gate."""
        merge = self.flat.parts[fork.merge][0] if fork.merge is not None else None
        gate = fork.direct and isinstance(merge, Box) and merge.merge == "mul"
        return gate or self._one_size(_members(fork))

    def _branches(self, fork: Fork) -> str:
        """What is in the branches, `Conv 3×3 - Conv 3×3 | in`; or how many there are."""
        told = [" - ".join(n for i in _inside(chain) for n in _names(self.flat.parts[i][0])) for chain in fork.branches]
        told += ["in"] * fork.direct
        joined = " | ".join(told)
        return joined if len(joined) <= LONGEST_NAME else f"{len(told)} branches"


def _more(structure: Structure, boxes: Iterable[Box], out: TensorType) -> tuple[TensorType, ...]:
    """The tensors of other types that leave boxes."""
    nodes = [n for box in boxes for n in box.nodes]
    return tuple(type for type in structure.leaving(nodes) if type != out) if nodes else ()


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
    """The parts of a fork, and what merges them."""
    inside = [part for branch in fork.branches for part in _inside(branch)]
    return inside + ([fork.merge] if fork.merge is not None else [])


def _names(part: Box | Frame) -> tuple[str, ...]:
    """What is said of a part in few words."""
    if isinstance(part, Frame):
        inner = " - ".join(name for box in part.graph.boxes() for name in _names(box))
        count = sum(1 for _ in part.graph.boxes())
        return (f"({inner if len(inner) <= LONGEST_NAME else f'{count} layers'}) ×{part.repeat}",)
    first, *more = part.title.split(", ")
    name = ", ".join([first, *(word for word in more if word == "depthwise" or part.kind not in ("conv", "linear"))])
    return (name + (f" ×{part.repeat}" if part.repeat > 1 else ""),)


def _is_classic(steps: Sequence[_Step], ways: Ways) -> bool:
    """Whether the figure of 1998 can show this: a chain of single layers with few maps."""
    chain = len(ways) <= len(steps) + 1 and all((i, i + 1) in ways for i in range(len(steps) - 1))
    plain = all(
        len(step.boxes) == 1 and step.kind in CLASSIC and step.boxes[0].repeat == 1 and not step.outputs
        for step in steps
    )
    few = all(step.out.channels <= FEW_MAPS for step in steps if step.is_map)
    return chain and plain and few


def _joined(steps: Sequence[_Step], ways: Ways, structure: Structure) -> tuple[list[_Step], Ways]:
    """Steps that follow each other and are one stage put together."""
    after: dict[int, list[int]] = {}
    before: dict[int, list[int]] = {}
    for a, b in ways:
        after.setdefault(a, []).append(b)
        before.setdefault(b, []).append(a)
    stage: dict[int, int] = {ENTRY: ENTRY, EXIT: EXIT}
    found: list[list[_Step]] = []
    for i, step in enumerate(steps):
        (last, *more) = before.get(i, [ENTRY])
        follows = not more and last >= 0 and after[last] == [i] and last in stage
        if follows and (step.is_shape or _is_one_stage(found[stage[last]][-1], step)):
            stage[i] = stage[last]
            found[stage[i]].append(step)
        else:
            stage[i] = len(found)
            found.append([step])
    merged = [_together(run, structure) for run in found]
    return merged, {(stage[a], stage[b]) for a, b in ways if stage[a] != stage[b]}


def _is_one_stage(one: _Step, other: _Step) -> bool:
    same = one.out == other.out and one.frame == other.frame and not (one.outputs or one.more)
    return same and one.is_map and not ALONE & {one.kind, other.kind}


def _together(run: Sequence[_Step], structure: Structure) -> _Step:
    shown = [step for step in run if not step.is_shape] or list(run)
    names = [_counted(name) for step in shown for name in step.names]
    runs = ((name, sum(n for _, n in same)) for name, same in groupby(names, key=lambda one: one[0]))
    told = tuple(f"{name} ×{count}" if count > 1 else name for name, count in runs)
    boxes = tuple(box for step in run for box in step.boxes)
    frame = run[0].frame if len(run) > 1 else ""
    outputs = tuple(name for step in run for name in step.outputs)
    inside = {step.inside for step in run}
    said = inside.pop() if len(inside) == 1 else ""
    more = _more(structure, [box for step in shown for box in step.boxes], shown[-1].out)
    return _Step(boxes, told, shown[-1].out, frame, outputs, said, more)


def _counted(name: str) -> tuple[str, int]:
    """A name without the count at its end, and the count."""
    word, times, number = name.rpartition(" ×")
    return (word, int(number)) if times and number.isdigit() else (name, 1)


def _slab(step: _Step, marks: Marks, classic: bool, structure: Structure) -> Slab:
    nodes = tuple(sorted(n for box in step.boxes for n in box.nodes))
    kernel = getattr(structure.network.nodes[step.boxes[0].nodes[0]].op, "kernel", None) if classic and nodes else None
    names = (step.boxes[0].title,) if classic else step.names
    return Slab(
        step.frame or step.boxes[0].path,
        step.kind,
        step.out.dims,
        (*names, *step.outputs),
        nodes,
        marks.hot(nodes),
        any(box.marked for box in step.boxes),
        marks.cold(nodes),
        step.inside,
        classic,
        kernel if isinstance(kernel, tuple) else None,
        tuple(type.dims for type in step.more),
    )
