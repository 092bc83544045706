"""The table below an inset: the values of the names in its boxes, with a row for consecutive instances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from os.path import commonprefix

from archc.targets.figure.figure import SymbolRow, Values
from archc.targets.figure.wording import ending

MOST_ROWS = 12
"""The maximum number of rows; beyond it, the smallest and the largest value of each name are shown."""

Number = int | float


def values(names: Sequence[str], paths: Sequence[str], known: Sequence[Sequence[Number | None]]) -> Values | None:
    """The table of names over instances (`paths`), with a number per instance and name; None without names."""
    if not names:
        return None
    pairs = list(zip(paths, map(tuple, known), strict=True))
    groups = [(numbers, [path for path, _ in same]) for numbers, same in groupby(pairs, key=lambda pair: pair[1])]
    whole = [_called(own, paths, str) for _, own in groups]
    names_of = [_called(own, paths, ending) for _, own in groups]
    left_out = {
        one.partition("–")[0].removesuffix(name.partition("–")[0]) for one, name in zip(whole, names_of, strict=True)
    }
    if len(left_out) > 1 or len({*names_of}) < len(names_of):
        names_of = whole
    rows = tuple(
        SymbolRow(name, tuple(own), tuple(map(_cell, numbers)))
        for name, (numbers, own) in zip(names_of, groups, strict=True)
    )
    if len(rows) > MOST_ROWS:
        columns = [sorted({n for n in column if n is not None}) for column in zip(*known, strict=True)]
        rows = (SymbolRow("", tuple(paths), tuple(_range(column) for column in columns)),)
    return Values(tuple(names), rows)


def _cell(number: Number | None) -> str:
    return "–" if number is None else f"{number:g}"


def _range(numbers: Sequence[Number]) -> str:
    ends = [f"{numbers[0]:g}", f"{numbers[-1]:g}"]
    return "–".join(dict.fromkeys(ends))


def _called(group: Sequence[str], paths: Sequence[str], short: Callable[[str], str]) -> str:
    """The common name of instances: `layer1` if they are all that it contains, or `layer1.1–2`, `inception4b–4d`."""
    if common := _around(group, paths):
        return short(common)
    first, last = (short(_around([path], paths)) for path in (group[0], group[-1]))
    same = len(commonprefix((first, last)))
    stem = first[:same].rstrip("0123456789")
    return f"{first}–{last[len(stem) :]}"


def _around(group: Sequence[str], paths: Sequence[str]) -> str:
    """The path of the outermost module that contains exactly these instances; it can be an instance itself."""
    names = group[0].split(".")
    for count in range(1, len(names) + 1):
        path = ".".join(names[:count])
        inside = [one for one in paths if one == path or one.startswith(path + ".")]
        if len(inside) == len(group) and {*inside} == {*group}:
            return path
    return ""
