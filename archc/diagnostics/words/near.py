"""Slips of the hand: the known word that is one or two letters away."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

_LONGEST = 100
"""Letters of a word that is compared with others: that takes time with the square of them."""
_SHORT = 5
"""A shorter word may have one slip, a longer one two; one of two letters is any other of two letters, and has none."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The known word that differs from `name` in case or by one or two slips; empty if none does, or two equally do."""
    if len(name) > _LONGEST:
        return ""
    return _nearest(name, frozenset(each for each in known if len(each) <= _LONGEST))


def nearest_argument(name: str, known: Collection[str]) -> str:
    """Like `nearest`, for the few names of one call: one of two letters may lack a third (`pd` for `pad`)."""
    if len(name) == 2:
        longer = [each for each in known if len(each) == 3 and slips(name.lower(), each.lower()) == 1]
        if len(longer) == 1:
            return longer[0]
    return nearest(name, known)


@lru_cache(maxsize=1000)  # one mistake may be made a thousand times
def _nearest(name: str, known: frozenset[str]) -> str:
    most = 0 if len(name) < 3 else 1 if len(name) < _SHORT else 2
    wanted = name.lower()
    ranked = sorted(
        (slips(wanted, each.lower()), slips(name, each), each) for each in known if abs(len(each) - len(name)) <= most
    )
    near = [
        each for each in ranked
        if each[0] <= most and each[2] != name and _digits(each[2]) == _digits(name) and not _is_other(name, each[2])
    ]  # fmt: skip
    if not near or (len(near) > 1 and near[0][:2] == near[1][:2]):
        return ""
    return near[0][2]


def _is_other(name: str, known: str) -> bool:
    """Whether two words of three letters differ in a letter and in case: `net` is no slip of `Neg`."""
    return len(name) == len(known) == 3 and name[0] != known[0] and name.lower() != known.lower()


def _digits(name: str) -> str:
    """The digits of a word: `Conv64` is no slip of `Conv`, nor `resnet51` one of `resnet50`."""
    return "".join(c for c in name if c.isdigit())


def slips(a: str, b: str) -> int:
    """How many letters were left out, put in, mistaken or exchanged with the next between two words.

    Damerau 1964, doi:10.1145/363958.363994.
    """
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]
