"""Finds false statements in a figure, by comparing its edges, boxes and texts with the network.

There must be an edge between two boxes if and only if a layer in one reads a layer in the other. The rules for texts
are implemented independently of the modules that make figures.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise, product

from archc.ir.network import Network, Node, Ref
from archc.ops.input import Input
from archc.targets.figure import Direction, Figure, lay_out
from archc.targets.figure.figure import Box, Graph, Inset, Slab, Values
from archc.targets.figure.labels import label as label_of
from archc.targets.figure.labels import stride_sign
from archc.targets.figure.page import Page, Wire
from tests.draw.colours import miscoloured
from tests.draw.order import untold
from tests.draw.reckoning import value_of

Pair = tuple[int, int]
Known = Mapping[str, Sequence[float]] | None


def untruths(network: Network, figure: Figure, direction: Direction | None = None) -> list[str]:
    """Descriptions of all errors in a figure of a whole network."""
    return untruths_of(network, lay_out(figure, direction))


def untruths_of(network: Network, page: Page) -> list[str]:
    """Descriptions of all errors in a laid-out figure."""
    figure = page.figure
    size = len(list(figure.graph.boxes())) + len(figure.slabs)
    boxes = [b.box for b in page.boxes]
    things: list[Box | Slab] = [*boxes[:size], *(s.slab for s in page.slabs)]
    wires = {(w.start, w.end) for w in page.wires}
    if page.lines or page.arcs:  # a row
        wires |= {(i, i + 1) for i in range(size - 1)}
    found = [*_missing(network, things), *mixed(page.wires)]
    found += _edges(network, things, wires, list(_repeats(figure.graph)))
    found += _outputs(network, things, wires)
    found += untold(network, page, things)
    for thing in things:
        found += _words(network, thing, None)
    for inset in figure.insets:
        start, size = size, size + len(list(inset.graph.boxes()))
        shifted = {(a - start, b - start) for a, b in wires}
        found += _inset(network, inset, boxes[start:size], shifted)
    return found


# -- layers -----------------------------------------------------------------------------------------------------------


def _missing(network: Network, things: Sequence[Box | Slab]) -> Iterator[str]:
    """Layers in no box or in several, except those that only reshape between two stages."""
    count = Counter(n for thing in things for n in thing.nodes)
    for i, node in enumerate(network.nodes):
        if count[i] != 1:
            yield f"{node.path or node.op.kind()} ({i}) is in {count[i]} boxes"


# -- edges ------------------------------------------------------------------------------------------------------------


def _edges(
    network: Network, things: Sequence[Box | Slab], wires: set[Pair], repeats: Sequence[Container[int]]
) -> Iterator[str]:
    """Missing lines, and lines that carry no tensor.

    Lines between the turns of a repeat are not drawn: `repeats` are the layers of repeats drawn once. A learned tensor
    reads nothing, but is in the frames around its place.
    """
    owner = {n: i for i, thing in enumerate(things) for n in thing.nodes}
    true, again, learned = set[Pair](), set[Pair](), set[Pair]()
    for i, node in enumerate(network.nodes):
        for ref in node.inputs:
            if i in owner and ref.node in owner and owner[ref.node] != owner[i]:
                turns = any(i in repeat and ref.node in repeat for repeat in repeats)
                kind = learned if node.op.kind() == "Param" else again if turns else true
                kind.add((owner[ref.node], owner[i]))
    for a, b in sorted(wires | true | again):
        one, other = (things[i] if 0 <= i < len(things) else None for i in (a, b))
        if one is not None and other is not None and one.nodes and other.nodes:
            if (a, b) in wires and (a, b) not in true | again | learned:
                yield f"a line from {_name(one)} to {_name(other)}"
            backwards = min(other.nodes) < min(one.nodes)
            if (a, b) not in wires and ((a, b) in true or ((a, b) in again and not backwards)):
                yield f"no line from {_name(one)} to {_name(other)}"


def _repeats(graph: Graph) -> Iterator[set[int]]:
    for frame in graph.frames():
        if frame.repeat > 1:
            yield {n for box in frame.graph.boxes() for n in box.nodes}


def _outputs(network: Network, things: Sequence[Box | Slab], wires: Collection[Pair]) -> Iterator[str]:
    """Marks without an output, and outputs without a mark."""
    marks = {i for i, thing in enumerate(things) if not thing.nodes}
    returned = {r.node for r in (*network.outputs, *network.training_outputs)}
    marked = set[int]()
    for a, b in wires:
        if b in marks:
            marked |= returned & set(things[a].nodes)
            if not returned & set(things[a].nodes):
                yield f"{_name(things[b])} is no output of {_name(things[a])}"
    heads = {r.node for node in network.nodes if node.head for r in node.inputs}
    if not any(isinstance(thing, Slab) for thing in things):
        yield from (f"output {n} has no mark" for n in returned - heads - marked)


def _name(thing: Box | Slab) -> str:
    return thing.path or (thing.title if isinstance(thing, Box) else " ".join(thing.names))


def mixed(wires: Sequence[Wire]) -> Iterator[str]:
    """Lines that overlap although they neither start nor end together, so that they cannot be distinguished.

    Overlaps are allowed if every start leads to every end, which is then what they show.
    """
    pairs = {(wire.start, wire.end) for wire in wires}
    pieces: dict[tuple[bool, int], list[tuple[float, float, Wire]]] = {}
    for wire in wires:
        for (ax, ay), (bx, by) in pairwise(wire.points):
            upright = abs(ax - bx) < 0.01
            low, high = sorted((ay, by) if upright else (ax, bx))
            pieces.setdefault((upright, round((ax if upright else ay) * 4)), []).append((low, high, wire))
    for line in pieces.values():
        line.sort(key=lambda piece: piece[:2])
        active: list[tuple[float, float, Wire]] = []
        for low, high, wire in line:
            active = [piece for piece in active if piece[1] > low + 0.5]
            for _, _, other in active:
                apart = high > low + 0.5 and wire.start != other.start and wire.end != other.end
                if apart and not {(wire.start, other.end), (other.start, wire.end)} <= pairs:
                    yield f"lines {other.start}->{other.end} and {wire.start}->{wire.end} run on each other"
            active.append((low, high, wire))


# -- texts ------------------------------------------------------------------------------------------------------------


def _words(network: Network, thing: Box | Slab, values: Values | None) -> Iterator[str]:
    """Statements of a box that are false for a layer in it."""
    nodes = [network.nodes[n] for n in thing.nodes]
    yield from miscoloured(nodes, thing)
    if isinstance(thing, Slab):
        yield from slab_untruths(network, thing)
        return
    if thing.kind == "block" or not nodes:
        yield from _block(network, thing)
        return
    text = ", ".join((thing.title, *thing.notes))
    for node in nodes:
        if not node.implicit:
            yield from (
                f"{thing.path}: {text!r} but {what}" for what in _unsaid(node, text, _known(network, node, values))
            )
    if thing.shape:
        made = {"×".join(map(str, t.dims)) for node in nodes for t in node.types}
        said = [one for one in re.split(r" … |, |\d+ of ", thing.shape) if one and one not in made]
        yield from (f"{thing.path} says {one}" for one in said)


def slab_untruths(network: Network, slab: Slab) -> Iterator[str]:
    """Check that a slab shows the tensor that leaves it, and names its layers."""
    yield from _volumes(network, slab)
    inside, text = set(slab.nodes), " ".join(slab.names)
    leaving = {ref: network.type_of(ref).dims for node in network.nodes for ref in node.inputs if ref.node in inside}
    outer = {r for i, node in enumerate(network.nodes) if i not in inside for r in node.inputs} & leaving.keys()
    for ref in outer:
        shape = network.nodes[ref.node].op.family == "shape"
        if leaving[ref] not in (slab.dims, *slab.more) and not (shape and len(leaving[ref]) == 1):
            yield f"{_name(slab)} is {slab.dims}, but {leaving[ref]} leaves it"
    for n in slab.nodes:
        node = network.nodes[n]
        word = (node.op.name or "input") if isinstance(node.op, Input) else label_of(type(node.op)).split(" ")[0]
        words = {word.rstrip(",")} | _blocks(network, node.scope)
        light = node.op.family in ("norm", "activation", "regularization", "shape")
        stride = {*sides} if isinstance(sides := getattr(node.op, "stride", 1), tuple) else {sides}
        strides = node.op.kind() == "Conv" and len(stride) == 1 and not slab.classic and stride != {1}
        if strides and not (_blocks(network, node.scope) or re.search(rf"branches|layers|/{max(stride)}\b", text)):
            yield f"{_name(slab)} does not tell of the stride {stride}"
        if slab.bank and slab.towers == 1 and light and not node.implicit and word.rstrip(",") not in slab.light:
            yield f"{_name(slab)} does not tell of {node.op.kind()} at it"
        light |= node.op.kind() in ("Arithmetic", "Neg")  # shown like a learned scale: not at all
        if not light and not re.search(r"branches|layers", text) and not any(word in text for word in words):
            yield f"{_name(slab)} does not tell of {node.op.kind()}"


def _volumes(network: Network, slab: Slab) -> Iterator[str]:
    """Check the slices (layers), kernels (weights), towers (groups) and arcs (skip connections) of a slab."""
    nodes = [network.nodes[n] for n in slab.nodes]
    heavy = [n for n in nodes if n.op.family in ("conv", "pool")]
    if slab.slices and [dims for _, dims in slab.slices] != [node.types[0].dims for node in heavy]:
        yield f"{_name(slab)} has other layers than {slab.slices}"
    if slab.bank:
        shapes = [w.shape for n in heavy for w in n.op.weights(tuple(map(network.type_of, n.inputs))).values()]
        count, high, wide, deep = slab.bank
        if (count, deep, high, wide) not in shapes:
            yield f"{_name(slab)} has no kernels {slab.bank}"
    groups = {getattr(node.op, "groups", 1) for node in heavy if node.op.family == "conv"}
    if slab.apart and groups - {slab.towers}:
        yield f"{_name(slab)} reads both towers"
    if slab.towers > 1 and not slab.apart and groups - {1}:
        yield f"{_name(slab)} reads its own tower"
    found = {one for n in slab.nodes if (one := _passed(network, n))}
    merges = {_MERGES[n.op.kind()] for n in nodes if n.op.kind() in _MERGES}
    repeats = merges if any("(" in name for name in slab.names) else set()
    if not slab.bank and slab.kind == "block" and not found <= set(slab.passes) <= found | repeats:
        yield f"{_name(slab)} is passed by {found}, not {slab.passes}"


_MERGES = {"Add": "add", "Mul": "gate", "Concat": "concat"}


def _passed(network: Network, node: int) -> str:
    """How the merges of a block combine its input with others: by sum, product or concatenation; empty elsewhere."""
    here = network.nodes[node]
    kind = _MERGES.get(here.op.kind(), "")
    block: int | None = here.scope
    while block is not None and network.scopes[block].kind != "block":
        block = network.scopes[block].parent
    if not kind or block is None:
        return ""

    def light(ref: Ref) -> bool:
        other = network.nodes[ref.node]
        if not _in(network, other.scope, block):
            return True
        return other.op.family in ("merge", "shape") and any(map(light, other.inputs))

    ways = [light(ref) for ref in here.inputs]
    return kind if any(ways) and not all(ways) else ""


def _blocks(network: Network, scope: int | None) -> set[str]:
    """The names of the blocks around a layer."""
    found = set()
    while scope is not None:
        if network.scopes[scope].kind == "block":
            found.add(network.scopes[scope].definition or "")
        scope = network.scopes[scope].parent
    return found


def _block(network: Network, box: Box) -> Iterator[str]:
    """Check that the box of a block has the block's name, and its stride, if any."""
    if box.scope is None:
        return
    name = network.scopes[box.scope].definition or ""
    if box.title.split(" ")[0] != name:
        yield f"{box.path} is {name}, not {box.title}"
    for n in box.nodes:
        scope: int | None = network.nodes[n].scope
        while scope is not None and network.scopes[scope].definition != name:
            scope = network.scopes[scope].parent
        if scope is None:
            yield f"{box.path}: layer {n} is in no {name}"
        else:
            strides = {a.value for a in network.scopes[scope].arguments if a.name == "stride"} - {1, None}
            told = " ".join(box.notes)
            if strides and not re.search(rf"stride .*\b{re.escape(str(strides.pop()))}\b", told):
                yield f"{box.path}: {told!r} does not tell the stride"


def _unsaid(node: Node, text: str, symbols: Known) -> Iterator[str]:
    """The facts about a layer that a text lacks."""
    tokens = re.split(r", | or (?=\d+×)", text)
    facts = {
        "channels": (r"{}", getattr(node.op, "channels", None), node.op.kind() in ("Conv", "ConvTranspose")),
        "width": (r"FC {}", getattr(node.op, "width", None), node.op.kind() == "FC"),
    }
    for name, (_, value, wanted) in facts.items():
        if wanted and not any(_says(token.removeprefix("FC "), value, symbols) for token in tokens):
            yield f"{name} is {value}"
    for prefix, name in ((stride_sign(type(node.op)), "stride"), ("g=", "groups"), ("d=", "dilation")):
        value = getattr(node.op, name, None)
        if value is None or "{" + name + "}" in label_of(type(node.op)):
            continue
        told = [token.removeprefix(prefix) for token in tokens if token.startswith(prefix)]
        plain = value == 1 or isinstance(value, tuple) and set(value) == {1}
        if (
            told
            and not any(_says(one, value, symbols) for one in told)
            or not told
            and not plain
            and not ("depthwise" in tokens and value == getattr(node.op, "channels", value))
        ):
            yield f"{name} is {value}"
    kernel = getattr(node.op, "kernel", None)
    if isinstance(kernel, tuple) and not any(
        _says(part, kernel, symbols) for token in tokens for part in token.split(" ") if "×" in part or len(kernel) == 1
    ):
        yield f"kernel is {kernel}"
    label = label_of(type(node.op)).split(" ")[0]
    if "{" not in label and label.rstrip(",") not in text:
        yield f"it is {label}"
    if node.op.kind() == "Windows" and getattr(node.op, "spread", False) != ("grid" in text):
        yield f"its windows are a grid: {getattr(node.op, 'spread', False)}"


def _says(token: str, value: object, symbols: Known) -> bool:
    """Whether a token of a text can mean this value: as a number, one of several, in a range, or an expression."""
    if isinstance(value, tuple):
        sides = parts if len(parts := token.split("×")) > 1 else parts * len(value)
        return (
            len(sides) == len(value)
            and all(_says(side, one, symbols) for side, one in zip(sides, value, strict=True))
            or any(_says(one, value, symbols) for one in token.split(" or ") if one != token)
        )
    choices = re.split(r" or |/", token)
    if str(value) in choices:
        return True
    if (ends := re.fullmatch(r"(\d+)–(\d+)", token)) and isinstance(value, int):
        return int(ends[1]) <= value <= int(ends[2])
    if symbols is None:
        return False
    names = sorted(set(re.findall(r"[A-Za-z_]\w*", token)) & symbols.keys())
    rows = product(*(symbols[name] for name in names))
    return any(value_of(token, dict(zip(names, row, strict=True))) == value for row in rows)


def _known(network: Network, node: Node, values: Values | None) -> Known:
    """The possible values of the names in an inset for a layer, according to the table below it."""
    if values is None:
        return None
    paths = set()
    scope: int | None = node.scope
    while scope is not None:
        paths.add(network.scopes[scope].path)
        scope = network.scopes[scope].parent
    rows = [row for row in values.rows if paths.intersection(row.paths)]
    assert len(rows) == 1, f"{node.path} is in {len(rows)} rows"
    known: dict[str, Sequence[float]] = {}
    for name, cell in zip(values.names, rows[0].cells, strict=True):
        ends = cell.split("–")
        numbers: Sequence[float] = (
            range(int(ends[0]), int(ends[1]) + 1)
            if len(ends) == 2 and all(end.isdecimal() for end in ends)
            else []  # fractions, such as the rates of a stochastic depth, may have any value in between
            if len(ends) == 2
            else [float(cell)]
            if cell != "–"
            else []
        )
        if numbers:
            known[name] = numbers
    return known


# -- insets -----------------------------------------------------------------------------------------------------------


def _inset(network: Network, inset: Inset, boxes: Sequence[Box], wires: set[Pair]) -> Iterator[str]:
    """Check that an inset has each layer of each instance once, and that its lines and texts hold for all."""
    count = Counter(n for box in boxes for n in box.nodes)
    found = [f"has layers twice: {n}" for n, times in count.items() if times > 1]
    name = inset.title.split(" ")[0]
    scopes = {_around(network, n, name) for n in count}
    repeats = list(_repeats(inset.graph))
    for scope in sorted(scopes, key=str):
        if scope is None:
            found.append(f"has layers of no {name}")
            continue
        held = {n for n, node in enumerate(network.nodes) if _in(network, node.scope, scope)}
        if not held <= count.keys():
            found.append(f"lacks layers of {network.scopes[scope].path}: {sorted(held - count.keys())}")
        own = [replace(box, nodes=tuple(held.intersection(box.nodes))) for box in boxes]
        found += _edges(network, own, wires, repeats)
    for box in boxes:
        found += _words(network, box, inset.values)
    yield from (f"the inset {inset.title}: {what}" for what in found)


def _around(network: Network, node: int, name: str) -> int | None:
    """The outermost instance of a block around a node that its box was made from."""
    scope: int | None = network.nodes[node].scope
    while scope is not None and network.scopes[scope].definition != name:
        scope = network.scopes[scope].parent
    return scope


def _in(network: Network, scope: int | None, around: int | None) -> bool:
    while scope is not None and scope != around:
        scope = network.scopes[scope].parent
    return scope is not None
