"""The table below an inset: the values of the names in its boxes, with a row for instances of equal values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from os.path import commonprefix

from archc.targets.figure.figure import SymbolRow, Values
from archc.targets.figure.wording import ending

MOST_ROWS = 12
"""The maximum number of rows. With more, equal instances share a row even if they are not consecutive, or else the
names that vary most have ranges."""

Number = int | float
Row = Sequence[Number | None]
Groups = Sequence[Sequence[str]]
"""Paths of instances, by row."""
Namer = Callable[[Groups, Sequence[str]], list[str]]
"""Gives rows of instances, of all with these paths, their names."""


def values(names: Sequence[str], paths: Sequence[str], known: Sequence[Row]) -> Values | None:
    """The table of names over instances (`paths`), with a number per instance and name; None without names."""
    if not names:
        return None
    numbers = dict(zip(paths, known, strict=True))
    called, groups = next(one for one in _grouped(paths, known) if len(one[1]) <= MOST_ROWS)
    rows = (
        SymbolRow(name, tuple(own), tuple(map(_cell, zip(*(numbers[path] for path in own), strict=True))))
        for name, own in zip(called(groups, paths), groups, strict=True)
    )
    return Values(tuple(names), tuple(rows))


def _grouped(paths: Sequence[str], known: Sequence[Row]) -> Iterator[tuple[Namer, Groups]]:
    """Ways to group instances into rows, the most exact first, and how the rows are named."""
    varied = sorted(range(len(known[0])), key=lambda i: -len({row[i] for row in known}))
    for count in range(len(varied)):
        keys = [tuple(row[i] for i in varied[count:]) for row in known]
        pairs = list(zip(keys, paths, strict=True))
        yield _names_of, [[path for _, path in same] for _, same in groupby(pairs, key=lambda pair: pair[0])]
        yield _names_apart, [[path for key, path in pairs if key == one] for one in dict.fromkeys(keys)]
    yield lambda *_: [""], [paths]


def _names_of(groups: Groups, paths: Sequence[str]) -> list[str]:
    """The names of consecutive instances."""
    whole = [_called(own, paths, str) for own in groups]
    short = [_called(own, paths, ending) for own in groups]
    left_out = {
        one.partition("–")[0].removesuffix(name.partition("–")[0]) for one, name in zip(whole, short, strict=True)
    }
    return whole if len(left_out) > 1 or len({*short}) < len(short) else short


def _names_apart(groups: Groups, _: Sequence[str]) -> list[str]:
    """The names of instances that are not consecutive: that of all of them, or the first and how many more."""
    shared = [{ending(path) for path in own} for own in groups]
    if all(len(one) == 1 for one in shared) and len(frozenset().union(*shared)) == len(groups):
        return [one for (one,) in shared]
    return [f"{own[0]} and {len(own) - 1} more" if len(own) > 1 else own[0] for own in groups]


def _cell(column: Row) -> str:
    """The number of a name in the instances of a row, or its range; a dash without any."""
    numbers = sorted({number for number in column if number is not None})
    return "–".join(dict.fromkeys(f"{number:g}" for number in (*numbers[:1], *numbers[-1:]))) or "–"


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
