"""From a model to a proved spec: the stages in order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePath

import torch
from torch import nn

from archc.count.counts import count
from archc.diagnostics.core import Problem, Severity
from archc.diagnostics.problems.importing import (
    DependsOnNumbers,
    ImportNotProved,
    InputMisfit,
    ModelFails,
    NoCounterparts,
    NotWritable,
    OtherDevice,
    UnreadWeights,
)
from archc.diagnostics.problems.references import ReferenceFailed
from archc.diagnostics.source import Source
from archc.importing import naming
from archc.importing.alike import FLAT
from archc.importing.bodies import NoChain
from archc.importing.canonical import CanonicalRun, canonical
from archc.importing.construct import Constructed, OnMeta, watched
from archc.importing.described import described
from archc.importing.factor import ModelRun, SpecParts, factor
from archc.importing.functions import always_random
from archc.importing.record import RunFailed, record
from archc.importing.recording import RecordedModule, Recording
from archc.importing.scopes import scopes
from archc.importing.shared import told_apart
from archc.importing.sources import ModelSource, in_order, misfit
from archc.importing.spelled import Naming, spelled
from archc.importing.steps import OpStep
from archc.importing.windows import ATTENTIVE
from archc.pipeline import DEFAULTS, check
from archc.runtime.verify import Verification, verify
from archc.support.record import Record, replace
from archc.targets.pytorch import Mismatch, emit
from archc.version import __version__
from archc.zoo import Files

_SHAPES = re.compile(
    r"expected input|size of tensor|shapes? cannot be|Kernel size can't|Expected \d|input\[|Sizes of tensors|too small"
    r"|shape '|normalized_shape|mat1 and mat2|is invalid for input"
)

_DEPENDENT = "DataDependent", "GuardOnDataDependent", "DynamicOutputShape"
"""Prefixes of the names of the exceptions that torch raises if control flow depends on data."""
_DEVICES = re.compile(r"[Dd]evice|CUDA|cuda")


class ImportedSpec(Record):
    """A spec, its networks and their proofs.

    `flat`: the classes that could not be factored, because their block was not proved. `dropped`: the entries of state
    dicts that were omitted.
    """

    text: str
    members: tuple[str, ...]
    proofs: tuple[Verification, ...]
    flat: tuple[str, ...] = ()
    holes: tuple[tuple[str, str], ...] = ()
    dropped: tuple[str, ...] = ()


@contextmanager
def _unchanged() -> Iterator[None]:
    """A context that undoes changes of a model's code to torch itself."""
    gradients, dtype, numbers = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_rng_state()
    try:
        yield
    finally:
        torch.set_grad_enabled(gradients)
        torch.set_default_dtype(dtype)
        torch.set_rng_state(numbers)


class NotImported(Exception):
    """A model cannot be imported; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        more = f"\n{problem.note()}" if problem.note() else ""
        super().__init__(f"{problem.code}: {problem.message()}{more}")
        self.problem = problem


def import_source(source: ModelSource, name: str | None = None, partial: bool = False) -> ImportedSpec | Problem:
    """The proved spec of a model, or a problem. With `partial`, it may have holes, and is then not proved."""
    return import_sources([source], name, partial)


@_unchanged()
def import_sources(
    sources: Sequence[ModelSource], name: str | None = None, partial: bool = False, drop_unused: bool = False
) -> ImportedSpec | Problem:
    """The spec of several models, those of one class as variants of one model.

    With `drop_unused`, weights that no call reads are omitted, also in the models that it is compared with.
    """
    runs = _ready_models(sources, name, partial, drop_unused)
    return runs if isinstance(runs, Problem) else _Importing(runs).run()


@_unchanged()
def text_of(*sources: ModelSource) -> str | Problem:
    """The unproved spec of a model, or of several."""
    runs = _ready_models(sources, None, False, False)
    if isinstance(runs, Problem):
        return runs
    try:
        return _Importing(runs).unproved()
    except NoChain as why:
        return NotWritable(source=sources[0].name, reason=str(why))


def _ready_models(
    sources: Sequence[ModelSource], name: str | None, partial: bool, drop_unused: bool
) -> list[ReadyModel] | Problem:
    """The models as they ran, each with a name of its own."""
    runs: list[ReadyModel] = []
    for source in sources:
        ready = ready_model(source, name, partial)
        if isinstance(ready, UnreadWeights) and drop_unused:
            ready = ready_model(source.without(ready.keys), name, partial)
        if isinstance(ready, Problem):
            return ready
        member = naming.unused(ready.naming.member, [r.naming.member for r in runs])
        runs.append(replace(ready, naming=replace(ready.naming, member=member)))
    return runs


class ReadyModel(Record):
    """What is known about a model after running it. `holes`: the calls without a layer in archc."""

    source: ModelSource
    run: ModelRun
    naming: Naming
    kind: str
    layers: int
    holes: tuple[tuple[str, str], ...]


def ready_model(source: ModelSource, name: str | None, partial: bool) -> ReadyModel | Problem:
    """Run a model and record what it does."""
    made = _made(source)
    if isinstance(made, Problem):
        return made
    model, constructed = made
    if reason := misfit(model, source.inputs):
        return InputMisfit(source=source.name, inputs=source.inputs, reason=reason)
    source = replace(source, inputs=in_order(model, source.inputs))
    if (
        compiled := next((p for p, m in model.named_modules() if isinstance(m, torch.jit.ScriptModule)), None)
    ) is not None:
        what = f"`{compiled}` is" if compiled else "it is"
        return NotWritable(source=source.name, reason=f"{what} compiled by torch.jit, so that its calls cannot be seen")
    modules = described(model, constructed)
    recorded = _recorded(model, modules, source)
    if isinstance(recorded, Problem):
        return recorded
    training, evaluation = recorded
    if not set(evaluation.outputs) - set(range(len(source.inputs))):
        return NotWritable(source=source.name, reason="it returns no tensor that a layer makes of the input")
    if training.shared:
        one, other = next(iter(training.shared.items()))
        return NotWritable(source=source.name, reason=f"{one} and {other} are one tensor")
    run = canonical(training)
    holes = _unknown(run.steps) + always_random(evaluation)
    if holes and not partial:
        return NoCounterparts(source=source.name, calls=holes)
    if unread := unread_weights(training, run):
        return UnreadWeights(source=source.name, keys=unread)
    inputs = tuple((naming.tensor(name), dims) for name, dims in source.inputs)
    try:
        outputs = run.outputs if evaluation.is_like(training) else _same_outputs(run, training, evaluation)
        whole = ModelRun(scopes(*told_apart(run, training)), outputs, run.outputs, inputs)
    except NoChain as why:
        return NotWritable(source=source.name, reason=str(why))
    facts = (("like", source.like),) if source.like else ()
    params = sum(p.numel() for p in model.parameters())
    named = Naming(name or source.member, (*source.facts, *facts), params)
    layers = sum(bool(m.weights) for m in training.modules.values())
    return ReadyModel(source, whole, named, training.modules[""].kind, layers, holes)


# -- recording --------------------------------------------------------------------------------------------------------


def _made(source: ModelSource) -> tuple[nn.Module, Constructed] | Problem:
    """The model without memory for its weights, and the arguments of its constructors."""
    try:
        with watched() as constructed, OnMeta():
            model = source.reference().build()
    except SystemExit as error:
        return ModelFails(source=source.name, reason=f"it ends the process: {error}")
    if isinstance(model, ReferenceFailed) and _DEVICES.search(model.reason):
        return OtherDevice(source=source.name, reason=model.reason)
    if isinstance(model, ReferenceFailed):
        return ModelFails(source=source.name, reason=model.reason)
    return model if isinstance(model, Problem) else (model, constructed)


def _recorded(
    model: nn.Module, modules: Mapping[str, RecordedModule], source: ModelSource
) -> tuple[Recording, Recording] | Problem:
    try:
        return record(model, modules, [dims for _, dims in source.inputs])
    except RunFailed as failed:
        kind, reason = type(failed.error).__name__, str(failed)
        if kind.startswith(_DEPENDENT) or "_local_scalar_dense" in reason:
            return DependsOnNumbers(source=source.name, line=failed.line)
        if _DEVICES.search(reason):
            return OtherDevice(source=source.name, line=failed.line, reason=reason)
        if kind == "RuntimeError" and _SHAPES.search(reason):
            return InputMisfit(source=source.name, line=failed.line, inputs=source.inputs, reason=reason)
        return ModelFails(source=source.name, line=failed.line, reason=reason)


def _unknown(steps: Sequence[OpStep]) -> tuple[tuple[str, str], ...]:
    """The calls without a counterpart, each line once."""
    return tuple(dict.fromkeys((s.kind[1:], s.line) for s in steps if not s.known))


def unread_weights(recording: Recording, run: CanonicalRun) -> tuple[str, ...]:
    """The entries of the state dict that no layer of the spec has."""
    owners = {step.path for step in run.steps if step.stateful}
    whole = tuple(f"{step.path}." for step in run.steps if step.kind in ATTENTIVE)
    modules = recording.modules.values()
    keys = ((m.path, f"{m.path}.{w}".strip(".")) for m in modules for w in m.weights)
    return tuple(key for path, key in keys if path not in owners and key not in owners and not key.startswith(whole))


def _doc(models: Sequence[ReadyModel]) -> str:
    """A description of the models, in sentences."""
    first = models[0]
    kinds = dict.fromkeys(m.kind for m in models)
    layers = sorted({m.layers for m in models})
    count = f"{layers[0]} to {layers[-1]}" if len(layers) > 1 else f"{layers[0]}"
    count += " layers" if layers[-1] != 1 else " layer"
    names = ", ".join(PurePath(m.source.name).name for m in models)
    count += " with weights"
    dropped = sum(len(m.source.dropped) for m in models)
    count += f", without {dropped} entries of the state dict that nothing reads" if dropped else ""
    return (
        f"{', '.join(kinds)} as {first.source.origin} has it: {count}. "
        f"Imported from {names} by archc {__version__}"
        + (", with holes for what archc has no layer for." if first.holes else ", and proved to be the same function.")
    )


# -- factoring and proof ----------------------------------------------------------------------------------------------


class _Importing:
    """Finds the shortest spec of models that can be proved."""

    def __init__(self, models: Sequence[ReadyModel]) -> None:
        self.models = models
        self.holes = tuple(dict.fromkeys(hole for m in models for hole in m.holes))
        self.dropped = tuple(key for m in models for key in m.source.dropped)
        self.last: list[Verification | str] = []
        self.macs: list[int] = []

    def unproved(self) -> str:
        """The text at the highest level."""
        return self._text(self._parts({}))

    def run(self) -> ImportedSpec | Problem:
        """The shortest text that can be proved."""
        try:
            return self._shortest()
        except NoChain as why:
            return NotWritable(source=self.models[0].source.name, reason=str(why))

    def _shortest(self) -> ImportedSpec | Problem:
        parts = self._parts({})
        if self.holes:
            return ImportedSpec(self._text(parts), self._members(), (), (), self.holes, self.dropped)
        if self._holds({}):
            return self._result({})
        kinds = sorted({block.source for block in parts.blocks if block.source})
        if kinds and self._holds(dict.fromkeys(kinds, FLAT)):
            flat = dict.fromkeys(culprits(kinds, lambda some: self._holds(dict.fromkeys(some, FLAT))), FLAT)
            if self._holds(flat):
                return self._result(flat)
        return self._refused()

    def _members(self) -> tuple[str, ...]:
        return tuple(m.naming.member for m in self.models)

    def _parts(self, levels: Mapping[str, int]) -> SpecParts:
        return factor([m.run for m in self.models], levels)

    def _text(self, parts: SpecParts, namings: Sequence[Naming] = ()) -> str:
        return spelled(parts, _doc(self.models), namings or [m.naming for m in self.models], self.holes)

    def _holds(self, levels: Mapping[str, int]) -> bool:
        """Whether the spec at these levels is proved. `last` is the finding."""
        self.last, self.macs = [], []
        text = self._text(self._parts(levels))
        return all(self._same(text, model) for model in self.models)

    def _same(self, text: str, model: ReadyModel) -> bool:
        member = model.naming.member
        checked = check(Source(f"{member}.arch", text), Files().load, member, DEFAULTS)
        network = checked.networks.get(member)
        if checked.failed or network is None:
            first = next((d for d in checked.diagnostics if d.severity is Severity.ERROR), None)
            self.last.append(first.problem.message() if first is not None else "it cannot be read")
            return False
        try:
            emitted = emit((network,), "archc import", __version__)
        except Mismatch as fault:
            self.last.append(f"archc compiles it wrongly: {fault}")
            return False
        try:
            proof = verify(emitted, network, model.source.reference())
        except Exception as error:  # emitted code that does not run is an internal fault, reported as such
            self.last.append(f"archc compiles it wrongly: {type(error).__name__}: {error}".splitlines()[0])
            return False
        self.last.append(proof.message() if isinstance(proof, Problem) else proof)
        self.macs.append(count(network).macs)
        return isinstance(proof, Verification) and proof.holds

    def _result(self, levels: Mapping[str, int]) -> ImportedSpec:
        """The result, with an expectation for the number of operations if the library states it and archc agrees."""
        proofs = tuple(p for p in self.last if isinstance(p, Verification))
        namings = [
            replace(m.naming, macs=macs) if m.source.gigamacs == round(macs / 1e9, 3) else m.naming
            for m, macs in zip(self.models, self.macs, strict=True)
        ]
        text = self._text(self._parts(levels), namings)
        return ImportedSpec(text, self._members(), proofs, tuple(levels), (), self.dropped)

    def _refused(self) -> Problem:
        name = self.models[max(0, len(self.last) - 1)].source.name
        last = self.last[-1]
        if isinstance(last, Verification):
            told = tuple(f"{row.name}: {row.detail}" for row in last.rows if not row.holds)
            return ImportNotProved(source=name, differences=told)
        return NotWritable(source=name, reason=last)


def culprits(kinds: Sequence[str], holds: Callable[[Sequence[str]], bool]) -> tuple[str, ...]:
    """The fewest of `kinds` that must be left unfactored for the proof to hold, found by bisection.

    Requires: it holds if all are unfactored.
    """

    def search(some: Sequence[str], base: tuple[str, ...]) -> tuple[str, ...]:
        if len(some) == 1:
            return tuple(some)
        left, right = some[: len(some) // 2], some[len(some) // 2 :]
        if holds((*base, *left)):
            return search(left, base)
        if holds((*base, *right)):
            return search(right, base)
        first = search(left, (*base, *right))
        return (*first, *search(right, (*base, *first)))

    return search(kinds, ())


def _same_outputs(run: CanonicalRun, training: Recording, evaluation: Recording) -> tuple[int, ...]:
    """The tensors of the training run that correspond to those that evaluation returns."""
    other = canonical(evaluation)
    makers = _makers(run, training), _makers(other, evaluation)
    known = {key: number for number, key in makers[0].items()}
    found: list[int] = []
    for number in other.outputs:
        key = makers[1].get(number)
        if key not in known:
            raise NoChain("evaluation returns what training does not compute")
        found.append(known[key])
    return tuple(found)


def _makers(run: CanonicalRun, recording: Recording) -> dict[int, tuple[object, ...]]:
    """The origin of each tensor: the kind and scope of its step, its ordinal among these, the number of the output."""
    counts: Counter[tuple[str, str, str]] = Counter()
    found: dict[int, tuple[object, ...]] = {n: ("input", n) for n in recording.inputs}
    for step in run.steps:
        head = step.kind, step.path, recording.runs[step.run].path
        for i, number in enumerate(step.outputs):
            found[number] = (*head, counts[head], i)
        counts[head] += 1
    return found
