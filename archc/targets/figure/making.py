"""The figure of a network at a level."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from archc.ir.freezing import frozen_modules
from archc.ir.network import Network
from archc.targets.figure import operands
from archc.targets.figure.building import Builder
from archc.targets.figure.figure import (
    Box,
    Figure,
    FigureError,
    FigureFrame,
    Graph,
    Inset,
    Level,
    Part,
    Pass,
    Slab,
    Wanted,
)
from archc.targets.figure.insets import insets
from archc.targets.figure.legend import meanings
from archc.targets.figure.looks import Looks
from archc.targets.figure.marks import Marks, frozen_nodes
from archc.targets.figure.naming import renamed
from archc.targets.figure.pieces import Structure
from archc.targets.figure.stages import stages
from archc.targets.figure.wording import clean, short

EVERYTHING = Wanted()
EVERYWHERE = "*"
"""The path that means all blocks."""
ARCS: dict[Pass, str] = {"add": "+ is added", "gate": "× is multiplied", "concat": "several are concatenated"}
DENSE = "each block reads what comes in and what all blocks before it make, and all of that goes out"
MOST_WORDS = 40
"""The maximum number of boxes that the alternative text names."""


def figure(network: Network, level: Level = "block", wanted: Wanted = EVERYTHING) -> Figure:
    """The figure of a network.

    Raises:
        FigureError: a path in `wanted` is not a module of the network, or cannot be opened or shown alone.
    """
    wanted, scope = _opened(network, wanted)
    marks = Marks(wanted.heat, wanted.highlight, wanted.expand, frozen_nodes(network))
    structure = Structure(network, _kept(network, wanted), wanted.changes)
    graph, beside, remarks = _graphs(structure, scope, level, wanted, marks)
    graph = operands.told(network, graph)
    beside = tuple(replace(inset, graph=operands.told(network, inset.graph)) for inset in beside)
    if wanted.heat is not None:
        graph = _with_numbers(graph, wanted.heat.name)
    if network.partial:
        remarks = (*remarks, *_told(graph))
    title = wanted.title if wanted.title is not None else network.title + (f" · {wanted.only}" if wanted.only else "")
    things: list[Box | Slab] = [*graph.boxes(), *(part for part in graph.parts if isinstance(part, Slab))]
    drawn = Figure(
        network.name,
        clean(title),
        _description(network, level, things, bool(marks.frozen), wanted.heat.name if wanted.heat is not None else ""),
        level,
        graph,
        beside,
        heat=wanted.heat.name if wanted.heat is not None else "",
        hottest=max((t.heat for t in things if t.heat is not None), default=0),
        legend=wanted.legend,
        remarks=remarks,
        linear=wanted.linear,
        meanings=meanings(network, [*things, *(box for inset in beside for box in inset.graph.boxes())]),
    )
    return renamed(drawn, wanted.names)


def _opened(network: Network, wanted: Wanted) -> tuple[Wanted, int]:
    """The request with the paths of all blocks instead of `*`, and the scope to show. All paths are checked."""
    if EVERYWHERE in wanted.expand:
        blocks = (scope.path for scope in network.scopes if scope.kind == "block")
        wanted = replace(wanted, expand=tuple(dict.fromkeys(blocks)))
    only = (wanted.only,) if wanted.only is not None else ()
    _known(network, (*wanted.expand, *wanted.highlight, *(path for path, _ in wanted.names), *only))
    scope = _scope(network, wanted.only) if wanted.only is not None else 0
    for path in wanted.expand:
        _scope(network, path)
    return wanted, scope


def _graphs(
    structure: Structure, scope: int, level: Level, wanted: Wanted, marks: Marks
) -> tuple[Graph, tuple[Inset, ...], tuple[str, ...]]:
    """The graph of a scope at a level, its insets, and the remarks on how to read them."""
    network = structure.network
    if level == "stage":
        if network.partial:
            raise FigureError(f"{network.name} has errors, and no stages that are known: draw it by block or by layer")
        graph = stages(structure, scope, marks)
        return graph, (), how_to_read(graph, wanted.linear)
    builder = Builder(structure, level == "block", marks)
    if level != "block" or not wanted.insets:
        return builder.whole(scope), (), ()
    looks = Looks(structure, scope)
    graph = replace(builder, looks=looks.letter, told=looks.told).whole(scope)
    return graph, *insets(structure, graph, looks, marks.frozen)


def how_to_read(graph: Graph, linear: bool) -> tuple[str, ...]:
    """The remarks on how to read slabs: their scale, arcs, towers and stripes."""
    slabs = [part for part in graph.parts if isinstance(part, Slab) and not part.classic]
    passes = {one for slab in slabs for one in slab.passes}
    arcs = [told for one, told in ARCS.items() if one in passes]
    turns = " or turn" if any(slab.passes and slab.kind != "block" for slab in slabs) else ""
    lines = [f"height: resolution, width: channels, {'linear' if linear else 'logarithmic'}"] if slabs else []
    lines += ["of tokens, height: how many, width: features"] if any(slab.tokens for slab in slabs) else []
    lines += [f"an arc passes the layers of each block{turns}: {', '.join(arcs)}"] if arcs else []
    lines += [DENSE] if slabs and slabs[0].dense else []
    lines += ["lines that cross lead into both towers"] if any(slab.towers > 1 for slab in slabs) else []
    lines += ["stripes: groups of channels"] if any(slab.groups > 1 for slab in slabs) else []
    shuffled = any("shuffle" in name for slab in slabs if slab.shades for name in slab.names)
    gated = any(slab.shades and name == "×" for slab in slabs for name in slab.names)
    lines += ["shades: groups of channels, which a shuffle mixes"] if shuffled else []
    lines += ["shades: channels, each scaled by a number of its own"] if gated else []
    return tuple(lines)


def _told(graph: Graph) -> tuple[str, ...]:
    """The meaning of outlines in a partial network."""
    words = {"wrong": "a thick outline: there is a mistake", "unknown": "a dashed outline: of unknown size after one"}
    found = {box.broken for box in graph.boxes()}
    return tuple(text for broken, text in words.items() if broken in found)


def _with_numbers(graph: Graph, of: str) -> Graph:
    """A graph whose boxes show their cost, `1.09 G`; a box for several nodes shows the sum."""
    parts: list[Part] = []
    for part in graph.parts:
        if isinstance(part, FigureFrame):
            parts.append(replace(part, graph=_with_numbers(part.graph, of)))
        elif isinstance(part, Box):
            parts.append(replace(part, notes=(*part.notes, *_cost(part, of))))
        else:
            parts.append(replace(part, names=(*part.names, *_cost(part, of))))
    return replace(graph, parts=tuple(parts))


def _cost(thing: Box | Slab, of: str) -> tuple[str, ...]:
    """The cost of a box or slab, if it is shown and not 0. A small number, which may be a size, says what it counts."""
    if not thing.heat:
        return ()
    folded = thing.repeat > 1 if isinstance(thing, Box) else any(" ×" in name for name in thing.names)
    return (short(thing.heat) + f" {of}" * (thing.heat < 1000) + " in all" * folded,)


def _description(network: Network, level: Level, things: list[Box | Slab], frozen: bool, heat: str) -> str:
    """The alternative text: the visible parts in order, and those that are frozen or new."""
    told = [
        ", ".join((t.title + f" ×{t.repeat}" * (t.repeat > 1), *_cost(t, heat)) if isinstance(t, Box) else t.names)
        for t in things
    ]
    words = told
    if len(told) > MOST_WORDS:
        words = [*told[: MOST_WORDS // 2], f"… {len(told) - MOST_WORDS} more …", *told[-MOST_WORDS // 2 :]]
    cold = f". Frozen: {', '.join(path or 'everything' for path in frozen_modules(network))}" if frozen else ""
    new = [thing.path or told[i] for i, thing in enumerate(things) if thing.badge == "new"]
    put = f". New: {', '.join(new)}" if new else ""
    return f"The network {network.title}, drawn by {level}: {'; '.join(words)}{cold}{put}"


def _kept(network: Network, wanted: Wanted) -> frozenset[int]:
    """The nodes of modules that are expanded: a fold must not hide them."""
    opened = set(wanted.expand)
    inside: list[bool] = []
    for scope in network.scopes:
        inside.append(scope.path in opened or (scope.parent is not None and inside[scope.parent]))
    return frozenset(i for i, node in enumerate(network.nodes) if inside[node.scope])


def _scope(network: Network, path: str) -> int:
    for i, scope in enumerate(network.scopes):
        if scope.path == path:
            return i
    raise FigureError(f"{path} is a layer and has no inside; choose the module around it")


def _known(network: Network, paths: tuple[str, ...]) -> None:
    """Raise `FigureError` for a path that no module has."""
    if not paths:
        return
    known = {s.path for s in network.scopes} | {n.path for n in network.nodes}
    for path in paths:
        if path not in known or not path:
            near = get_close_matches(path, sorted(known), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "`archc graph` shows the modules"
            raise FigureError(f"{network.name} has no module {path!r}: {hint}")
