"""What the stage level tells of the inside of a block: its kernels, its groups, and the ways that pass its layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archc.draw.figure import ENTRY, EXIT, Box, Graph, Pass
from archc.draw.looks import Looks
from archc.draw.pieces import Structure
from archc.draw.split import Element, Fork, Tangle, split

LONGEST_NAME = 30
"""Characters of what is told of the layers of branches or of a block; what is longer is counted, or left out."""
PASSES: dict[str, Pass] = {"add": "add", "mul": "gate", "concat": "concat"}
"""What a way past layers is, by the op that it ends in."""


class Inner:
    """Looks into the blocks of a network."""

    def __init__(self, structure: Structure) -> None:
        self.network = structure.network
        self.looks = Looks(structure)

    def kernels(self, box: Box) -> str:
        """The kernels on the longest way through a block, `1×1, 3×3 g=32, 1×1`; nothing if they are many."""
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
        plain = all(isinstance(part, Box) and part.kind not in ("linear", "head") for part in parts)
        return told if plain and len(told) <= LONGEST_NAME else ""

    def passes(self, box: Box) -> tuple[Pass, ...]:
        """How what comes into a block, or into a block in it, passes the layers there."""
        found = set(self._passes(self.looks.graph(box.scope))) if box.scope is not None else set()
        return tuple(one for one in PASSES.values() if one in found)

    def _passes(self, graph: Graph) -> Iterator[Pass]:
        light = {ENTRY}
        for edge in sorted(graph.edges, key=lambda edge: edge.end):
            part = graph.parts[edge.end] if edge.end != EXIT else None
            if edge.start not in light or not isinstance(part, Box):
                continue
            if part.kind in ("merge", "shape"):
                light.add(edge.end)
            if part.merge in PASSES and any(e.end == edge.end and e.start not in light for e in graph.edges):
                yield PASSES[part.merge]
        for box in graph.boxes():
            if box.scope is not None:
                yield from self._passes(self.looks.graph(box.scope))

    def groups(self, box: Box) -> int:
        """The most groups of a convolution in a block, but for depthwise ones."""
        ops = [self.network.nodes[n].op for n in box.nodes]
        each = [(getattr(op, "groups", 1), getattr(op, "channels", None)) for op in ops if op.look.family == "conv"]
        return max((groups for groups, channels in each if isinstance(groups, int) and groups != channels), default=1)


def longest(chain: Iterable[Element]) -> Iterator[int]:
    """The parts on the longest way through a chain of elements, all of a tangle."""
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
    """A convolution in the fewest words, `3×3 g=32`; a block by its name, anything else not at all."""
    times = f" ×{box.repeat}" if box.repeat > 1 else ""
    if box.kind == "block":
        return box.title + times
    first, *more = box.title.split(", ")
    if box.kind != "conv":
        return ""
    extra = ["dw" for word in more if word == "depthwise"] + [word for word in more if word.startswith(("g=", "d="))]
    return " ".join([first.removeprefix("Conv "), *extra]) + times
