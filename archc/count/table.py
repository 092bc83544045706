"""Tables as values, and their forms: aligned text, Markdown, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Literal, TypeAlias

from archc.support.record import Record
from archc.support.sheets import cell, in_markdown

Cell: TypeAlias = str | int | float | tuple[int, ...] | None
Kind: TypeAlias = Literal["text", "count", "number", "bytes", "ratio"]
Unit: TypeAlias = Literal["exact", "auto", "K", "M", "G"]

_DECIMAL = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_BAR = 10
"""The length of a full bar, in characters."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class Column(Record):
    """A column: its heading, and the kind of its cells.

    `count`: a number of things; `number`: work; `ratio`: a fraction.

    Units do not apply to text, counts and ratios.
    """

    name: str
    kind: Kind = "number"


class Table(Record):
    """Rows under columns; `total`, if any, is the last row.

    `share`: the column whose shares of the total are shown as bars.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    share: int | None = None


def texts(names: str) -> tuple[Column, ...]:
    """Columns of text."""
    return tuple(Column(name, "text") for name in names.split())


def as_text(table: Table, unit: Unit = "exact", bars: bool = False) -> str:
    """Aligned columns: text to the left, numbers to the right. `bars` adds each row's share of the total."""
    rows = [*table.rows, *([table.total] if table.total else [])]
    cells = [tuple(c.name for c in table.columns)] + [_written(table, row, unit) for row in rows]
    if bars and table.share is not None and table.total:
        whole = table.total[table.share]
        drawn = [_bar(row[table.share], whole) for row in table.rows]
        cells = [(*line, more) for line, more in zip(cells, ["", *drawn, ""], strict=True)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    left = [c.kind == "text" for c in table.columns] + [True]

    def line(cells: Sequence[str]) -> str:
        padded = (c.ljust(w) if t else c.rjust(w) for c, w, t in zip(cells, widths, left, strict=False))
        return "  ".join(padded).rstrip() + "\n"

    rule = "  ".join("-" * width for width in widths[: len(table.columns)]) + "\n"
    body = [line(c) for c in cells[1:]]
    if table.total:
        body.insert(len(body) - 1, rule)
    return line(cells[0]) + rule + "".join(body)


def as_markdown(table: Table, unit: Unit = "exact") -> str:
    """A Markdown table; the total is bold."""
    head = "| " + " | ".join(c.name for c in table.columns) + " |\n"
    rule = "|" + "|".join("---" if c.kind == "text" else "---:" for c in table.columns) + "|\n"
    lines = [_written(table, row, unit) for row in table.rows]
    body = ["| " + " | ".join(in_markdown(cell) for cell in line) + " |\n" for line in lines]
    if table.total:
        total = _written(table, table.total, unit)
        body.append("| " + " | ".join(f"**{cell}**" if cell.strip(". ") else cell for cell in total) + " |\n")
    return head + rule + "".join(body)


def as_csv(tables: Sequence[tuple[str, Table]]) -> str:
    """CSV records of one kind of table for several networks; numbers are unformatted, and totals omitted."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("network", *(c.name.replace(" ", "_").replace("-", "") for c in tables[0][1].columns)))
    for name, table in tables:
        writer.writerows((cell(name), *(cell(_plain(one)) for one in row)) for row in table.rows)
    return text.getvalue()


def shape(dims: Sequence[int | float]) -> str:
    """A shape as the language writes it: `64x56x56`."""
    return "x".join(f"{n:g}" if isinstance(n, float) else str(n) for n in dims)


def amount(number: int, unit: Unit = "exact", kind: Kind = "number") -> str:
    """A number with thousands separators, or in a unit with at least three digits: `4.09 G`; bytes in `MiB`."""
    if unit == "exact" or kind == "count":
        return f"{number:,}"
    units = _BINARY if kind == "bytes" else _DECIMAL
    if unit == "auto":
        name = next((n for n, size in reversed(units.items()) if abs(number) >= size), "")
    else:
        name = f"{unit}iB" if kind == "bytes" else unit
    if not name:
        return f"{number:,}"
    value = number / units[name]
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:,.{digits}f} {name}"


def _written(table: Table, row: Sequence[Cell], unit: Unit) -> tuple[str, ...]:
    return tuple(_cell(cell, c.kind, unit) for cell, c in zip(row, table.columns, strict=True))


def _cell(cell: Cell, kind: Kind, unit: Unit) -> str:
    """A dot for zero, so that other numbers stand out."""
    if isinstance(cell, int):
        return amount(cell, unit, kind) if cell else "."
    if isinstance(cell, float):
        return f"{cell:,.2f}" if cell else "."
    if isinstance(cell, tuple):
        return shape(cell)
    return cell or ("" if kind == "text" else ".")


def _plain(cell: Cell) -> object:
    return shape(cell) if isinstance(cell, tuple) else cell


def _bar(part: Cell, whole: Cell) -> str:
    """The share of the whole in per cent and as a bar."""
    if not isinstance(part, int | float) or not isinstance(whole, int | float) or not whole or not part:
        return ""
    eighths = round(8 * _BAR * part / whole)
    bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
    return f"{100 * part / whole:5.1f} %  {bar}".rstrip()
