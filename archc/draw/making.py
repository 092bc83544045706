"""The figure of a network at a level."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from archc.draw.building import Builder, Marks, frozen_nodes
from archc.draw.figure import Box, Figure, FigureError, Frame, Graph, Inset, Level, Part, Slab, Wanted
from archc.draw.insets import insets
from archc.draw.looks import Looks
from archc.draw.pieces import Structure
from archc.draw.stages import stages
from archc.draw.wording import clean, short
from archc.network.freezing import frozen_modules
from archc.network.network import Network

EVERYTHING = Wanted()
MOST_WORDS = 40
"""Boxes that the alternative text names."""


def figure(network: Network, level: Level = "block", wanted: Wanted = EVERYTHING) -> Figure:
    """The figure of a network.

    Raises:
        FigureError: A path in `wanted` is no module of the network, or cannot be opened or shown alone.
    """
    _known(network, (*wanted.expand, *wanted.highlight, *((wanted.only,) if wanted.only is not None else ())))
    scope = _scope(network, wanted.only) if wanted.only is not None else 0
    for path in wanted.expand:
        _scope(network, path)
    marks = Marks(wanted.heat, wanted.highlight, wanted.expand, frozen_nodes(network))
    structure = Structure(network, _kept(network, wanted))
    looks = Looks(structure)
    beside: tuple[Inset, ...] = ()
    remarks: tuple[str, ...] = ()
    if level == "stage":
        if network.partial:
            raise FigureError(f"{network.name} has errors, and no stages that are known: draw it by block or by layer")
        graph = stages(structure, scope, marks)
    else:
        builder = Builder(structure, level == "block", marks)
        named = level == "block" and wanted.insets
        graph = (replace(builder, looks=looks.letter) if named else builder).whole(scope)
    if level == "block" and wanted.insets:
        beside, remarks = insets(structure, graph, looks, marks.frozen)
    if wanted.heat is not None:
        graph = _with_numbers(graph)
    if network.partial:
        remarks = (*remarks, *_told(graph))
    title = wanted.title if wanted.title is not None else network.name + (f" · {wanted.only}" if wanted.only else "")
    things: list[Box | Slab] = [*graph.boxes(), *(part for part in graph.parts if isinstance(part, Slab))]
    return Figure(
        network.name,
        clean(title),
        _description(network, level, things, bool(marks.frozen)),
        level,
        graph,
        beside,
        heat=wanted.heat.name if wanted.heat is not None else "",
        hottest=max((t.heat for t in things if t.heat is not None), default=0),
        legend=wanted.legend,
        remarks=remarks,
    )


def _told(graph: Graph) -> tuple[str, ...]:
    """What the outlines of boxes in a partial network stand for."""
    words = {"wrong": "a thick outline: there is a mistake", "unknown": "a dashed outline: of unknown size after one"}
    found = {box.broken for box in graph.boxes()}
    return tuple(text for broken, text in words.items() if broken in found)


def _with_numbers(graph: Graph) -> Graph:
    """A graph whose boxes say their cost, `1.09 G`; one that stands for several says that of all."""

    def told(heat: int | None, repeat: int) -> tuple[str, ...]:
        return (short(heat) + (" in all" if repeat > 1 else ""),) if heat else ()

    parts: list[Part] = []
    for part in graph.parts:
        if isinstance(part, Frame):
            parts.append(replace(part, graph=_with_numbers(part.graph)))
        elif isinstance(part, Box):
            parts.append(replace(part, notes=(*part.notes, *told(part.heat, part.repeat))))
        else:
            parts.append(replace(part, names=(*part.names, *told(part.heat, 1))))
    return replace(graph, parts=tuple(parts))


def _description(network: Network, level: Level, things: list[Box | Slab], frozen: bool) -> str:
    """The alternative text: what is seen, one after the other, and what is frozen."""
    words = [
        (t.title + (f" ×{t.repeat}" if t.repeat > 1 else "")) if isinstance(t, Box) else ", ".join(t.names)
        for t in things
    ]
    if len(words) > MOST_WORDS:
        words = [*words[: MOST_WORDS // 2], f"… {len(words) - MOST_WORDS} more …", *words[-MOST_WORDS // 2 :]]
    cold = f". Frozen: {', '.join(path or 'everything' for path in frozen_modules(network))}" if frozen else ""
    return f"The network {network.name}, drawn by {level}: {'; '.join(words)}{cold}"


def _kept(network: Network, wanted: Wanted) -> frozenset[int]:
    """The nodes of modules that are to be opened: they may not disappear in a fold."""
    return frozenset(
        i
        for i, node in enumerate(network.nodes)
        if any(_inside(network.scopes[node.scope].path, path) for path in wanted.expand)
    )


def _inside(path: str, around: str) -> bool:
    return path == around or path.startswith(around + ".")


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
