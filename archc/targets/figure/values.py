"""The table below an inset: what the names in its boxes stand for, a row for instances that follow each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from archc.targets.figure.figure import SymbolRow, Values
from archc.targets.figure.wording import ending

MOST_ROWS = 12
"""The most rows; beyond, the least and the greatest value of each name are shown."""

Number = int | float


def values(names: Sequence[str], paths: Sequence[str], known: Sequence[Sequence[Number | None]]) -> Values | None:
    """The table of names over instances (`paths`), each with a number for each name; nothing without names."""
    if not names:
        return None
    short = dict(zip(paths, _shortened(paths), strict=True))
    pairs = list(zip(paths, map(tuple, known), strict=True))
    groups = [(numbers, [path for path, _ in same]) for numbers, same in groupby(pairs, key=lambda pair: pair[1])]
    rows = tuple(
        SymbolRow(_called([short[path] for path in own], [*short.values()]), tuple(own), tuple(map(_cell, numbers)))
        for numbers, own in groups
    )
    names_of = [row.name for row in rows]
    rows = tuple(row if names_of.count(row.name) == 1 else replace(row, name=_whole(row.paths)) for row in rows)
    if len(rows) > MOST_ROWS:
        columns = [sorted({n for n in column if n is not None}) for column in zip(*known, strict=True)]
        rows = (SymbolRow("", tuple(paths), tuple(_range(column) for column in columns)),)
    return Values(tuple(names), rows)


def _whole(paths: Sequence[str]) -> str:
    """What instances are called by their whole paths, where shorter names would be those of others too."""
    return paths[0] if len(paths) == 1 else f"{paths[0]}–{paths[-1]}"


def _cell(number: Number | None) -> str:
    return "–" if number is None else f"{number:g}"


def _range(numbers: Sequence[Number]) -> str:
    ends = [f"{numbers[0]:g}", f"{numbers[-1]:g}"]
    return "–".join(dict.fromkeys(ends))


def _shortened(paths: Sequence[str]) -> list[str]:
    """Paths without trailing names that are not needed to tell them apart."""
    parts = [path.split(".") for path in paths]
    for count in range(1, max(map(len, parts))):
        short = [".".join(names[:count]) for names in parts]
        if len(set(short)) == len(paths):
            return short
    return list(paths)


def _called(group: Sequence[str], paths: Sequence[str]) -> str:
    """The common name of instances: `layer1` if these are all in it, `layer1.1–2`, `inception4b–4d`."""
    around = {path.rpartition(".")[0] for path in group}
    parent = around.pop()
    inside = [path for path in paths if path.startswith(parent + ".")]
    if parent and not around and len(group) > 1 and len(inside) == len(group):
        return ending(parent)
    first, last = ending(group[0]), ending(group[-1])
    if len(group) == 1:
        return first
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        same += 1
    stem = first[:same].rstrip("0123456789")
    return f"{first}–{last[len(stem) :]}"
