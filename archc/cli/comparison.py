"""Comparing networks: rows of facts and counts, with the differences marked, as values and as text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from archc.count.depth import depth
from archc.count.memory import peak_memory
from archc.count.table import shape
from archc.count.tables import inputs
from archc.support.record import Record
from archc.support.sheets import in_markdown

if TYPE_CHECKING:
    from archc.count.counts import Counts
    from archc.ir.network import Network

Cell = int | float | str | None


class ComparedRow(Record):
    """A compared property and its value in each network."""

    name: str
    group: str
    cells: tuple[Cell, ...]

    @property
    def differs(self) -> bool:
        """Whether the networks differ in it."""
        return len(set(self.cells)) > 1


class Comparison(Record):
    """The networks' names, and the rows: totals first, then the number of layers of each kind."""

    names: tuple[str, ...]
    rows: tuple[ComparedRow, ...]


def compare(networks: Sequence[Network], counts: Sequence[Counts]) -> Comparison:
    """Compare networks by their counts."""
    pairs = list(zip(networks, counts, strict=True))
    rows: list[tuple[str, list[Cell]]] = [
        ("family", [n.family for n, _ in pairs]),
        ("input", [inputs(c) for c in counts]),
        ("output", [", ".join(map(shape, c.outputs)) for c in counts]),
        ("parameters", [c.params for c in counts]),
        ("buffers", [c.buffers for c in counts]),
        ("MACs", [c.macs for c in counts]),
        ("FLOPs", [c.flops for c in counts]),
        ("activations", [c.activations for c in counts]),
        ("peak memory, bytes", [peak_memory(n).bytes for n in networks]),
        ("depth", [depth(n, c) for n, c in pairs]),
        ("top-1, %", [_fact(n, "top1") for n in networks]),
        ("top-5, %", [_fact(n, "top5") for n in networks]),
        ("like", [_fact(n, "like") for n in networks]),
    ]
    kinds = [Counter(row.op for row in c.layers if not row.implicit) for c in counts]
    order = dict.fromkeys(kind for c in kinds for kind in c)
    table = [ComparedRow(name, "", tuple(cells)) for name, cells in rows if any(cell is not None for cell in cells)]
    table += [ComparedRow(kind, "layers", tuple(c[kind] for c in kinds)) for kind in order]
    return Comparison(tuple(n.name for n in networks), tuple(table))


def _fact(network: Network, name: str) -> Cell:
    value = network.fact(name)
    return value if isinstance(value, int | float | str) else None


def shown(cell: Cell, first: Cell, plain: bool = False) -> str:
    """A cell as text. A number that differs from the first network's shows the change."""
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    text = f"{cell:,}"
    if plain or cell == first or not isinstance(first, int | float) or isinstance(first, bool):
        return text
    if isinstance(cell, float) or isinstance(first, float):
        return f"{text} ({cell - first:+.2f})"
    return f"{text} ({_change(cell, first)})"


def _change(number: int, first: int) -> str:
    """The change between two numbers: in per cent, or as a multiple of two or more."""
    if first == 0 or max(number, first) < 1000:
        return f"{number - first:+,}"
    if number >= 2 * first:
        return f"x{number / first:.1f}"
    part = 100 * (number - first) / first
    return f"{part:+.1f} %" if abs(part) >= 0.05 else f"{number - first:+,}"


def as_text(comparison: Comparison) -> str:
    """An aligned table; a row that differs is marked with `*`."""
    lines = [("", "", *comparison.names)]
    for row in comparison.rows:
        name = f"  {row.name}" if row.group else row.name
        lines.append(("*" if row.differs else "", name, *(shown(cell, row.cells[0]) for cell in row.cells)))
    first = next((i for i, row in enumerate(comparison.rows) if row.group), len(comparison.rows))
    lines.insert(first + 1, ("", "layers", *[""] * len(comparison.names)))
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]

    def written(line: tuple[str, ...]) -> str:
        cells = (
            cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        return "  ".join(cells).rstrip() + "\n"

    return "".join(map(written, lines))


def as_markdown(comparison: Comparison) -> str:
    """A table in Markdown; what differs is bold."""
    names = map(in_markdown, comparison.names)
    lines = [f"| | {' | '.join(names)} |", "|---|" + "---:|" * len(comparison.names)]
    for row in comparison.rows:
        name = f"layers: {row.name}" if row.group else row.name
        cells = (in_markdown(shown(cell, row.cells[0])) for cell in row.cells)
        lines.append(f"| {f'**{name}**' if row.differs else name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def as_json(comparison: Comparison) -> str:
    """An object: the names, and the rows with their cells and whether they differ."""
    rows: list[dict[str, Any]] = [
        {"name": row.name, "group": row.group, "differs": row.differs, "cells": row.cells} for row in comparison.rows
    ]
    return json.dumps({"networks": comparison.names, "rows": rows}, indent=2, ensure_ascii=False) + "\n"
