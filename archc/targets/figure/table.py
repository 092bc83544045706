"""The first table of many papers: stages by output size, one column per network, blocks in brackets with repeats.

Rows are aligned by output size, beginning with the first layer; networks of one family have the same sizes. The last
rows have the counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal, TypeAlias

from archc.ir.network import Network
from archc.support.record import Record
from archc.support.sheets import in_markdown
from archc.targets.figure.building import Builder
from archc.targets.figure.figure import Box, FigureFrame, Graph, channels_first
from archc.targets.figure.inner import longest
from archc.targets.figure.looks import Looks
from archc.targets.figure.pieces import Structure
from archc.targets.figure.split import Element, Fork, split
from archc.targets.figure.tikz import escaped
from archc.targets.figure.wording import USES, short

Style: TypeAlias = Literal["markdown", "latex"]


class Cell(Record):
    """The layers of one network that make tensors of one size: groups of lines, each with its number of repeats."""

    groups: tuple[tuple[tuple[str, ...], int], ...]


class StageRow(Record):
    """A stage: its name, if it is the same in all networks, its output size, and one cell per network."""

    name: str
    size: str
    cells: tuple[Cell | None, ...]


class Total(Record):
    """A network's title, parameters and FLOPs."""

    title: str
    params: int
    flops: int


class _Stage(Record):
    name: str
    size: str
    groups: list[tuple[tuple[str, ...], int]]


def rows(networks: Sequence[Network]) -> tuple[StageRow, ...]:
    """The rows of the table of some networks."""
    columns = [_stages(network) for network in networks]
    sizes = merged([[stage.size for stage in column] for column in columns])
    found = []
    places = [0] * len(columns)
    for size in sizes:
        here: list[_Stage | None] = []
        for i, column in enumerate(columns):
            fits = places[i] < len(column) and column[places[i]].size == size
            here.append(column[places[i]] if fits else None)
            places[i] += fits
        names = {stage.name for stage in here if stage is not None}
        cells = tuple(Cell(tuple(stage.groups)) if stage is not None else None for stage in here)
        found.append(StageRow(names.pop() if len(names) == 1 else "", size, cells))
    return tuple(found)


def merged(columns: Sequence[Sequence[str]]) -> list[str]:
    """Merge sequences of sizes in order: the next size is one that does not come later in any other sequence."""
    waiting = [list(column) for column in columns]
    found = []
    while any(waiting):
        heads = [column[0] for column in waiting if column]
        size = next((s for s in heads if not any(s in column[1:] for column in waiting if column[:1] != [s])), heads[0])
        found.append(size)
        for column in waiting:
            if column[:1] == [size]:
                column.pop(0)
    return found


def _stages(network: Network) -> list[_Stage]:
    """The stages of a network: steps of the same output size are combined."""
    structure = Structure(network)
    looks = Looks(structure)
    graph = Builder(structure, True).graph(0)
    steps = [step for step in _steps(graph, "", structure, looks) if step[1].kind not in ("input", "shape", "head")]
    found = []
    for size, run in groupby(steps, key=lambda step: _size(structure, step[1].nodes[-1])):
        members = list(run)
        groups: list[tuple[tuple[str, ...], int]] = []
        for _, _, lines, repeat in members:
            if groups and groups[-1][0] == lines:
                groups[-1] = (lines, groups[-1][1] + repeat)
            else:
                groups.append((lines, repeat))
        names = list(dict.fromkeys(name for name, *_ in members if name))
        found.append(_Stage(names[-1] if names else "", size, groups))
    return found


_Step = tuple[str, Box, tuple[str, ...], int]


def _steps(graph: Graph, name: str, structure: Structure, looks: Looks) -> list[_Step]:
    """The boxes on the main path, each with the name of its stage, its lines, and its number of repeats."""
    found: list[_Step] = []
    for i, line in _shown(graph):
        part = graph.parts[i]
        if line and isinstance(part, Box):
            found.append((name, part, (line,), 1))
        elif isinstance(part, FigureFrame):
            inner = _steps(part.graph, part.label or name, structure, looks)
            if part.repeat > 1 and inner:
                lines = tuple(line for *_, lines, repeat in inner for line in lines * repeat)
                inner = [(inner[-1][0], inner[-1][1], lines, part.repeat)]
            found += inner
        elif isinstance(part, Box):
            own = name or part.path.split(".")[0]
            own = "" if "-" in own else own  # a layer without a name
            found.append((own, part, _lines(part, looks), part.repeat))
            found += [(own, part, (note,), 1) for note in part.notes if USES.fullmatch(note)]
    return found


def _shown(graph: Graph) -> Iterator[tuple[int, str]]:
    """The parts on the main path; a fork with many branches is its merge, with a line that counts them."""
    for element in split(graph).main:
        merge = element.merge if isinstance(element, Fork) else None
        part = graph.parts[merge] if merge is not None else None
        if merge is not None and isinstance(part, Box) and _many(element):
            yield merge, f"{_many(element)} branches, {part.title}"
        else:
            yield from ((i, "") for i in longest([element]))


def _many(element: Element) -> int:
    """The number of branches, if there are too many to be represented by the longest."""
    count = len(element.branches) + element.direct if isinstance(element, Fork) else 0
    return count if count > 2 else 0


_LISTED = frozenset({"conv", "linear", "attention", "pool", "block"})
"""The kinds that a block's lines list."""


def _lines(box: Box, looks: Looks) -> tuple[str, ...]:
    """A layer as `7×7, 64, stride 2`; a block as the layers on its main path, or its name if it has many branches."""
    if box.scope is None:
        return (_told(box),)
    chain = split(looks.graph(box.scope)).main
    if any(map(_many, chain)):
        return (box.title,)
    parts = [looks.graph(box.scope).parts[i] for i in longest(chain)]
    lines = [
        _told(part)
        for part in parts
        if isinstance(part, Box) and part.kind in ("conv", "linear", "attention", "pool", "block")
    ]
    return tuple(line.replace(", stride 2", "") for line in lines) or (box.title,)


def _told(box: Box) -> str:
    words = box.title.split(", ")
    words = [f"stride {word[1:]}" if word.startswith("/") else word for word in words]
    words = [word.replace("g=", "C=") for word in words]
    return ", ".join([words[0].removeprefix("Conv "), *words[1:]])


def _size(structure: Structure, node: int) -> str:
    """The size of a layer's output: its resolution, or its number of tokens."""
    out = structure.network.nodes[node].types[0]
    if node in structure.tokens:
        return f"{out.dims[0]} tokens"
    return "×".join(map(str, channels_first(out.dims, structure.channel_axes[node])[1:])) if out.axes else "1×1"


# -- forms ------------------------------------------------------------------------------------------------------------


def markdown(found: Sequence[StageRow], totals: Sequence[Total]) -> str:
    """The table as Markdown: a block's lines between brackets, `[1×1, 64; 3×3, 64] × 3`."""
    titles = [in_markdown(total.title) for total in totals]
    lines = [["stage", "output", *titles], ["---"] * (len(titles) + 2)]
    for row in found:
        lines.append([in_markdown(row.name), row.size, *(_in_markdown(cell) for cell in row.cells)])
    lines.append(["parameters", "", *(short(t.params) for t in totals)])
    lines.append(["FLOPs", "", *(short(t.flops) for t in totals)])
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _in_markdown(cell: Cell | None) -> str:
    if cell is None:
        return ""
    told = (
        f"[{'; '.join(lines)}] × {repeat}" if repeat > 1 or len(lines) > 1 else lines[0]
        for lines, repeat in cell.groups
    )
    return "<br>".join(map(in_markdown, told))


def latex(found: Sequence[StageRow], totals: Sequence[Total]) -> str:
    """The table as LaTeX, for a paper with `amsmath`; brackets are matrices."""
    columns = len(totals)
    out = [
        r"% In a paper: \usepackage{amsmath}",
        rf"\begin{{tabular}}{{|c|c|{'c|' * columns}}}",
        r"\hline",
        " & ".join(["stage", "output size", *(escaped(t.title) for t in totals)]) + r" \\ \hline",
    ]
    for row in found:
        cells = _in_latex(row.cells)
        out.append(" & ".join([escaped(row.name), escaped(row.size), *cells]) + r" \\ \hline")
    out.append(" & ".join(["parameters", "", *(_spaced(t.params) for t in totals)]) + r" \\ \hline")
    out.append(" & ".join(["FLOPs", "", *(_spaced(t.flops) for t in totals)]) + r" \\ \hline")
    return "\n".join([*out, r"\end{tabular}"]) + "\n"


def _spaced(number: int) -> str:
    return short(number).replace(" ", r"\,")


def _in_latex(cells: Sequence[Cell | None]) -> list[str]:
    """The cells of a row. Equal cells with a single layer become one cell that spans all columns."""
    first = cells[0]
    if len(cells) > 1 and first is not None and all(cell == first for cell in cells):
        return [rf"\multicolumn{{{len(cells)}}}{{c|}}{{{_cell_in_latex(first)}}}"]
    return [_cell_in_latex(cell) if cell is not None else "" for cell in cells]


def _cell_in_latex(cell: Cell) -> str:
    told = []
    for lines, repeat in cell.groups:
        if len(lines) == 1 and repeat == 1:
            told.append(escaped(lines[0]))
        else:
            inside = r" \\[-.1em] ".join(rf"\text{{{escaped(line)}}}" for line in lines)
            told.append(rf"$\left[\begin{{array}}{{c}}{inside}\end{{array}}\right]\!\times\!{repeat}$")
    joined = r" \\ ".join(told)
    return joined if len(told) == 1 else rf"\begin{{tabular}}{{c}}{joined}\end{{tabular}}"
