"""Whether weights fit a network: tensor by tensor, from keys and shapes alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from archc.network.network import Network
from archc.network.state import changes, layout
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


def match(network: Network, base: Network | None, shapes: Mapping[str, Shape], drop: Sequence[str] = ()) -> Match:
    """Hold a file's tensors against a network, and against the one that its edits start from.

    What an edit put in is new, and what one took away is dropped, unless the file is of the edited network itself.
    `drop`: patterns of keys that the file may have too many.
    """
    wanted = layout(network)
    old = layout(base) if base is not None else {}
    names, rules = renamed(shapes, {*wanted, *old})
    source = {name: key for key, name in names.items()}
    own = all(k in source and shapes[source[k]] == e.weight.shape for k, e in wanted.items())
    if base is not None and own:
        own = not all(k in source and shapes[source[k]] == e.weight.shape for k, e in old.items())
    edited = {} if base is None or own else {c.key: c for c in changes(base, network) if c.status != "dropped"}
    rows: list[Row] = []
    for key, entry in wanted.items():
        found = shapes.get(source.get(key, ""))
        change = edited.get(key)
        fit: Fit = "matched"
        why = ""
        if change is not None and change.status != "kept":
            fit, why = "new", "the spec's edits put it there" if change.status == "new" else "other channels come in"
        elif found is None and key.endswith(".num_batches_tracked"):
            fit, why = "new", "older files have none; it starts at 0"
        elif found is None:
            fit = "missing"
        elif found != entry.weight.shape:
            fit = "wrong shape"
        at = source.get(key) if fit != "new" else None
        rows.append(Row(key, fit, at, entry.weight.shape, found if fit != "new" else None, entry.node.span, why))
    loaded = {row.source for row in rows if row.source is not None}
    for name, key in source.items():
        if key not in loaded:
            explained = name in old and not own
            allowed = any(fnmatchcase(name, pattern) for pattern in drop)
            why = "the spec's edits took it away" if explained else "as asked" if allowed else ""
            rows.append(
                Row(name, "dropped" if explained or allowed else "unexpected", key, None, shapes[key], None, why)
            )
    return Match(tuple(rows), rules)
