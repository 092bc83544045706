"""Where names are looked up."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache

from archc.elaborate.values import Entry, Tensors
from archc.syntax import tree

RESERVED = frozenset(
    {
        "self",
        "super",
        "torch",
        "nn",
        "math",
        "F",
        "Tensor",
        "OrderedDict",
        "NamedTuple",
        "in_channels",
        "range",
        "enumerate",
        "zip",
    }
)
"""Names that emitted code gives a meaning of its own."""


class Env:
    """Names of one file, body, macro call or loop turn, inside those of `parent`.

    Also the `default`s declared there. Lookups go outwards; a body's environment has its file's as parent, so nothing
    leaks from caller to callee.
    """

    __slots__ = ("_defaults", "_layers", "names", "parent")

    def __init__(self, parent: Env | None = None) -> None:
        self.parent = parent
        self.names: dict[str, Entry] = {}
        self._layers: list[tree.Use] = []
        self._defaults: dict[str, dict[str, tuple[tree.Argument, Env]]] = {}

    def find(self, name: str) -> Entry | None:
        """What `name` stands for here, None if nothing."""
        env: Env | None = self
        while env is not None:
            if (entry := env.names.get(name)) is not None:
                return entry
            env = env.parent
        return None

    def own(self, name: str) -> Entry | None:
        """What `name` stands for in this body itself."""
        return self.names.get(name)

    def add_default(self, kind: str, layer: tree.Use) -> None:
        """Declare a `default` for a layer kind."""
        self._layers.append(layer)
        arguments = self._defaults.setdefault(kind, {})
        for argument in layer.arguments or ():
            if argument.name is not None:
                arguments[argument.name] = (argument, self)

    def defaults(self, kind: str) -> dict[str, tuple[tree.Argument, Env]]:
        """The defaults in force for a layer kind, the innermost winning, each with the place of its names."""
        found: dict[str, tuple[tree.Argument, Env]] = {}
        for env in reversed(list(self._outwards())):
            found.update(env._defaults.get(kind, {}))
        return found

    def declared(self) -> tuple[tree.Use, ...]:
        """The `default`s declared here itself."""
        return tuple(self._layers)

    def all_names(self) -> Iterator[str]:
        """Every name that can be seen from here."""
        for env in self._outwards():
            yield from env.names

    def tensor_names(self) -> Iterator[str]:
        """The names of tensors that can be seen from here, `in` aside."""
        for env in self._outwards():
            yield from (n for n, entry in env.names.items() if isinstance(entry, Tensors) and n != "in")

    def _outwards(self) -> Iterator[Env]:
        env: Env | None = self
        while env is not None:
            yield env
            env = env.parent


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that `name` probably was meant to be; empty if none is near, or two are equally near."""
    if len(name) > _LONGEST:
        return ""
    return _nearest(name, frozenset(each for each in known if len(each) <= _LONGEST))


_LONGEST = 100
"""Letters of a name that is compared with others: that takes time with the square of them, or worse."""


@lru_cache(maxsize=1000)  # one mistake may be made a thousand times
def _nearest(name: str, known: frozenset[str]) -> str:
    folded = {c.lower(): c for c in sorted(known, reverse=True)}
    wanted = name.lower()
    swapped = {wanted[:i] + wanted[i + 1] + wanted[i] + wanted[i + 2 :] for i in range(len(wanted) - 1)}
    close = {*get_close_matches(wanted, sorted(folded), n=5, cutoff=0.6), *(swapped & folded.keys())}
    ranked = sorted((_slips(wanted, each), -_likeness(wanted, each), each) for each in close)
    if not ranked or (len(ranked) > 1 and ranked[0][:2] == ranked[1][:2]):
        return ""
    return folded[ranked[0][2]]


def _likeness(a: str, b: str) -> float:
    return SequenceMatcher(a=b, b=a).ratio()  # the order of `get_close_matches`: the ratio is not symmetric


def _slips(a: str, b: str) -> int:
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


def is_reserved(name: str) -> bool:
    """Whether a value or parameter may not be called `name`, because emitted Python could not call it so."""
    return (
        keyword.iskeyword(name)
        or name in RESERVED
        or name.startswith("__")
        or (name.startswith("in_") and name[3:].isdigit())
        or name == "in_"
    )
