"""`archc count SPEC --sweep AXIS…`: reading the axes, and the points as a table, CSV or JSON."""

from __future__ import annotations

import csv
import gc
import io
import json
import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from archc.cli.specs import compiled, fail, opened
from archc.support.sheets import cell

if TYPE_CHECKING:
    from archc.analysis.sweeps import SweepPoint, Values

AXIS = re.compile(r"([A-Za-z_]\w*)=(.+)", re.DOTALL)
_RANGE = re.compile(r"(\d{1,9})\.\.(\d{1,9})(?::([1-9]\d{0,8}))?")
_COLUMNS = ("params", "buffers", "macs", "flops", "activations")
MOST_POINTS = 1_000_000
_MANY = 1_000
"""The number of points from which a second process pays off."""


def swept(spec: str, axes: Sequence[str], form: str) -> None:
    """Print the points of a sweep as `table`, `csv` or `json`; exits with status 1 if some have errors."""
    from archc.analysis.sweeps import points_of, sweep

    found = opened(spec)
    networks = compiled(spec, (), None)
    if len(networks) != 1:
        fail(f"{spec} holds several networks: choose one with {spec}:NAME")
    network = next(iter(networks.values()))
    values: dict[str, list[str]] = {}
    for axis in axes:
        name, texts = _axis(axis)
        if name in values:
            fail(f"the axis {name!r} is given twice")
        values[name] = texts
    total = 1
    for texts in values.values():
        total *= len(texts)
    if total > MOST_POINTS:
        fail(f"the sweep has {total:,} networks; the maximum is {MOST_POINTS:,}")
    processes = (os.cpu_count() or 1) if total >= _MANY else 1
    gc.enable()  # the command line pauses the collector, and each point leaves some 100 kB in cycles
    try:
        combined = points_of(network, values)
    except ValueError as error:
        fail(str(error))
    points = list(sweep(found.source, found.files.load, network.name, combined, processes, network.input_names))
    click.echo({"table": _table, "csv": _csv, "json": _json}[form](points, tuple(combined[0])), nl=False)
    if any(point.totals is None for point in points):
        _tell(points)
        sys.exit(1)


def _axis(text: str) -> tuple[str, list[str]]:
    """Parse `width=0.25,0.5` or `input=128..512:32`: the name and the values. Commas in brackets separate nothing."""
    match = AXIS.fullmatch(text)
    if match is None:
        fail(f"{text!r} is not an axis such as classes=10,100 or input=128..512:32")
    values: list[str] = []
    for value in _split(match[2]):
        if between := _RANGE.fullmatch(value):
            first, last, step = int(between[1]), int(between[2]), int(between[3] or 1)
            if len(range(first, last + 1, step)) > MOST_POINTS:
                fail(f"the axis {match[1]!r} has more than {MOST_POINTS:,} values")
            values.extend(map(str, range(first, last + 1, step)))
        else:
            values.append(value)
    if not values or not all(values):
        fail(f"{text!r} has an empty value between its commas")
    return match[1], values


def _split(text: str) -> list[str]:
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]


def _cells(point: SweepPoint, axes: Sequence[str], columns: Sequence[str]) -> list[str]:
    numbers = [str(getattr(point.totals, name)) if point.totals else "" for name in columns]
    return [*(point.values[name] for name in axes), *numbers]


def _table(points: Sequence[SweepPoint], axes: Sequence[str]) -> str:
    rows = [[*axes, *_COLUMNS]]
    for point in points:
        row = _cells(point, axes, _COLUMNS)
        rows.append([*row[: len(axes)], *(f"{int(n):,}" if n else "error" for n in row[len(axes) :])])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line}\n" for line in lines)


def _csv(points: Sequence[SweepPoint], axes: Sequence[str]) -> str:
    from archc.count.totals import Totals

    columns = Totals._fields[2:]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*map(cell, axes), *columns, "errors"))
    writer.writerows((*map(cell, _cells(p, axes, columns)), cell("; ".join(_errors(p)))) for p in points)
    return text.getvalue()


def _json(points: Sequence[SweepPoint], axes: Sequence[str]) -> str:
    objects = [
        {"values": dict(p.values), "totals": p.totals._asdict() if p.totals else None, "errors": _errors(p)}
        for p in points
    ]
    return json.dumps(objects, indent=2, ensure_ascii=False) + "\n"


def _errors(point: SweepPoint) -> list[str]:
    from archc.diagnostics.core import Severity

    errors = (d for d in point.diagnostics if d.severity is Severity.ERROR)
    return [f"{d.code}: {d.problem.message()}" for d in errors]


def _tell(points: Sequence[SweepPoint]) -> None:
    """Print each kind of error once, for the first point with it, and the number of points with errors."""
    told: set[str] = set()
    for point in points:
        for error in _errors(point):
            if error.partition(":")[0] not in told:
                told.add(error.partition(":")[0])
                click.echo(f"error: {_named(point.values)}: {error}", err=True)
    failed = sum(point.totals is None for point in points)
    click.echo(f"{failed} of {len(points)} networks have errors", err=True)


def _named(values: Values) -> str:
    return " ".join(f"{name}={value}" for name, value in values.items())
