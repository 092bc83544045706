"""The figure as a page: fold and unfold, pan and zoom, search, and a description of each box.

It is one file, and works offline.

The browser does the layout: the page contains the figure model as JSON (see `_Writer.graph`), a style and a script, and
the script turns parts into elements and edges into lines. Nothing in the JSON is interpreted as HTML.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from archc.ir.network import Network
from archc.support.record import Record, replace
from archc.targets.figure import operands
from archc.targets.figure.building import Builder
from archc.targets.figure.figure import ENTRY, Box, FigureFrame, Graph, Part
from archc.targets.figure.fonts import embedded, face
from archc.targets.figure.marks import Marks, frozen_nodes
from archc.targets.figure.pieces import Structure
from archc.targets.figure.split import Element, Fork, Tangle, split
from archc.targets.figure.theme import Theme, theme
from archc.targets.figure.wording import FROZEN, USES, clean

ASSETS = Path(__file__).parent / "assets"
SCRIPTS = ("saving.js", "interactive.js")


class Note(Record):
    """The description of a layer or module: named lines of text, and pieces of code with a heading."""

    facts: tuple[tuple[str, str], ...] = ()
    code: tuple[tuple[str, str], ...] = ()


def interactive(network: Network, layers: Mapping[int, Note], modules: Mapping[str, Note], title: str = "") -> str:
    """The page. `layers`: descriptions of nodes, by index; `modules`: of scopes, by path (`""` for the whole)."""
    writer = _Writer(network)
    root = writer.graph(operands.told(network, writer.builder.whole(0), signs=False), writer.builder)
    used = sorted({n for box in writer.boxes for n in box["nodes"]})
    texts: dict[str, int] = {}
    data = {
        "name": title or network.title,
        "graph": root,
        "layers": {n: _note(layers[n], texts) for n in used if n in layers},
        "modules": {path: _note(note, texts) for path, note in modules.items() if path in writer.paths},
        "texts": list(texts),
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":  # escaped, so that it cannot end its element
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return _page(clean(title or network.title), text)


def _page(title: str, data: str) -> str:
    name, fonts = escape(title), embedded((title, data))
    template = (ASSETS / "interactive.html").read_text(encoding="utf-8")
    parts = {
        "title": name,
        "colours": f":root {{ {_colours(theme('light'))} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_colours(theme('dark'))} }} }}",
        "fonts": "\n".join(map(face, fonts)),
        "embedded": "".join(f"{font.family}, " for font in fonts),
        "style": (ASSETS / "interactive.css").read_text(encoding="utf-8"),
        "data": data,
        "script": "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS),
    }
    pieces = template.split("{{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        key, _, rest = piece.partition("}}")
        filled += [parts[key.strip()], rest]
    return "".join(filled)


def _colours(colours: Theme) -> str:
    """A theme as CSS variables."""
    named = {
        "paper": colours.paper, "panel": colours.panel, "frame": colours.frame, "frame-edge": colours.frame_edge,
        "ink": colours.ink, "muted": colours.muted, "line": colours.line, "edge": colours.edge,
        "accent": colours.accent, "text": colours.text,
    }  # fmt: skip
    named |= {f"fill-{kind}": fill for kind, fill in colours.fills.items()}
    return " ".join(f"--{name}: {value};" for name, value in named.items())


def _note(note: Note, texts: dict[str, int]) -> dict[str, Any]:
    """A note as plain values. Its code is numbers of `texts`, since layers share lines, and modules share classes."""
    code = [[texts.setdefault(text, len(texts)) for text in pair] for pair in note.code]
    return {"facts": note.facts, "code": code}


class _Writer:
    """Writes graphs as plain values, with the inside of each block in its box."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.builder = Builder(Structure(network), True, Marks(frozen=frozen_nodes(network)))
        self.paths: set[str] = {""}
        self.boxes: list[dict[str, Any]] = []
        self.later: set[int] = set()
        """The nodes of folded repeats and of shared modules, except those of the first turn or use."""

    def graph(self, graph: Graph, builder: Builder) -> dict[str, Any]:
        """`parts`, and `main`: a chain of elements.

        An element is `{"part": i}`, `{"fork": [chain…], "direct": bool}`, or a tangle, `{"rows": [[[id, i or null]…]…],
        "edges": [[from, to]…]}`: cells with a part or a bend of a line, and lines between their ids, where -1
        is the input and -2 the output. `sides` are chains that branch off from parts.
        """
        shape = split(graph)
        return {
            "parts": [self._part(part, builder) for part in graph.parts],
            "main": self._chain(shape.main),
            "sides": {i: [self._chain(chain) for chain in chains] for i, chains in shape.sides.items()},
        }

    def _part(self, part: Part, builder: Builder) -> dict[str, Any]:
        if isinstance(part, FigureFrame):
            self.paths.add(part.path)
            return {
                "path": part.path, "frame": part.label, "repeat": part.repeat, "frozen": FROZEN[part.frozen],
                "inside": self.graph(part.graph, builder),
            }  # fmt: skip
        assert isinstance(part, Box)
        of, inside = self._inside(part, builder)
        self.paths |= {part.path, of}
        box: dict[str, Any] = {
            "path": part.path, "of": of, "kind": part.kind, "title": part.title, "notes": part.notes,
            "above": part.above, "shape": part.shape, "repeat": part.repeat, "merge": part.merge is not None,
            "frozen": FROZEN[part.frozen], "uses": next(filter(USES.fullmatch, part.notes), ""),
            "nodes": () if inside else [n for n in part.nodes if n not in self.later],
            **self._ends(part.nodes),
        }  # fmt: skip
        self.boxes.append(box)
        return box | ({"inside": inside} if inside else {})

    def _ends(self, nodes: Sequence[int]) -> dict[str, list[int]]:
        """The nodes among these that others read, and the others that these read."""
        inside, network = set(nodes), self.network
        readers = self.builder.structure.readers
        return {
            "gives": [n for n in nodes if any(reader not in inside for reader in readers[n])],
            "reads": sorted({r.node for n in nodes for r in network.nodes[n].inputs} - inside),
        }

    def _inside(self, box: Box, builder: Builder) -> tuple[str, dict[str, Any] | None]:
        """The inside of a block's box, and the path of that module; of several turns or uses the first."""
        path, graph = box.path, None
        while box.scope is not None:
            turn = len(builder.structure.members[box.scope])
            turns = [box.nodes[i : i + turn] for i in range(0, len(box.nodes), turn)]
            self.later.update(n for nodes in turns[1:] for n in nodes)
            builder = replace(builder, same={**builder.same, **{of[0]: of for of in zip(*turns, strict=True)}})
            path, graph = self.network.scopes[box.scope].path, builder.graph(box.scope)
            (only, *more) = graph.parts
            if more or not isinstance(only, Box) or only.path == path:
                break
            box = only  # a module that contains only one folded block is skipped
        return path, (
            self.graph(operands.told(self.network, graph, signs=False), builder) if graph is not None else None
        )

    def _chain(self, elements: Sequence[Element]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for element in elements:
            if isinstance(element, int):
                found.append({"part": element})
            elif isinstance(element, Tangle):
                found.append(_rows(element))
            else:
                found += self._fork(element)
        return found

    def _fork(self, fork: Fork) -> list[dict[str, Any]]:
        branches = {"fork": [self._chain(branch) for branch in fork.branches], "direct": fork.direct}
        return [branches] if fork.merge is None else [branches, {"part": fork.merge}]


def _rows(tangle: Tangle) -> dict[str, Any]:
    """A tangle in rows: each part below all that it reads, and in the rows that a line passes a bend of the line."""
    rank: dict[int, int] = {}
    for part in sorted(tangle.parts):
        rank[part] = max((rank[e.start] + 1 for e in tangle.edges if e.end == part and e.start != ENTRY), default=0)
    rows: list[list[tuple[int, int | None]]] = [[] for _ in range(max(rank.values()) + 1)]
    for part in tangle.parts:
        rows[rank[part]].append((part, part))
    bends: dict[tuple[int, int], int] = {}
    edges: dict[tuple[int, int], None] = {}
    for edge in tangle.edges:
        before = edge.start
        for row in range(rank.get(edge.start, -1) + 1, rank.get(edge.end, len(rows))):
            key = (edge.start, row)
            if key not in bends:
                bends[key] = -3 - len(bends)  # bends have numbers below those of the outside
                rows[row].append((bends[key], None))
            edges[before, bends[key]] = None
            before = bends[key]
        edges[before, edge.end] = None
    return {"rows": rows, "edges": list(edges)}
