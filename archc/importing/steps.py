"""A step: one call of a recording in the words of archc's ops, or as it is where archc has no such op."""

from __future__ import annotations

from collections.abc import Mapping

from archc.support.record import Record

UNKNOWN_MARK = "?"


class OpStep(Record):
    """An op with its arguments, the live tensors that it reads and makes, and the module that it is.

    `kind` begins with `?` for a call that archc has no op for (yet: `rewrite` may find a pattern in several).
    `path`: the module, or the owner of the weights of a function; empty for a function without. `stateful`: it has
    weights. `run`: the run of a scope that it is part of. `line`: where the model's own code calls it.
    """

    kind: str
    arguments: Mapping[str, object]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    path: str
    stateful: bool
    run: int
    line: str

    @property
    def known(self) -> bool:
        """Whether archc has such an op."""
        return not self.kind.startswith(UNKNOWN_MARK)


class NoCounterpart(Exception):
    """A call has no counterpart among archc's ops: what of it is missing."""


def size(values: object, axes: int = 2) -> object:
    """A size of a kernel, stride or padding as specs write it: one number where all axes have the same."""
    if isinstance(values, int):
        return values
    if not isinstance(values, tuple) or not all(isinstance(v, int) for v in values):
        raise NoCounterpart(f"the size {values!r}")
    if len(values) == 1:
        return values[0]
    return values[0] if len(set(values)) == 1 else values


def refuse_unless(holds: bool, what: str) -> None:
    """Refuse a call that says something that archc's op cannot."""
    if not holds:
        raise NoCounterpart(what)
