"""Summaries of the contents of a block at the stage level: kernels, groups, and paths past its layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archc.targets.figure.figure import ENTRY, EXIT, Box, FigureFrame, Graph, Pass
from archc.targets.figure.looks import Looks
from archc.targets.figure.pieces import Structure
from archc.targets.figure.split import Element, Fork, Tangle, split

LONGEST_NAME = 30
"""The maximum length of a summary; a longer one becomes a count, or is left out."""
PASSES: dict[str, Pass] = {"add": "add", "mul": "gate", "concat": "concat"}
"""The kind of a path past layers, by the op that it ends in."""


class Inner:
    """Summarises the blocks of a network."""

    def __init__(self, structure: Structure) -> None:
        self.network = structure.network
        self.looks = Looks(structure)

    def kernels(self, box: Box) -> str:
        """The kernels on the longest path through a block, `1×1, 3×3 g=32, 1×1`; empty if they are many."""
        if box.scope is None:
            return ""
        graph = self.looks.graph(box.scope)
        chain = split(graph).main
        forks = [element for element in chain if isinstance(element, Fork)]
        if any(len(fork.branches) + fork.direct > 2 for fork in forks) or any(isinstance(e, Tangle) for e in chain):
            return ""
        parts = [graph.parts[i] for i in longest(chain)]
        words = [word for part in parts if isinstance(part, Box) and (word := kernel(part))]
        told = ", ".join(words)
        plain = all(isinstance(part, Box) and part.kind not in ("linear", "attention", "head") for part in parts)
        return told if plain and len(told) <= LONGEST_NAME else ""

    def passes(self, box: Box) -> tuple[Pass, ...]:
        """How the input of a block, or of a block in it, passes the layers there."""
        return self.passing(self.looks.graph(box.scope)) if box.scope is not None else ()

    def passing(self, graph: Graph) -> tuple[Pass, ...]:
        """The paths around the layers of a graph."""
        found: set[Pass] = set()
        self._through(graph, True, found)
        return tuple(one for one in PASSES.values() if one in found)

    def _through(self, graph: Graph, comes: bool, found: set[Pass]) -> bool:
        """Whether the tensor `comes` leaves a graph past its layers; `found` collects how it is merged."""
        light = {ENTRY} if comes else set[int]()
        for i, part in enumerate(graph.parts):
            ways = [edge.start in light for edge in graph.edges if edge.end == i]
            if isinstance(part, FigureFrame):
                light |= {i} if self._through(part.graph, any(ways), found) else set()
            elif isinstance(part, Box):
                if part.merge in PASSES and any(ways) and not all(ways):
                    found.add(PASSES[part.merge])
                families = {self.network.nodes[n].op.family for n in part.nodes}
                past = families <= {"merge", "shape"}
                if part.scope is not None:
                    past |= self._through(self.looks.graph(part.scope), True, found)
                light |= {i} if any(ways) and past else set()
        return any(edge.start in light for edge in graph.edges if edge.end == EXIT)

    def groups(self, box: Box) -> int:
        """The largest number of groups of a convolution in a block, except for depthwise ones."""
        ops = [self.network.nodes[n].op for n in box.nodes]
        each = [(getattr(op, "groups", 1), getattr(op, "channels", None)) for op in ops if op.family == "conv"]
        return max((groups for groups, channels in each if isinstance(groups, int) and groups != channels), default=1)


def longest(chain: Iterable[Element]) -> Iterator[int]:
    """The parts on the longest path through a chain of elements, all of a tangle."""
    for element in chain:
        match element:
            case int():
                yield element
            case Fork():
                yield from max((list(longest(branch)) for branch in element.branches), key=len)
                yield from [element.merge] if element.merge is not None else []
            case Tangle():
                yield from element.parts


def kernel(box: Box) -> str:
    """A convolution in the fewest words, `3×3 g=32`; a block by its name, other layers not at all."""
    times = f" ×{box.repeat}" if box.repeat > 1 else ""
    if box.kind == "block":
        return box.title + times
    first, *more = box.title.split(", ")
    if box.kind != "conv":
        return ""
    extra = [word for word in more if word == "depthwise" or word.startswith(("g=", "d="))]
    return " ".join([first.removeprefix("Conv "), *extra]) + times
