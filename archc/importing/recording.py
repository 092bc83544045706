"""The recording of one run of a model, as plain data: its modules, and each call with the tensors that it reads."""

from __future__ import annotations

from collections.abc import Mapping

from archc.support.record import Record, field

Plain = object
"""A number, a text, None, a flag, or a tuple of such."""


class Live(Record):
    """A tensor that depends on the input, by its number."""

    number: int


class OwnedWeight(Record):
    """A parameter or buffer, by its name in the state dict; `seen` is the shape in which it is read, if it differs."""

    key: str
    shape: tuple[int, ...] = ()
    seen: tuple[int, ...] | None = None

    @property
    def owner(self) -> str:
        """The path of the module that owns it."""
        return self.key.rpartition(".")[0]


class Computed(Record):
    """A tensor that does not depend on the input and is not a weight: a mask, a table of positions.

    If it is computed from weights, `function` is the last function, with its arguments.
    """

    shape: tuple[int, ...]
    function: str = ""
    arguments: tuple[object, ...] = ()
    keywords: Mapping[str, object] = field(default_factory=dict)


class RecordedModule(Record):
    """A module: its class, its constructor arguments, and its plain attributes.

    `stateful`: it or a module in it has weights. `in_order`: it runs its children one after the other, as
    `nn.Sequential` does. `weights`: its own entries of the state dict.
    """

    path: str
    kind: str
    library: str
    arguments: Mapping[str, Plain]
    attributes: Mapping[str, Plain]
    weights: tuple[str, ...]
    children: tuple[str, ...]
    stateful: bool
    in_order: bool
    plain_sequence: bool


class ScopeRun(Record):
    """One call of a module that is entered: the enclosing run, and the tensors that it returned."""

    path: str
    parent: int | None
    returned: tuple[int, ...]


class CallEvent(Record):
    """One call of a function, or of a layer that is not entered (`module` is then its path).

    `line`: the place in the model's own code.
    """

    function: str
    module: str | None
    run: int
    arguments: tuple[object, ...]
    keywords: Mapping[str, object]
    outputs: tuple[int, ...]
    line: str

    def reads(self) -> tuple[int, ...]:
        """The live tensors that it reads, in order."""
        return tuple(_live((*self.arguments, *self.keywords.values())))


class Recording(Record):
    """A run in one mode. `shapes`: those of the live tensors, without the batch; the `inputs` are the first.

    `loose`: the tensors whose first axis is not the batch.
    """

    modules: Mapping[str, RecordedModule]
    runs: tuple[ScopeRun, ...]
    events: tuple[CallEvent, ...]
    shapes: Mapping[int, tuple[int, ...]]
    outputs: tuple[int, ...]
    batch: int = 0
    loose: frozenset[int] = frozenset()
    shared: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[int, ...] = (0,)

    def is_like(self, other: Recording) -> bool:
        """Whether the same calls of the same modules make the same tensors, whatever their other arguments are."""
        return self.outputs == other.outputs and self._calls() == other._calls()

    def _calls(self) -> list[tuple[object, ...]]:
        return [(e.function, e.module, e.run, e.reads(), e.outputs) for e in self.events]


def _live(values: tuple[object, ...]) -> list[int]:
    """The numbers of the live tensors in a value."""
    found: list[int] = []
    for value in values:
        if isinstance(value, Live):
            found.append(value.number)
        elif isinstance(value, tuple):
            found += _live(value)
    return found
