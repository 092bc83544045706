"""The points of a ball chart, with an accuracy and costs: made by the command line or read from CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, Literal, TypeAlias, get_args

from archc.support.record import Record

X: TypeAlias = Literal["macs", "params", "memory", "depth"]
Y: TypeAlias = Literal["top1", "top5"]
XS: tuple[X, ...] = get_args(X)
YS: tuple[Y, ...] = get_args(Y)


class Point(Record):
    """A network in the chart; unknown values are None.

    `title`: its label, if that is not its name. `top1`, `top5`: accuracy in per cent, and `source`, where they come
    from. `params`: the number of parameters; `macs`: multiply-accumulates for one sample; `memory`: peak bytes of live
    activations, for one sample; `depth`: layers with weights on the longest path.
    """

    name: str
    family: str = ""
    top1: float | None = None
    top5: float | None = None
    params: float | None = None
    macs: float | None = None
    memory: float | None = None
    depth: float | None = None
    source: str = ""
    title: str = ""

    @property
    def called(self) -> str:
        """Its title, or its name if it has none."""
        return self.title or self.name

    def has(self, x: X, y: Y) -> bool:
        """Whether it can be drawn: both coordinates and the size of the ball are known."""
        return None not in (getattr(self, x), getattr(self, y), self.params)


_TEXTS = ("name", "family", "source", "title")
_COLUMNS = tuple(field.name for field in fields(Point))


def drawable(points: Iterable[Point], x: X, y: Y) -> tuple[list[Point], list[Point]]:
    """The points that can be drawn, and those that cannot."""
    kept: list[Point] = []
    left: list[Point] = []
    for point in points:
        (kept if point.has(x, y) else left).append(point)
    return kept, left


def read_csv(text: str) -> tuple[Point, ...]:
    """Points from CSV with a header: `name` and any of Point's other fields; an empty cell means unknown.

    Numbers may have thousands separators (`25_557_032`).

    Raises:
        ValueError: what is wrong, with its line.
    """
    reader = csv.DictReader(io.StringIO(text))
    header = [name.strip() for name in reader.fieldnames or ()]
    unknown = [name for name in header if name not in _COLUMNS]
    if "name" not in header or unknown:
        wrong = f"no such column: {', '.join(unknown)}" if unknown else "there is no column 'name'"
        raise ValueError(f"{wrong}; the columns are {', '.join(_COLUMNS)}")
    reader.fieldnames = header
    return tuple(_point(row, reader.line_num) for row in reader)


def _point(row: dict[str, str], line: int) -> Point:
    if None in row or None in row.values():
        raise ValueError(f"line {line} has another number of cells than the header")
    cells = {name: cell.strip() for name, cell in row.items()}
    if not cells["name"]:
        raise ValueError(f"line {line} has no name")
    given: dict[str, Any] = {
        name: cell if name in _TEXTS else _number(cell, name, line) for name, cell in cells.items()
    }
    return Point(**given)


def _number(cell: str, name: str, line: int) -> float | None:
    if not cell:
        return None
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise ValueError(f"line {line}: {name} is {cell!r}, not a number of 0 or more")
    return number


def families(points: Sequence[Point]) -> tuple[str, ...]:
    """The families of these points, in alphabetical order."""
    return tuple(sorted({point.family for point in points}))
