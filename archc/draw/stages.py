"""The stage level: a network's main way as a row of tensors, one for each stage.

A stage is a run of steps of one resolution. Poolings and vectors are stages of their own. Where maps are few, as in
LeNet-5, every layer is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from archc.draw.building import Builder, Marks
from archc.draw.figure import FEW_MAPS, Box, Frame, Graph, Kind, Slab
from archc.draw.pieces import Structure
from archc.draw.split import Element, Fork, split
from archc.network.types import TensorType


@dataclass(frozen=True)
class _Step:
    """A box on the main way, the frame it stands in, and the tensor that leaves it."""

    box: Box
    frame: str
    out: TensorType


def slabs(structure: Structure, scope: int, marks: Marks) -> tuple[Slab, ...]:
    """The stages of a scope."""
    network = structure.network
    graph = Builder(structure, True, marks).graph(scope)
    steps = [_Step(box, frame, network.nodes[box.nodes[-1]].types[0]) for box, frame in _main(graph, "")]
    steps = [s for s in steps if s.box.kind != "shape" or s.out.is_image]
    if not steps:
        return ()
    few = all(s.out.channels <= FEW_MAPS for s in steps if _is_map(s.out))
    stages = [list(group) for _, group in groupby(enumerate(steps), key=lambda pair: _key(pair, steps, few))]
    return tuple(_slab(structure, [step for _, step in stage], marks, few) for stage in stages)


def _main(graph: Graph, frame: str) -> Iterable[tuple[Box, str]]:
    """The boxes of the main way; of branches the longest."""
    for element in split(graph).main:
        yield from _boxes(element, graph, frame)


def _boxes(element: Element, graph: Graph, frame: str) -> Iterable[tuple[Box, str]]:
    if isinstance(element, Fork):
        for step in max(element.branches, key=len):
            yield from _boxes(step, graph, frame)
        if element.merge is not None:
            yield from _boxes(element.merge, graph, frame)
    elif isinstance(element, int):
        part = graph.parts[element]
        if isinstance(part, Frame):
            for box, inner in _main(part.graph, part.path or frame):
                yield (replace(box, repeat=box.repeat * part.repeat) if part.repeat > 1 else box), inner
        else:
            yield part, frame
    else:
        yield from ((box, frame) for part in element.parts for box in Graph((graph.parts[part],), ()).boxes())


def _is_map(out: TensorType) -> bool:
    return out.is_image and out.dims[1:] != (1, 1)


def _key(pair: tuple[int, _Step], steps: Sequence[_Step], few: bool) -> object:
    """What steps of one stage have in common."""
    index, step = pair
    if few or step.box.kind in ("input", "pool", "head") or not _is_map(step.out):
        return index
    # A run is called by the index where it starts: nothing but steps of its resolution stands between.
    while index and steps[index - 1].box.kind not in ("input", "pool", "head"):
        if steps[index - 1].out.dims[1:] != step.out.dims[1:]:
            break
        index -= 1
    return index


def _slab(structure: Structure, stage: Sequence[_Step], marks: Marks, few: bool) -> Slab:
    last = stage[-1]
    nodes = tuple(n for step in stage for n in step.box.nodes)
    kinds = [step.box.kind for step in stage]
    kind: Kind = "block" if "block" in kinds else next((k for k in kinds if k in ("conv", "pool")), kinds[0])
    frames = {step.frame for step in stage}
    path = frames.pop() if len(frames) == 1 and len(stage) > 1 else stage[0].box.path
    node = structure.network.nodes[stage[0].box.nodes[0]]
    kernel = getattr(node.op, "kernel", None) if few else None
    return Slab(
        path,
        kind,
        last.out.dims,
        _names(stage, few),
        nodes=nodes,
        heat=marks.hot(nodes),
        marked=any(step.box.marked for step in stage),
        kernel=kernel if isinstance(kernel, tuple) else None,
        frozen=marks.cold(nodes),
    )


def _names(stage: Sequence[_Step], few: bool) -> tuple[str, ...]:
    """What happens in a stage: each kind of step once, with how often."""
    if len(stage) == 1 and few:
        return (stage[0].box.title,)
    counted: dict[str, int] = {}
    for step in stage:
        word = step.box.title.split(",")[0] if step.box.kind in ("conv", "linear") else step.box.title
        counted[word] = counted.get(word, 0) + step.box.repeat
    return tuple(word if count == 1 else f"{word} ×{count}" for word, count in counted.items())
