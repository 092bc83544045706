"""Whether weights fit a network: tensor by tensor, from keys and shapes alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from archc.network.network import Network
from archc.network.state import Entry, Kept, changes, layout
from archc.runtime.weights.keys import Used, renamed
from archc.source import Span

Shape = tuple[int, ...]
Fit = Literal["matched", "new", "dropped", "wrong shape", "missing", "unexpected"]
FITTING: frozenset[Fit] = frozenset({"matched", "new", "dropped"})


@dataclass(frozen=True, slots=True)
class Row:
    """One tensor: what becomes of it, the file's key and shape, the shape that the spec wants, and where it says so."""

    key: str
    fit: Fit
    source: str | None
    wanted: Shape | None
    found: Shape | None
    span: Span | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """How weights fit a network: a row for every tensor of both, and the renaming rules that were used."""

    rows: tuple[Row, ...]
    rules: tuple[Used, ...]

    @property
    def fits(self) -> bool:
        """Whether the spec's edits explain every difference."""
        return all(row.fit in FITTING for row in self.rows)

    def counts(self) -> Mapping[Fit, int]:
        """How many tensors there are of each kind."""
        return Counter(row.fit for row in self.rows)

    def taken(self) -> dict[str, str]:
        """The file's key for each tensor that is loaded."""
        return {row.key: row.source for row in self.rows if row.fit == "matched" and row.source is not None}


def match(
    network: Network,
    base: Network | None,
    shapes: Mapping[str, Shape],
    drop: Sequence[str] = (),
    *,
    other_classes: bool = False,
) -> Match:
    """Hold a file's tensors against a network, and against the one that its edits start from.

    What an edit put in is new, and what one took away is dropped, unless the file is of the edited network itself,
    trained for the same classes. `drop`: patterns of keys that the file may have too many.
    """
    wanted = layout(network)
    old = layout(base) if base is not None else {}
    names, rules = renamed(shapes, {*wanted, *old})
    source = {name: key for key, name in names.items()}
    given = {name: shapes[key] for name, key in source.items()}
    own = not other_classes and _all_there(wanted, given) and not (base is not None and _all_there(old, given))
    edited = {} if base is None or own else {c.key: c for c in changes(base, network) if c.status != "dropped"}
    rows = [_row(entry, edited.get(key), source.get(key), given.get(key)) for key, entry in wanted.items()]
    loaded = {row.source for row in rows}
    rows += [
        _left(name, key, shapes[key], name in old and not own, any(fnmatchcase(name, pattern) for pattern in drop))
        for name, key in source.items()
        if key not in loaded
    ]
    return Match(tuple(rows), rules)


def _all_there(entries: Mapping[str, Entry], given: Mapping[str, Shape]) -> bool:
    """Whether a file has every tensor of a network in its shape."""
    return all(given.get(key) == entry.weight.shape for key, entry in entries.items())


def _row(entry: Entry, change: Kept | None, source: str | None, found: Shape | None) -> Row:
    """What becomes of a tensor that the network wants."""
    key, wanted, span = entry.key, entry.weight.shape, entry.node.span
    if change is not None and change.status != "kept":
        why = "the spec's edits put it there" if change.status == "new" else "other channels come in"
        return Row(key, "new", None, wanted, None, span, why)
    if found is None and key.endswith(".num_batches_tracked"):
        return Row(key, "new", None, wanted, None, span, "older files have none; it starts at 0")
    fit: Fit = "missing" if found is None else "matched" if found == wanted else "wrong shape"
    return Row(key, fit, source, wanted, found, span)


def _left(name: str, source: str, found: Shape, explained: bool, allowed: bool) -> Row:
    """What becomes of a tensor of the file that is not loaded."""
    why = "the spec's edits took it away" if explained else "as asked" if allowed else ""
    return Row(name, "dropped" if why else "unexpected", source, None, found, None, why)
