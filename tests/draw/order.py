"""What a figure does not tell of operands: which comes first, and which use of a shared module a line carries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archc.ir.network import Network
from archc.targets.figure.figure import Box, Slab
from archc.targets.figure.page import Page, Wire, Words

ENDS = {
    ("Sub", 2): ("+", "−"), ("Div", 2): ("", "÷"), ("MatMul", 2): ("1", "2"), ("Attention", 2): ("q", "k, v"),
    ("Attention", 3): ("q", "k", "v"),
}  # fmt: skip
NEAR = 12.0


def untold(network: Network, page: Page, things: Sequence[Box | Slab]) -> Iterator[str]:
    """All that is missing or wrong, in words."""
    owner = {n: i for i, thing in enumerate(things) for n in thing.nodes}
    for i, node in enumerate(network.nodes):
        kind, at = (node.op.kind(), len(node.inputs)), owner.get(i, -1)
        if kind not in ENDS or at < 0 or things[at].kind == "block":
            continue
        starts = [owner.get(ref.node, -1) for ref in node.inputs]
        if len({*starts, at}) == len(starts) + 1:
            for start, text in zip(starts, ENDS[kind], strict=True):
                wires = [w for w in page.wires if w.end == at and start == w.start]
                if text and wires and not any(_stands_at(page, wire, text) for wire in wires):
                    yield f"no {text} where {_told(things[start])} comes into {_told(things[at])}"
        elif {*starts} == {starts[0]} != {at} and not re.search(r"\w ?[−÷,] ?\w", _told(things[at])):
            yield f"{_told(things[at])} does not tell its operands"
    for thing in things:
        first_use = [n if network.nodes[n].shared is None else network.nodes[n].shared for n in thing.nodes]
        uses = max(map(first_use.count, first_use), default=0)
        if isinstance(thing, Slab) and uses > 1 and f"{uses} uses" not in thing.inside:
            yield f"{_told(thing)} does not tell that it is used {uses} times"
        inside = {*thing.nodes}
        for n in thing.nodes:
            for ref in network.nodes[n].inputs:
                source = things[owner[ref.node]] if owner.get(ref.node, -1) >= 0 else None
                if ref.node in inside or source is None:
                    continue
                mine = network.nodes[ref.node].shared if network.nodes[ref.node].shared is not None else ref.node
                every = {m for m in source.nodes if mine in (m, network.nodes[m].shared)}
                read = {r.node for m in thing.nodes for r in network.nodes[m].inputs}
                if not every <= read and not re.search(r"\bof \w", _told(thing)):
                    yield f"{_told(thing)} does not tell of which use it reads"


def _told(thing: Box | Slab) -> str:
    words = (thing.title, *thing.notes) if isinstance(thing, Box) else (*thing.names, thing.inside)
    return " ".join((thing.path, *words))


def _stands_at(page: Page, wire: Wire, text: str) -> bool:
    """Whether a text stands beside a line, where it runs alone or at its end."""
    others = [w for w in page.wires if w.end == wire.end and w.start != wire.start]
    for words in page.captions:
        if words.text == text and (near := _distance(words, wire)) < NEAR:
            return all(near <= _distance(words, other) + 0.01 for other in others)
    return False


def _distance(words: Words, wire: Wire) -> float:
    left, top, right, bottom = words.rectangle
    x, y = (left + right) / 2, (top + bottom) / 2
    found = []
    for (ax, ay), (bx, by) in zip(wire.points, wire.points[1:], strict=False):
        nx, ny = min(max(x, min(ax, bx)), max(ax, bx)), min(max(y, min(ay, by)), max(ay, by))
        found.append(((x - nx) ** 2 + (y - ny) ** 2) ** 0.5)
    return min(found, default=1e9)
