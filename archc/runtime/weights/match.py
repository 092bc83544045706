"""Matching weights with a network: tensor by tensor, from keys and shapes alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Literal

from archc.diagnostics.source import Span
from archc.ir.network import Network
from archc.ir.state import Entry, Kept, changes, layout
from archc.runtime.weights.keys import Shape, Used, mapped, renamed
from archc.runtime.weights.mapping import KeyMapping
from archc.support.record import Record

Fit = Literal["matched", "adapted", "new", "dropped", "wrong shape", "missing", "unexpected"]
FITTING: frozenset[Fit] = frozenset({"matched", "adapted", "new", "dropped"})
COLOURS = 3
"""The number of channels of the images that published weights were trained on."""


class WeightRow(Record):
    """One tensor: its fate, its key and shape in the file, its shape in the network, and the place in the spec."""

    key: str
    fit: Fit
    source: str | None
    wanted: Shape | None
    found: Shape | None
    span: Span | None
    why: str = ""


class Allowed(Record):
    """What the user allows for a file.

    Patterns of tensors that it may have in excess (`drop`) or lack (`new`), and pairs of module names, in the file and
    in the network (`rename`). A `map` of keys replaces all heuristics.
    """

    drop: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    rename: tuple[tuple[str, str], ...] = ()
    map: KeyMapping | None = None


class Match(Record):
    """The match of weights and a network: a row for every tensor of either, and the renaming rules that were used."""

    rows: tuple[WeightRow, ...]
    rules: tuple[Used, ...]

    @property
    def fits(self) -> bool:
        """Whether every difference is explained by the spec's edits or allowed by the user."""
        return all(row.fit in FITTING for row in self.rows)

    def counts(self) -> Mapping[Fit, int]:
        """The number of tensors of each kind."""
        return Counter(row.fit for row in self.rows)

    def taken(self) -> dict[str, str]:
        """The file's key for each tensor that is loaded."""
        loaded = (row for row in self.rows if row.fit in ("matched", "adapted"))
        return {row.key: row.source for row in loaded if row.source is not None}

    def adapted(self) -> dict[str, int]:
        """The tensors whose channels are derived from those of colour images, and the number of channels required."""
        return {row.key: row.wanted[1] for row in self.rows if row.fit == "adapted" and row.wanted is not None}

    def fresh(self) -> tuple[str, ...]:
        """The layers that are newly initialised."""
        new = (row.key.rpartition(".")[0] for row in self.rows if row.fit == "new" and not _counter(row.key))
        return tuple(dict.fromkeys(new))


def match(
    network: Network,
    base: Network | None,
    shapes: Mapping[str, Shape],
    allowed: Allowed = Allowed(),  # noqa: B008 - it is immutable
    *,
    other_classes: bool = False,
) -> Match:
    """Match a file's tensors with a network, and with the network that its edits start from.

    What an edit adds is new, and what an edit removes is dropped, unless the file is for the edited network itself,
    trained for the same classes. The first convolution of a network for images of other channels is derived from that
    of a file for colour images.
    """
    wanted = layout(network)
    old = layout(base) if base is not None else {}
    known = {key: entry.weight.shape for key, entry in (old | wanted).items()}
    known |= {key: entry.weight.shape for key, entry in old.items()}
    if allowed.map is None:
        names, rules = renamed(shapes, known, allowed.rename)
    else:
        names, rules = mapped(shapes, allowed.map)
    source = {name: key for key, name in names.items()}
    given = {name: shapes[key] for name, key in source.items()}
    own = not other_classes and _all_there(wanted, given) and not (base is not None and _all_there(old, given))
    edited: dict[str, Kept] = {}
    if base is not None and not own and allowed.map is None:
        edited = {c.key: c for c in changes(base, network) if c.status != "dropped"}
    first = _first(network)
    rows = []
    for key, entry in wanted.items():
        row = _row(entry, edited.get(key), source.get(key), given.get(key), first)
        if row.fit == "missing" and any(fnmatchcase(key, pattern) for pattern in allowed.new):
            row = WeightRow(key, "new", None, row.wanted, None, row.span, "as asked")
        if row.fit == "missing" and allowed.map is not None and key in allowed.map.new:
            row = WeightRow(key, "new", None, row.wanted, None, row.span, "as the map says")
        rows.append(row)
    loaded = {row.source for row in rows}
    rows += [
        _left(name, key, shapes[key], name in old and not own, any(fnmatchcase(name, p) for p in allowed.drop))
        for name, key in source.items()
        if key not in loaded
    ]
    without = (key for key in shapes if key not in names)
    rows += [WeightRow(key, "dropped", key, None, shapes[key], None, "as the map says") for key in without]
    return Match(tuple(rows), rules)


def suggestion(found: Match) -> str:
    """The options with which weights fit that lack some tensors and have others in excess; "" if others are wrong."""
    kinds = {row.fit for row in found.rows if row.fit not in FITTING}
    if not kinds or not kinds <= {"missing", "unexpected"} or not found.taken():
        return ""
    words = [
        f"{option} '{name}.*'"
        for option, fit in (("--new", "missing"), ("--drop", "unexpected"))
        for name in dict.fromkeys(row.key.partition(".")[0] for row in found.rows if row.fit == fit)
    ]
    return "if that is meant: " + " ".join(words[:6]) + (" …" if len(words) > 6 else "")


def _first(network: Network) -> str:
    """The weight of the layer that reads the input, if that is an image; else ""."""
    entries = ((key, entry) for key, entry in layout(network).items() if len(entry.weight.shape) == 4)
    inputs = set(network.inputs)
    return next((key for key, entry in entries if inputs & set(entry.node.inputs)), "")


def _all_there(entries: Mapping[str, Entry], given: Mapping[str, Shape]) -> bool:
    """Whether a file has every tensor of a network in its shape."""
    return all(given.get(key) == entry.weight.shape for key, entry in entries.items())


def _counter(key: str) -> bool:
    return key.endswith(".num_batches_tracked")


def _row(entry: Entry, change: Kept | None, source: str | None, found: Shape | None, first: str) -> WeightRow:
    """The row of a tensor of the network."""
    key, wanted, span = entry.key, entry.weight.shape, entry.node.span
    new = change is not None and change.status == "new"
    if key == first and not new and found is not None and found != wanted and _colours(found, wanted):
        why = f"{COLOURS} channels of colour images are {_told(wanted[1])}"
        return WeightRow(key, "adapted", source, wanted, found, span, why)
    if change is not None and change.status != "kept":
        why = "the spec's edits put it there" if new else "other channels come in"
        return WeightRow(key, "new", None, wanted, None, span, why)
    if found is None and _counter(key):
        return WeightRow(key, "new", None, wanted, None, span, "older files have none; it starts at 0")
    fit: Fit = "missing" if found is None else "matched" if found == wanted else "wrong shape"
    return WeightRow(key, fit, source, wanted, found, span)


def _colours(found: Shape, wanted: Shape) -> bool:
    """Whether two weights of a convolution differ only in their input channels, and the first is for colour images."""
    return len(found) == len(wanted) == 4 and found[1] == COLOURS and (found[0], *found[2:]) == (wanted[0], *wanted[2:])


def _told(channels: int) -> str:
    return "added up for grey ones" if channels == 1 else f"repeated for {channels}, and scaled by {COLOURS}/{channels}"


def _left(name: str, source: str, found: Shape, explained: bool, allowed: bool) -> WeightRow:
    """The row of a tensor of the file that is not loaded."""
    why = "the spec's edits took it away" if explained else "as asked" if allowed else ""
    return WeightRow(name, "dropped" if why else "unexpected", source, None, found, None, why)
