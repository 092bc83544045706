"""A figure as a Mermaid flowchart, which many documentation tools render in place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from archc.targets.figure.dot import frame_text, texts
from archc.targets.figure.figure import Figure, Kind
from archc.targets.figure.laid import Direction
from archc.targets.figure.listing import Held, Listing
from archc.targets.figure.theme import Theme

BRACKETS: dict[Kind, tuple[str, str]] = {
    "linear": ("(", ")"),
    "activation": ("(", ")"),
    "pool": ("{{", "}}"),
    "merge": ("([", "])"),
    "head": ("([", "])"),
    "attention": ("[/", "/]"),
    "block": ("[[", "]]"),
}


def mermaid(figure: Figure, theme: Theme, direction: Direction | None) -> str:
    """The figure as Mermaid source."""
    listing = Listing(figure)
    right = direction == "right" or (direction is None and figure.level == "stage")
    lines = ["---", f"title: {_quoted(figure.title)}", "---", f"flowchart {'LR' if right else 'TB'}"]
    for i, (title, held) in enumerate(listing.graphs):
        if title:
            lines += [f"  subgraph i{i}[{_quoted(title)}]", *_held(held, listing, "    ", f"i{i}"), "  end"]
        else:
            lines += _held(held, listing, "  ", f"i{i}")
    for a, b in listing.edges:
        label = listing.label(a, b)
        lines.append(f"  n{a} -->|{_quoted(label)}| n{b}" if label else f"  n{a} --> n{b}")
    for kind in figure.kinds():
        lines.append(f"  classDef {kind}_ fill:{theme.fills[kind]},stroke:{theme.edge},color:{theme.text}")
    frozen = [f"n{i}" for i, box in enumerate(listing.boxes) if box.frozen]
    frozen += [name for i, (_, held) in enumerate(listing.graphs) for name in _frozen_frames(held, f"i{i}")]
    if frozen:
        lines += ["  classDef frozen_ stroke-dasharray:4 3", f"  class {','.join(frozen)} frozen_"]
    for broken, look in (("wrong", f"stroke:{theme.wrong},stroke-width:3px"), ("unknown", "stroke-dasharray:6 4")):
        found = [f"n{i}" for i, box in enumerate(listing.boxes) if box.broken == broken]
        if found:
            lines += [f"  classDef {broken}_ {look}", f"  class {','.join(found)} {broken}_"]
    return "\n".join(lines) + "\n"


def _held(held: Sequence[Held], listing: Listing, indent: str, name: str) -> list[str]:
    lines = []
    for i, thing in enumerate(held):
        if isinstance(thing, int):
            box = listing.boxes[thing]
            left, right = BRACKETS.get(box.kind, ("[", "]"))
            words = _quoted("\n".join(texts(box)))
            lines.append(f"{indent}n{thing}{left}{words}{right}:::{box.kind}_")
        else:
            frame, inner = thing.frame, thing.inside
            lines.append(f"{indent}subgraph {name}_{i}[{_quoted(frame_text(frame) or ' ')}]")
            lines += [*_held(inner, listing, indent + "  ", f"{name}_{i}"), f"{indent}end"]
    return lines


def _frozen_frames(held: Sequence[Held], name: str) -> Iterator[str]:
    """The names of the frames that are frozen."""
    for i, thing in enumerate(held):
        if not isinstance(thing, int):
            if thing.frame.frozen:
                yield f"{name}_{i}"
            yield from _frozen_frames(thing.inside, f"{name}_{i}")


def _quoted(text: str) -> str:
    """A text in quotes, with Mermaid's own syntax escaped as entities, and line breaks in its notation."""
    safe = escape(text, quote=True).replace("#", "#35;").replace("&#35;x27;", "#39;").replace("`", "#96;")
    return '"' + safe.replace("\n", "<br/>") + '"'
