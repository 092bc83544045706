"""The tree of scopes: steps in their modules, as in the names of the state dict.

A module that was called is a scope if it has weights. A container that is never called (`nn.ModuleList`) is one too if
its steps are contiguous.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archc.importing.canonical import CanonicalRun
from archc.importing.recording import RecordedModule, Recording
from archc.importing.steps import Dims, OpStep
from archc.support.record import Record


class ScopeInstance(Record):
    """A module as it ran: its steps and nested scopes in order, and its input and output tensors.

    `called`: the module itself was called, not only modules in it.
    """

    path: str
    module: RecordedModule
    called: bool
    items: tuple[OpStep | ScopeInstance, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    dims: tuple[Dims, ...]

    def label(self, path: str) -> str:
        """The name of something in it, which is a path if a module in between is not a scope."""
        return path[len(self.path) + 1 :] if self.path else path


class Scattered(Exception):
    """The steps of a module are not contiguous. The message is the path of the module."""


def scopes(run: CanonicalRun, recording: Recording) -> ScopeInstance:
    """The whole model as a scope.

    A module that cannot be a block, because it reads several tensors or its steps are not contiguous, is not a scope:
    its contents belong to the enclosing scope, under names with dots.
    """
    dissolved: set[str] = set()
    while True:
        kept = _kept(run.steps, recording) - dissolved
        homes = [_home(step, recording, kept) for step in run.steps]
        nesting = _Nesting(recording, run, frozenset(dissolved))
        try:
            root = nesting.scope("", list(zip(homes, run.steps, strict=True)), True)
        except Scattered as scattered:
            dissolved.add(str(scattered))
            continue
        several = {s.path for s in walk(root) if s.path and len(s.inputs) != 1}
        if not several:
            return root
        dissolved |= several


def _kept(steps: Sequence[OpStep], recording: Recording) -> frozenset[str]:
    """The paths of the modules that are scopes."""
    layers = {step.path for step in steps if step.stateful}
    found = {""}
    for run in recording.runs:
        module = recording.modules[run.path]
        parent = recording.modules.get(run.path.rpartition(".")[0])
        alone = bool(run.path) and parent is not None and parent.in_order
        if run.path not in layers and (module.stateful or alone):
            found.add(run.path)
    return frozenset(found)


def _home(step: OpStep, recording: Recording, kept: frozenset[str]) -> str:
    """The path of the scope of a step: that of its name, or the innermost one that was running."""
    if step.stateful:
        return step.path.rpartition(".")[0]
    run: int | None = step.run
    while run is not None:
        if recording.runs[run].path in kept:
            return recording.runs[run].path
        run = recording.runs[run].parent
    return ""


class _Nesting:
    """Makes the scopes, from the outside in."""

    def __init__(self, recording: Recording, run: CanonicalRun, dissolved: frozenset[str]) -> None:
        self.modules, self.shapes = recording.modules, run.shapes
        self.called = {r.path for r in recording.runs}
        self.inputs, self.outputs, self.dissolved = recording.inputs, run.outputs, dissolved
        self.readers: dict[int, list[OpStep]] = {}
        for step in run.steps:
            for number in step.inputs:
                self.readers.setdefault(number, []).append(step)

    def scope(self, path: str, items: list[tuple[str, OpStep]], called: bool) -> ScopeInstance:
        parts = self._parts(path, items)
        own = {id(step) for _, step in items}
        made = [number for _, step in items for number in step.outputs]
        inside = set(made)
        inputs = dict.fromkeys(n for _, step in items for n in step.inputs if n not in inside)
        outputs = tuple(
            n for n in made if n in self.outputs or any(id(reader) not in own for reader in self.readers.get(n, ()))
        )
        inputs = inputs if path else dict.fromkeys(self.inputs)
        dims = tuple(self.shapes[n] for n in inputs)
        return ScopeInstance(path, self.modules[path], called, tuple(parts), tuple(inputs), outputs, dims)

    def _parts(self, path: str, items: list[tuple[str, OpStep]]) -> Iterator[OpStep | ScopeInstance]:
        """The steps of a scope, with nested scopes in place of their steps."""
        children = [self._child(path, home) for home, _ in items]
        last = {child: i for i, child in enumerate(children) if child is not None}
        at = 0
        while at < len(items):
            child = children[at]
            if child is None:
                yield items[at][1]
                at += 1
                continue
            stop = last[child] + 1
            called = child in self.called
            for i in range(at, stop):
                if children[i] != child and (called or children[i] is not None or items[i][1].stateful):
                    raise Scattered(child)
            inner = [(child if children[i] is None else items[i][0], items[i][1]) for i in range(at, stop)]
            yield self.scope(child, inner, called)
            at = stop

    def _child(self, path: str, home: str) -> str | None:
        """The outermost scope in `path` that `home` is or is in; None if there is none in between."""
        names = home.split(".")
        for end in range(len(path.split(".")) + 1 if path else 1, len(names) + 1):
            child = ".".join(names[:end])
            if child and child not in self.dissolved:
                return child
        return None


def walk(scope: ScopeInstance) -> Iterator[ScopeInstance]:
    """A scope and all nested ones, inner ones first."""
    for item in scope.items:
        if isinstance(item, ScopeInstance):
            yield from walk(item)
    yield scope


def shapes_of(scope: ScopeInstance) -> Mapping[int, Dims]:
    """The shapes of the inputs."""
    return dict(zip(scope.inputs, scope.dims, strict=True))
