"""The edit script that turns one network into another, in the terms of the language."""

from __future__ import annotations

import json

from archc.support.record import Record

OPPOSITE = {
    "added": "removed", "removed": "added", "wrapped": "unwrapped", "unwrapped": "wrapped",
    "froze": "thawed", "thawed": "froze",
}  # fmt: skip
"""The inverses of actions; those that are not listed are their own inverse."""


class Site(Record):
    """Where an edit is made: in `count` of the `of` instances of a block (or in the model, once).

    `block` and `other`: the names of the enclosing block or model in the two networks. `at`: the path of the part in
    the block, or of the part that it follows; `paths_before` and `paths_after`: the paths of all instances.
    """

    block: str
    other: str
    at: str
    count: int
    of: int
    paths_before: tuple[str, ...] = ()
    paths_after: tuple[str, ...] = ()


class ScriptEdit(Record):
    """One edit, folded over all places where it is made.

    `action`: what was done, to which kind of thing, `what`; `name`: its name, or the owner of an argument; `before` and
    `after`: the texts; `times`: the number of differences folded into it. `causes`: the indices of the edits that it
    follows from; `follows`: it is a consequence rather than part of the script itself. `costs`: parameters, MACs and
    activations of what it adds, minus those of what it removes.
    """

    action: str
    what: str
    name: str
    before: str
    after: str
    times: int
    sites: tuple[Site, ...]
    follows: bool = False
    causes: tuple[int, ...] = ()
    costs: tuple[int, int, int] | None = None


class CostChange(Record):
    """A module, or the network (`path` ""), and its parameters, MACs and activations before and after."""

    before_path: str | None
    after_path: str | None
    params: tuple[int, int]
    macs: tuple[int, int]
    activations: tuple[int, int]

    @property
    def differs(self) -> bool:
        """Whether any of it differs."""
        return any(one != other for one, other in (self.params, self.macs, self.activations))


class KeyMap(Record):
    """The changes of the keys of a state dict.

    `keys`: the new name of each tensor that keeps its shape. `dropped` and `new`: tensors of only one network;
    `reshaped`: pairs of names of tensors whose shape differs.
    """

    before: str
    after: str
    keys: tuple[tuple[str, str], ...]
    dropped: tuple[str, ...]
    new: tuple[str, ...]
    reshaped: tuple[tuple[str, str], ...]

    def to_json(self) -> str:
        """The file that `archc weights --map` reads."""
        parts = {"dropped": self.dropped, "new": self.new, "reshaped": self.reshaped}
        named = {"archc": "key map", "before": self.before, "after": self.after, "keys": dict(self.keys)}
        return json.dumps({**named, **parts}, indent=2) + "\n"

    @property
    def renamed(self) -> tuple[tuple[str, str], ...]:
        """The tensors that are kept under a different name."""
        return tuple(pair for pair in self.keys if pair[0] != pair[1])

    @property
    def as_it_was(self) -> bool:
        """Whether all tensors keep their name and shape."""
        return not (self.dropped or self.new or self.reshaped or self.renamed)


class Script(Record):
    """The edits that turn the network `before` into the network `after`.

    `edits` are the script: changes of the text that have an effect. `consequences`: what follows from them. `total` and
    `costs`: those of the whole network, and of the modules of the model that differ.
    """

    before: str
    after: str
    edits: tuple[ScriptEdit, ...]
    consequences: tuple[ScriptEdit, ...]
    total: CostChange
    costs: tuple[CostChange, ...]
    keys: KeyMap

    @property
    def equal(self) -> bool:
        """Whether there is no difference."""
        return not self.edits
