"""The figure model: the content of a figure, independent of positions, colours and formats.

A figure is a `Graph` of parts, each a `Box` or a `FigureFrame` with a graph of its own, with insets beside it; at the
stage level its parts are `Slab`s. All are plain immutable values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias, get_args

from archc.ir.network import Ref
from archc.ir.op import Family
from archc.support.record import Record, field

Level: TypeAlias = Literal["stage", "block", "layer"]
LEVELS: tuple[Level, ...] = get_args(Level)
Kind: TypeAlias = Family | Literal["attention", "block"]
_FAMILIES: tuple[Family, ...] = get_args(Family)
_LINEAR = _FAMILIES.index("linear") + 1
KINDS: tuple[Kind, ...] = (*_FAMILIES[:_LINEAR], "attention", *_FAMILIES[_LINEAR:], "block")
"""What boxes and slabs are drawn as. An attention mixes tokens, which the other layers of its family do not."""
Pass: TypeAlias = Literal["add", "gate", "concat"]
"""How a path past layers is merged: added to their output, multiplied with it, or concatenated."""
Frozen: TypeAlias = Literal["", "partly", "wholly"]
"""How many of the weights are frozen: none, some, all."""
Changed: TypeAlias = Literal["", "new", "gone", "changed"]
"""The fate of a part in a diff: it exists in only one of two networks, or differs."""
Badge: TypeAlias = Frozen | Changed
"""The marks at corners: frozen, added by an edit, and the changes of a diff."""
Broken: TypeAlias = Literal["", "unknown", "wrong"]
"""The state in a partial network: correct, of unknown type because of an earlier error, or in error."""

FEW_MAPS = 32
"""At the stage level, a network none of whose images has more channels is drawn layer by layer."""
ENTRY, EXIT = -1, -2
"""The ends of edges that enter or leave a graph."""


class FigureError(ValueError):
    """A figure cannot be made as requested. The message says why, and what to do."""


class Box(Record):
    """One box: a layer, several that are one step (`Conv`, `BN`, `ReLU`), or a whole block.

    `path`: its module path, or `""`. `title`: the main line; `notes`: small lines around it, those above the title
    first (`above` is their number). `shape`: the output shape if it differs from the input shape, else `""`.
    `nodes`: the indices into `Network.nodes` that it stands for, including folded repeats; empty for a mark of an
    input or output. `repeat`: the number of repeats. `merge`: the keyword (`add`) if it merges branches. `heat`: its
    cost, if costs are shown. `frozen`: which of its weights are not trained. `added`: whether an edit inserted all of
    it. `change`: how a diff marks it. `dimmed`: whether it is frozen, or in a frame that is. `scope`: for a block, the
    number of its scope in `Network.scopes`, the first for folded ones. `broken`: the error in it. `signs`: for nodes
    that it reads, the signs at the ends of their lines (see `operands.py`). `source`: for a mark of an input or
    output, the tensor.
    """

    path: str
    kind: Kind
    title: str
    notes: tuple[str, ...] = ()
    above: int = 0
    shape: str = ""
    nodes: tuple[int, ...] = ()
    repeat: int = 1
    merge: str | None = None
    heat: int | None = None
    marked: bool = False
    frozen: Frozen = ""
    added: bool = False
    dimmed: bool = False
    scope: int | None = None
    broken: Broken = ""
    change: Changed = ""
    signs: tuple[tuple[int, str], ...] = ()
    source: Ref | None = None

    @property
    def badge(self) -> Badge:
        """The mark at its corner."""
        return self.change or ("new" if self.added else self.frozen)


class FigureFrame(Record):
    """A frame around parts: a scope (its `path` and `label`), or turns of a repeat that are drawn once.

    A frame that is entirely frozen is marked itself; of one that is frozen in part, the frozen parts are marked.
    """

    path: str
    label: str
    graph: Graph
    repeat: int = 1
    marked: bool = False
    frozen: Literal["", "wholly"] = ""


def channels_first(dims: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """The sizes of a tensor with the channels first, wherever its channel axis is."""
    return (dims[axis], *dims[:axis], *dims[axis + 1 :])


class Slab(Record):
    """A stage of the stage level: its output tensor, and the layers that compute it.

    `dims`: the tensor; `more`: its other outputs, of one size only once unless one layer or block makes several;
    `names`: lines about the layers; `light`: those that a layer of a module alone has at it; `inside`: the kernels of
    its blocks. `classic`: whether it is drawn as in the figure of 1998, its maps one behind the other, with the window
    of size `kernel` that is read; this is the same for all slabs of a figure. `slices`: the touching layers of a plain
    chain, each with its kind and tensor. `passes`: the paths around the layers of its blocks. `groups`: the largest
    number of groups of a convolution. `bank`: the kernels of a convolution: how many, their height, width and depth.
    `towers`: the number of parts in which it is drawn, if all grouped convolutions have that many groups; `apart`:
    whether each part reads only its own tower. `dense`: whether it stands for what a block adds to all previous
    tensors. `signs`: as for a box. `channel_axis`: the axis of the channels. `shades`: the shades of equal parts of
    its channels, by number (see `shades.py`).
    """

    path: str
    kind: Kind
    dims: tuple[int, ...]
    names: tuple[str, ...]
    nodes: tuple[int, ...] = ()
    heat: int | None = None
    marked: bool = False
    frozen: Frozen = ""
    added: bool = False
    inside: str = ""
    classic: bool = False
    kernel: tuple[int, int] | None = None
    more: tuple[tuple[int, ...], ...] = ()
    slices: tuple[tuple[Kind, tuple[int, ...]], ...] = ()
    passes: tuple[Pass, ...] = ()
    groups: int = 1
    bank: tuple[int, ...] = ()
    towers: int = 1
    apart: bool = False
    dense: bool = False
    signs: tuple[tuple[int, str], ...] = ()
    channel_axis: int = 0
    shades: tuple[int, ...] = ()
    light: str = ""

    @property
    def tokens(self) -> bool:
        """Whether its rows are tokens, its columns features."""
        return len(self.dims) == 2 and self.channel_axis == 1

    @property
    def image(self) -> tuple[int, ...]:
        """The sizes of the tensor, the channels first."""
        return channels_first(self.dims, self.channel_axis)

    @property
    def badge(self) -> Badge:
        """The mark at its corner."""
        return "new" if self.added else self.frozen

    @property
    def dimmed(self) -> bool:
        """Whether it is frozen."""
        return self.frozen == "wholly"


Part: TypeAlias = Box | FigureFrame | Slab


class Edge(Record):
    """From part number `start` to part number `end`; `ENTRY` and `EXIT` stand for the outside."""

    start: int
    end: int


class Graph(Record):
    """Parts in execution order (every edge goes forward) and the edges between them."""

    parts: tuple[Part, ...]
    edges: tuple[Edge, ...]

    def boxes(self) -> Iterator[Box]:
        """All boxes, those inside frames included, in execution order."""
        for part in self.parts:
            if isinstance(part, Box):
                yield part
            elif isinstance(part, FigureFrame):
                yield from part.graph.boxes()

    def frames(self) -> Iterator[FigureFrame]:
        """All frames, the outer ones first."""
        for part in self.parts:
            if isinstance(part, FigureFrame):
                yield part
                yield from part.graph.frames()


class SymbolRow(Record):
    """The meaning of a table's names in some instances: the `paths` of these, and their common name."""

    name: str
    paths: tuple[str, ...]
    cells: tuple[str, ...]


class Values(Record):
    """The values of names in each instance of a block."""

    names: tuple[str, ...]
    rows: tuple[SymbolRow, ...]


class Inset(Record):
    """The contents of a kind of block, shown once.

    `path`: the module that is shown; `note`: which modules look like it; `values`: the values of the names in its
    boxes, if there are any.
    """

    path: str
    title: str
    note: str
    graph: Graph
    values: Values | None = None


class Heat(Record):
    """The cost that the colours of a heat figure show: its name, and a number for each of `Network.nodes`."""

    name: str
    values: tuple[int, ...]


class Figure(Record):
    """A figure.

    `description` is its alternative text. If `heat` names a cost, colours show it, and `hottest` is the number that
    the end of its scale stands for. `remarks` are lines below it that say how it is read, and what
    it leaves out. `linear`: slabs are as large as their tensors, not as the logarithms of these. `meanings`: what is
    drawn as a kind, in the words of the legend; several for a kind of different layers.
    """

    name: str
    title: str
    description: str
    level: Level
    graph: Graph
    insets: tuple[Inset, ...] = ()
    heat: str = ""
    hottest: int = 0
    legend: bool = True
    remarks: tuple[str, ...] = ()
    linear: bool = False
    meanings: tuple[tuple[Kind, str], ...] = ()

    @property
    def slabs(self) -> tuple[Slab, ...]:
        """The slabs of the stage level, in execution order."""
        return tuple(part for part in self.graph.parts if isinstance(part, Slab))

    @property
    def caption(self) -> str:
        """A caption of one or two sentences."""
        shown = {"stage": "its stages", "block": "its blocks", "layer": "its layers"}[self.level]
        words = [f"{self.title or self.name}: {shown}"]
        if self.insets:
            words.append(f", with the inside of {', '.join(inset.title for inset in self.insets)}")
        words.append(f"; the colours show {self.heat}" if self.heat else "")
        badges = self.badges()
        more = [*self.remarks, *(["parts with a snowflake are frozen"] if {"wholly", "partly"} & {*badges} else [])]
        more += ["parts with a plus are new"] if "new" in badges else []
        more += ["dashed parts with a minus are gone"] if "gone" in badges else []
        more += ["parts with a triangle are changed"] if "changed" in badges else []
        return "".join(words) + "." + "".join(f" {one[0].upper()}{one[1:]}." for one in more)

    def boxes(self) -> Iterator[Box]:
        """All boxes, those of the insets last."""
        yield from self.graph.boxes()
        for inset in self.insets:
            yield from inset.graph.boxes()

    def texts(self) -> Iterator[str]:
        """All texts except numbers."""
        yield from (self.title, *self.remarks)
        for graph in (self.graph, *(inset.graph for inset in self.insets)):
            yield from (frame.label for frame in graph.frames())
        for box in self.boxes():
            yield from (box.title, *box.notes)
        for slab in self.slabs:
            yield from slab.names
        for inset in self.insets:
            yield from (inset.title, inset.note)
            yield from (row.name for row in (inset.values.rows if inset.values is not None else ()))

    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that occur, in the order of `KINDS`."""
        found = {b.kind for b in self.boxes()} | {s.kind for s in self.slabs}
        return tuple(kind for kind in KINDS if kind in found)

    def badges(self) -> tuple[Badge, ...]:
        """The marks at corners that occur, those of fully frozen parts first."""
        graphs = (self.graph, *(inset.graph for inset in self.insets))
        found: set[Badge] = {b.badge for b in self.boxes()} | {s.badge for s in self.slabs}
        found |= {f.frozen for graph in graphs for f in graph.frames()}
        order: tuple[Badge, ...] = ("wholly", "partly", "new", "gone", "changed")
        return tuple(one for one in order if one in found)


class Wanted(Record):
    """What to show, in addition to the level.

    `title`: replaces the network's name. `only`: the path of the module to show alone. `expand`: paths of blocks whose
    contents are shown in place, `*` for all. `highlight`: paths of modules to emphasise. `heat`: colours by a cost.
    `insets`: whether the contents of blocks are shown next to the network. `linear`: slabs are proportional to their
    tensors. `names`: other names of modules, by path. `changes`: the changes of nodes in a diff.
    """

    title: str | None = None
    only: str | None = None
    expand: tuple[str, ...] = ()
    highlight: tuple[str, ...] = ()
    heat: Heat | None = None
    legend: bool = True
    insets: bool = True
    linear: bool = False
    names: tuple[tuple[str, str], ...] = ()
    changes: Mapping[int, Changed] = field(default_factory=dict)
