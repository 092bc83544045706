"""The table below an inset: the values of the names in its boxes, with a row for instances of equal values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from os.path import commonprefix

from archc.targets.figure.figure import SymbolRow, Values
from archc.targets.figure.wording import ending

MOST_ROWS = 12
"""The maximum number of rows. With more, instances that are not consecutive share rows, or there are only ranges."""

Number = int | float
Group = tuple[tuple[Number | None, ...], list[str]]
"""Numbers, and the paths of the instances with these."""


def values(names: Sequence[str], paths: Sequence[str], known: Sequence[Sequence[Number | None]]) -> Values | None:
    """The table of names over instances (`paths`), with a number per instance and name; None without names."""
    if not names:
        return None
    pairs = list(zip(paths, map(tuple, known), strict=True))
    groups = [(numbers, [path for path, _ in same]) for numbers, same in groupby(pairs, key=lambda pair: pair[1])]
    if len(groups) <= MOST_ROWS:
        return Values(tuple(names), _rows(groups, _names_of(groups, paths)))
    apart = {numbers: [path for path, own in pairs if own == numbers] for _, numbers in pairs}
    if len(apart) <= MOST_ROWS:
        return Values(tuple(names), _rows([*apart.items()], _names_apart([*apart.values()])))
    columns = [sorted({n for n in column if n is not None}) for column in zip(*known, strict=True)]
    return Values(tuple(names), (SymbolRow("", tuple(paths), tuple(_range(column) for column in columns)),))


def _rows(groups: Iterable[Group], names: Iterable[str]) -> tuple[SymbolRow, ...]:
    return tuple(
        SymbolRow(name, tuple(own), tuple(map(_cell, numbers)))
        for name, (numbers, own) in zip(names, groups, strict=True)
    )


def _names_of(groups: Sequence[Group], paths: Sequence[str]) -> list[str]:
    """The names of consecutive instances."""
    whole = [_called(own, paths, str) for _, own in groups]
    short = [_called(own, paths, ending) for _, own in groups]
    left_out = {
        one.partition("–")[0].removesuffix(name.partition("–")[0]) for one, name in zip(whole, short, strict=True)
    }
    return whole if len(left_out) > 1 or len({*short}) < len(short) else short


def _names_apart(groups: Sequence[Sequence[str]]) -> list[str]:
    """The names of instances that are not consecutive: that of all of them, or the first and how many more."""
    shared = [{ending(path) for path in own} for own in groups]
    if all(len(one) == 1 for one in shared) and len(frozenset().union(*shared)) == len(groups):
        return [one for (one,) in shared]
    return [f"{own[0]} and {len(own) - 1} more" if len(own) > 1 else own[0] for own in groups]


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
