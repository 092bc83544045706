"""Operands that a figure does not identify: their order, or which of several tensors a line carries.

The tensors are the uses of a shared module, the results of a layer or block, and the inputs of a block over several.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from archc.ir.network import Network, Ref, Scope
from archc.ir.results import result_names
from archc.targets.figure.figure import Box, FigureFrame, Graph, Slab
from archc.targets.figure.page import Page, Wire, Words

ENDS = {"Sub": ("+", "−"), "Div": ("", "÷"), "MatMul": ("1", "2")}
ROLES = {("Attention", 2): ("q", "k, v"), ("Attention", 3): ("q", "k", "v")}
NEAR = 12.0


def untold(network: Network, page: Page, things: Sequence[Box | Slab]) -> Iterator[str]:
    """Descriptions of everything missing or wrong."""
    owner = {n: i for i, thing in enumerate(things) for n in thing.nodes}
    for i, node in enumerate(network.nodes):
        kind, at = node.op.kind(), owner.get(i, -1)
        roles = ROLES.get((kind, len(node.inputs)))
        if at >= 0 and things[at].kind != "block" and roles:
            said = re.search(", ".join(f"{role} of ([^,]*)" for role in roles), _told(things[at]))
            apart = said is not None and len({*said.groups()}) == len({*node.inputs})
            starts = [owner.get(ref.node, -1) for ref in node.inputs]
            if not apart and any(_unsigned(page, start, at, role) for start, role in zip(starts, roles, strict=True)):
                yield f"{_told(things[at])} does not tell what its operands are for"
        if kind not in ENDS or at < 0 or things[at].kind == "block":
            continue
        first, other = (owner.get(ref.node, -1) for ref in node.inputs)
        if len({first, other, at}) == 3:
            for start, text in zip((first, other), ENDS[kind], strict=True):
                if (
                    text
                    and any(w.end == at and start == w.start for w in page.wires)
                    and _unsigned(page, start, at, text)
                ):
                    yield f"no {text} where {_told(things[start])} comes into {_told(things[at])}"
        elif first == other != at and not re.search(r"\w ?[−÷,] ?\w", _told(things[at])):
            yield f"{_told(things[at])} does not tell its operands"
    yield from _parts(network, things, owner)
    yield from _twice(network, things)
    yield from _over(network, things, owner)
    yield from _same(network, page.figure.graph)
    order = [owner.get(i, len(things)) for i in range(len(network.nodes))]  # a fold has no lines back
    reads = [(r.node, i) for i, node in enumerate(network.nodes) for r in node.inputs]
    given = {a for a, b in reads if order[a] < order[b]} | {r.node for r in network.outputs}
    taken = {a for a, _ in reads} - given - {r.node for r in network.training_outputs}
    for thing in things:
        first_use = [n if network.nodes[n].shared is None else network.nodes[n].shared for n in thing.nodes]
        uses = max(map(first_use.count, first_use), default=0)
        if isinstance(thing, Slab) and uses > 1 and f"{uses} uses" not in thing.inside:
            yield f"{_told(thing)} does not tell that it is used {uses} times"
        inside = {*thing.nodes}
        for n in thing.nodes:
            for ref in network.nodes[n].inputs:
                source = things[owner[ref.node]] if owner.get(ref.node, -1) >= 0 else None
                if ref.node in inside or source is None or order[ref.node] > order[n]:
                    continue
                mine = network.nodes[ref.node].shared if network.nodes[ref.node].shared is not None else ref.node
                every = {m for m in source.nodes if mine in (m, network.nodes[m].shared)} - taken
                read = {r.node for m in thing.nodes for r in network.nodes[m].inputs}
                if not every <= read and not re.search(r"\bof \w", _told(thing)):
                    yield f"{_told(thing)} does not tell of which use it reads"


def _parts(network: Network, things: Sequence[Box | Slab], owner: Mapping[int, int]) -> Iterator[str]:
    """Readers of some of the tensors of a layer or block that do not say which."""
    for thing in things:
        read: dict[int, dict[str, None]] = {}
        made: dict[int, Sequence[str]] = {}
        refs = [thing.source] if isinstance(thing, Box) and thing.source is not None else []
        refs += [r for n in sorted(thing.nodes) for r in network.nodes[n].inputs if r.node not in thing.nodes]
        if isinstance(thing, Box) and thing.scope is not None:  # a block lists its inputs in the order of its call
            call = [*network.scopes[thing.scope].inputs]
            refs.sort(key=lambda r: call.index(r) if r in call else len(call))
        for ref in refs:
            at = owner.get(ref.node, -1)
            if at >= 0 and (names := _results(network, things[at], ref.node)):
                made[at] = names
                read.setdefault(at, {})[names[_result(network, things[at], ref)]] = None
        for at, found in read.items():
            if [*found] != [*made[at]]:
                said = (r"(?:parts? )?" if [*found][0].isdigit() else "") + ", ".join(found)
                joined = rf"\b{' [−÷+×] '.join(found)}\b"
                pattern = rf"(?:\bof |\bout |\w: ){said}\b|{joined}|\bpart {[*found][0]}\b.* part"
                by_use = all(re.search(rf"\b{name} of use \d", _told(thing)) for name in found)
                if not by_use and not re.search(pattern, _told(thing)):
                    yield f"{_told(thing)} does not tell that it reads {', '.join(found)} of {_told(things[at])}"


def _results(network: Network, thing: Box | Slab, node: int) -> Sequence[str]:
    """The names of the results of a box's block, or the numbers of its layer's outputs; empty for a single one."""
    kinds = {network.nodes[n].op.kind() for n in thing.nodes}
    if thing.kind != "block" and len(kinds) == 1 and len(network.nodes[node].types) > 1:
        return [str(i + 1) for i in range(len(network.nodes[node].types))]
    scope = _block(network, thing, node)
    if scope is None or len(own := [i for i, ref in enumerate(scope.outputs) if ref.node in thing.nodes]) < 2:
        return []
    names = [name for i, name in enumerate(result_names(scope.body)) if i in own]
    return names if len({*names} - {""}) == len(own) else [str(i + 1) for i in range(len(own))]


def _result(network: Network, thing: Box | Slab, ref: Ref) -> int:
    scope = _block(network, thing, ref.node)
    return ref.out if scope is None else [one for one in scope.outputs if one.node in thing.nodes].index(ref)


def _block(network: Network, thing: Box | Slab, node: int) -> Scope | None:
    """The block around a node that a box represents."""
    return (
        network.scopes[_instance(network, thing, node)] if isinstance(thing, Box) and thing.scope is not None else None
    )


def _twice(network: Network, things: Sequence[Box | Slab]) -> Iterator[str]:
    """Merges of a tensor with itself that have one line and do not say so."""
    for thing in things:
        kinds = [network.nodes[n] for n in thing.nodes if network.nodes[n].op.family == "merge"]
        twice = any(len({*node.inputs}) < len(node.inputs) for node in kinds) and len(thing.nodes) == len(kinds)
        listed = re.split(r"(?: [+×] |, )(?=(?:\w+ of )?use \d)", _told(thing))
        if twice and len({*listed}) == len(listed) and not re.search(r"itself|twice|times|the same", _told(thing)):
            yield f"{_told(thing)} does not tell what it reads twice"


def _over(network: Network, things: Sequence[Box | Slab], owner: Mapping[int, int]) -> Iterator[str]:
    """Blocks over tensors from several boxes that do not say which is which."""
    for thing in things:
        if isinstance(thing, Box) and thing.scope is not None:
            scope = network.scopes[thing.scope]
            names = next((one.over for one in network.definitions if one.name == scope.definition), ())
            first_use = [network.nodes[n].shared for n in thing.nodes]
            again = any(first in thing.nodes for first in first_use)
            if len({owner.get(ref.node, ref) for ref in scope.inputs}) > 1 and len(names) > 1 and not again:
                yield from (f"{_told(thing)} does not tell {name}" for name in names if f"{name}: " not in _told(thing))


def _same(network: Network, graph: Graph, around: str = "") -> Iterator[str]:
    """Boxes for several uses of one module, or for a later use of it, that do not say so, nor does a frame around."""
    for part in graph.parts:
        if isinstance(part, FigureFrame):
            yield from _same(network, part.graph, f"{around} {part.label}")
        elif isinstance(part, Box) and not re.search(r"\d uses|same weights", f"{_told(part)} {around}"):
            if part.kind == "block":
                of = {_instance(network, part, n) for n in part.nodes}
                first = [i if network.scopes[i].shared is None else network.scopes[i].shared for i in of]
                later = all(network.scopes[i].shared is not None for i in of)
            else:
                nodes = [n for n in part.nodes if _has_weights(network, n)]
                first = [n if network.nodes[n].shared is None else network.nodes[n].shared for n in nodes]
                later = bool(nodes) and all(network.nodes[n].shared is not None for n in nodes)
            if later or len({*first}) < len(first):
                yield f"{_told(part)} does not tell that its weights are used again"


def _instance(network: Network, box: Box | Slab, node: int) -> int:
    """The number of the instance of a box's block around a node."""
    at: int | None = network.nodes[node].scope
    assert isinstance(box, Box) and box.scope is not None
    while at is not None and network.scopes[at].definition != network.scopes[box.scope].definition:
        at = network.scopes[at].parent
    assert at is not None
    return at


def _has_weights(network: Network, node: int) -> bool:
    return bool(network.nodes[node].op.weights(network.input_types(network.nodes[node])))


def _told(thing: Box | Slab) -> str:
    words = (thing.title, *thing.notes) if isinstance(thing, Box) else (*thing.names, thing.inside)
    return " ".join((thing.path, *words))


def _unsigned(page: Page, start: int, end: int, text: str) -> bool:
    """Whether no line between two things has a sign."""
    return not any(_stands_at(page, wire, text) for wire in page.wires if (wire.start, wire.end) == (start, end))


def _stands_at(page: Page, wire: Wire, text: str) -> bool:
    """Whether a text is beside a line, where the line runs alone or ends."""
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
