"""Steps: calls of a recording in terms of archc's ops, or unchanged if there is no such op."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from archc.importing.recording import CallEvent
from archc.support.record import Record, replace

Dims = tuple[int, ...]
UNKNOWN_MARK = "?"


class ListValue(tuple[object, ...]):
    """A list, which specs write in brackets; other tuples of numbers are shapes."""


class OpStep(Record):
    """An op with its arguments, the live tensors that it reads and makes, and its module.

    `kind` begins with `?` for a call without an op (`patterns` may still find one for several calls).
    `path`: the module, or the owner of the weights of a function; empty for a function without weights. `stateful`: it
    has weights. `run`: the run of its scope. `line`: where the model's own code calls it.
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
        """Whether it has an op."""
        return not self.kind.startswith(UNKNOWN_MARK)


def made(kind: str, event: CallEvent, arguments: Mapping[str, object] | None = None, path: str = "") -> OpStep:
    """The step for an event."""
    return OpStep(kind, arguments or {}, event.reads(), event.outputs, path, bool(path), event.run, event.line)


def reader_counts(steps: Sequence[OpStep], outputs: Sequence[int]) -> dict[int, int]:
    """The number of readers of each tensor that is read; the caller is one of an output."""
    found: dict[int, int] = dict.fromkeys(outputs, 1)
    for step in steps:
        for number in step.inputs:
            found[number] = found.get(number, 0) + 1
    return found


class SingleReaderSteps(Record):
    """The steps that only one other step reads, in one run of a module."""

    run: int
    makers: Mapping[int, OpStep]
    readers: Mapping[int, int]

    def __getitem__(self, number: int) -> OpStep | None:
        """The step that makes a tensor."""
        step = self.makers.get(number)
        return step if step is not None and step.run == self.run and self.readers[number] == 1 else None


Rule = Callable[[OpStep, SingleReaderSteps], tuple[OpStep, Sequence[OpStep]] | None]
"""What stands for a step and for some that only it reads, and these; None if nothing does."""


def absorbed(steps: Sequence[OpStep], outputs: Sequence[int], rule: Rule) -> list[OpStep]:
    """The steps, with one in place of several wherever a rule gives it."""
    readers = reader_counts(steps, outputs)
    makers = {number: step for step in steps for number in step.outputs}
    gone: set[int] = set()
    found: list[OpStep] = []
    for step in steps:
        one = rule(step, SingleReaderSteps(step.run, makers, readers))
        if one is not None:
            step, parts = one
            gone |= {id(part) for part in parts}
        found.append(step)
    return [step for step in found if id(step) not in gone]


class LiveTensors:
    """The shapes of a run's live tensors, without the batch, and of those between several steps of one call.

    `loose`: those whose first axis is not the batch.
    """

    def __init__(self, shapes: Mapping[int, Dims], loose: frozenset[int] = frozenset()) -> None:
        self.shapes = dict(shapes)
        self.loose = loose
        self.between = 0

    def __getitem__(self, number: int) -> Dims:
        """The shape of a tensor."""
        return self.shapes[number]

    def new(self, dims: Dims) -> int:
        """Add a tensor between two steps of one call."""
        self.between -= 1
        self.shapes[self.between] = dims
        return self.between


class CallSteps:
    """The steps of one call, in sequence."""

    def __init__(self, event: CallEvent, tensors: LiveTensors, start: int) -> None:
        self.event, self.tensors, self.at = event, tensors, start
        self.steps: list[OpStep] = []

    @property
    def dims(self) -> Dims:
        """The current shape."""
        return self.tensors[self.at]

    def add(self, kind: str, dims: Dims, path: str = "", **arguments: object) -> None:
        """Add a step with its output shape."""
        number = self.tensors.new(dims)
        event = self.event
        step = OpStep(kind, arguments, (self.at,), (number,), path, bool(path), event.run, event.line)
        self.steps.append(step)
        self.at = number

    def permute(self, order: Sequence[int]) -> None:
        """Add a change of the order of axes, unless it is the identity."""
        if list(order) != list(range(len(order))):
            self.add("Permute", tuple(self.dims[i] for i in order), order=ListValue(order))

    def reshape(self, dims: Dims) -> None:
        """Add a change of shape, unless it is the identity."""
        if dims != self.dims:
            if len(dims) == 1:
                self.add("Flatten", dims)
            else:
                self.add("Reshape", dims, shape=ListValue(dims))

    def done(self) -> tuple[OpStep, ...]:
        """The steps, of which the last one makes the outputs of the call."""
        if not self.steps:
            self.add("Identity", self.dims)
        return (*self.steps[:-1], replace(self.steps[-1], outputs=self.event.outputs))


class NoCounterpart(Exception):
    """A call has no counterpart among archc's ops. The message says what is missing."""


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
    """Reject a call that archc's op cannot express. Raises `NoCounterpart`."""
    if not holds:
        raise NoCounterpart(what)
