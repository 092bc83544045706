"""From a model to a proved spec: the stages in order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

from torch import nn

from archc.diagnostics.core import Problem, Severity
from archc.diagnostics.problems.importing import (
    DependsOnNumbers,
    ImportNotProved,
    InputMisfit,
    ModelFails,
    NoCounterparts,
    NotWritable,
    OtherDevice,
)
from archc.diagnostics.problems.references import ReferenceFailed
from archc.diagnostics.source import Source
from archc.importing.bodies import NoChain
from archc.importing.canonical import CanonicalRun, canonical
from archc.importing.factor import FLAT, SpecParts, factor
from archc.importing.record import Constructed, OnMeta, RunFailed, record, watched
from archc.importing.recording import Recording
from archc.importing.scopes import scopes
from archc.importing.sources import ModelSource
from archc.importing.spelled import Naming, spelled
from archc.importing.steps import OpStep
from archc.pipeline import DEFAULTS, check
from archc.runtime.verify import Verification, verify
from archc.support.record import Record
from archc.targets.pytorch import Mismatch, emit
from archc.version import __version__
from archc.zoo import Files

_SHAPES = re.compile(
    r"expected input|size of tensor|shapes? cannot be|Kernel size can't|Expected \d|input\[|Sizes of tensors|too small"
    r"|shape '|normalized_shape|mat1 and mat2|is invalid for input"
)


class ImportedSpec(Record):
    """A spec and its proof. `flat`: the classes that had to be left unfactored, since their block was not proved."""

    text: str
    member: str
    proof: Verification | None
    flat: tuple[str, ...] = ()
    holes: tuple[tuple[str, str], ...] = ()


class NotImported(Exception):
    """A model cannot be imported: the problem that is in the way."""

    def __init__(self, problem: Problem) -> None:
        more = f"\n{problem.note()}" if problem.note() else ""
        super().__init__(f"{problem.code}: {problem.message()}{more}")
        self.problem = problem


def import_source(source: ModelSource, name: str | None = None, partial: bool = False) -> ImportedSpec | Problem:
    """The spec of a model, proved, or the problem that is in the way. With `partial` it may have holes, unproved."""
    ready = _ready(source, name, partial)
    return ready if isinstance(ready, Problem) else ready.run()


def text_of(source: ModelSource) -> str | Problem:
    """The spec of a model as it is before it is proved."""
    ready = _ready(source, None, False)
    return ready if isinstance(ready, Problem) else ready.unproved()


def _ready(source: ModelSource, name: str | None, partial: bool) -> _Importing | Problem:
    """All that is known of a model when it has run."""
    made = _made(source)
    if isinstance(made, Problem):
        return made
    model, constructed = made
    recorded = [_recorded(model, constructed, source, training) for training in (True, False)]
    failed = next((r for r in recorded if isinstance(r, Problem)), None)
    if failed is not None:
        return failed
    training, evaluation = (r for r in recorded if isinstance(r, Recording))
    if training.shared:
        one, other = next(iter(training.shared.items()))
        return NotWritable(source=source.name, reason=f"{one} and {other} are one tensor")
    runs = canonical(training), canonical(evaluation)
    holes = _unknown(runs[0].steps)
    if holes and not partial:
        return NoCounterparts(source=source.name, calls=holes)
    if unread := unread_weights(training, runs[0]):
        return NotWritable(source=source.name, reason=f"no call reads {', '.join(unread[:3])}")
    params = sum(p.numel() for p in model.parameters())
    facts = (("like", source.like),) if source.like else ()
    naming = Naming(name or source.member, _doc(source, training, bool(holes)), facts, params)
    return _Importing(source, training, evaluation, runs, naming, holes)


# -- recording --------------------------------------------------------------------------------------------------------


def _made(source: ModelSource) -> tuple[nn.Module, Constructed] | Problem:
    """The model without the memory of its weights, and what its constructors were called with."""
    with watched() as constructed, OnMeta():
        model = source.reference().build()
    if isinstance(model, ReferenceFailed):
        return ModelFails(source=source.name, reason=model.reason)
    return model if isinstance(model, Problem) else (model, constructed)


def _recorded(model: nn.Module, constructed: Constructed, source: ModelSource, training: bool) -> Recording | Problem:
    try:
        return record(model, constructed, source.input, training)
    except RunFailed as failed:
        kind, reason = type(failed.error).__name__, str(failed)
        if kind.startswith(("DataDependent", "GuardOnDataDependent")) or "_local_scalar_dense" in reason:
            return DependsOnNumbers(source=source.name, line=failed.line)
        if re.search(r"[Dd]evice|CUDA|cuda", reason):
            return OtherDevice(source=source.name, line=failed.line, reason=reason)
        if kind == "RuntimeError" and _SHAPES.search(reason):
            return InputMisfit(source=source.name, line=failed.line, input=source.input, reason=reason)
        return ModelFails(source=source.name, line=failed.line, reason=reason)


def _unknown(steps: Sequence[OpStep]) -> tuple[tuple[str, str], ...]:
    """The calls without a counterpart, each line once."""
    return tuple(dict.fromkeys((s.kind[1:], s.line) for s in steps if not s.known))


def unread_weights(recording: Recording, run: CanonicalRun) -> tuple[str, ...]:
    """The entries of the state dict that no layer of the spec has."""
    owners = {step.path for step in run.steps if step.stateful}
    owners |= {f"{step.path}.out_proj" for step in run.steps if step.kind == "Attention"}
    modules = recording.modules.values()
    keys = ((m.path, f"{m.path}.{w}".strip(".")) for m in modules for w in m.weights)
    return tuple(key for path, key in keys if path not in owners and key not in owners)


def _doc(source: ModelSource, recording: Recording, holes: bool) -> str:
    kind = recording.modules[""].kind
    weights = sum(bool(m.weights) for m in recording.modules.values())
    return (
        f"{kind} as {source.origin} has it: {weights} layer{'s' if weights != 1 else ''} with weights. "
        f"Imported from {PurePath(source.name).name} by archc {__version__}"
        + (", with holes for what archc has no layer for." if holes else ", and proved to be the same function.")
    )


# -- factoring and proof ----------------------------------------------------------------------------------------------


class _Importing:
    """Tries to say a model as shortly as can be, and less shortly where that is not proved."""

    def __init__(
        self,
        source: ModelSource,
        training: Recording,
        evaluation: Recording,
        runs: tuple[CanonicalRun, CanonicalRun],
        naming: Naming,
        holes: tuple[tuple[str, str], ...],
    ) -> None:
        self.source, self.naming, self.holes = source, naming, holes
        self.training, self.evaluation, self.runs = training, evaluation, runs
        self.last: Verification | str | None = None

    def unproved(self) -> str:
        """The text at the highest level."""
        return spelled(self._parts({}), self.naming, self.holes)

    def run(self) -> ImportedSpec | Problem:
        """The shortest text that is proved."""
        name = self.source.name
        try:
            parts = self._parts({})
        except NoChain as why:
            return NotWritable(source=name, reason=str(why))
        if self.holes:
            return ImportedSpec(spelled(parts, self.naming, self.holes), self.naming.member, None, (), self.holes)
        if self._holds({}):
            return self._result({})
        kinds = sorted({block.source for block in parts.blocks if block.source})
        if kinds and self._holds(dict.fromkeys(kinds, FLAT)):
            flat = dict.fromkeys(culprits(kinds, lambda some: self._holds(dict.fromkeys(some, FLAT))), FLAT)
            if self._holds(flat):
                return self._result(flat)
        return self._refused()

    def _parts(self, levels: Mapping[str, int]) -> SpecParts:
        run = self.runs[0]
        root = scopes(run, self.training)
        outputs = _same_outputs(self.runs, self.training, self.evaluation)
        return factor(root, outputs, run.outputs, self.source.input, levels)

    def _holds(self, levels: Mapping[str, int]) -> bool:
        """Whether the spec at these levels is the model. `last` is what was found."""
        text = spelled(self._parts(levels), self.naming)
        checked = check(Source(f"{self.naming.member}.arch", text), Files().load, self.naming.member, DEFAULTS)
        network = checked.networks.get(self.naming.member)
        if checked.failed or network is None:
            first = next((d for d in checked.diagnostics if d.severity is Severity.ERROR), None)
            self.last = first.problem.message() if first is not None else "it cannot be read"
            return False
        try:
            emitted = emit((network,), "archc import", __version__)
        except Mismatch as fault:
            self.last = f"archc compiles it wrongly: {fault}"
            return False
        proof = verify(emitted, network, self.source.reference())
        if isinstance(proof, Problem):
            self.last = proof.message()
            return False
        self.last = proof
        return proof.holds

    def _result(self, levels: Mapping[str, int]) -> ImportedSpec:
        proof = self.last if isinstance(self.last, Verification) else None
        return ImportedSpec(spelled(self._parts(levels), self.naming), self.naming.member, proof, tuple(levels))

    def _refused(self) -> Problem:
        name = self.source.name
        if isinstance(self.last, Verification):
            told = tuple(f"{row.name}: {row.detail}" for row in self.last.rows if not row.holds)
            return ImportNotProved(source=name, differences=told)
        return NotWritable(source=name, reason=str(self.last))


def culprits(kinds: Sequence[str], holds: Callable[[Sequence[str]], bool]) -> tuple[str, ...]:
    """The fewest of `kinds` (found by halves) that have to be left flat so that the proof holds.

    Requires: it holds if all are.
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


def _same_outputs(
    runs: tuple[CanonicalRun, CanonicalRun], training: Recording, evaluation: Recording
) -> tuple[int, ...]:
    """The tensors of the training run that are those that evaluation returns."""
    makers = [_makers(run, recording) for run, recording in zip(runs, (training, evaluation), strict=True)]
    known = {key: number for number, key in makers[0].items()}
    found: list[int] = []
    for number in runs[1].outputs:
        key = makers[1].get(number)
        if key not in known:
            raise NoChain("evaluation returns what training does not compute")
        found.append(known[key])
    return tuple(found)


def _makers(run: CanonicalRun, recording: Recording) -> dict[int, tuple[object, ...]]:
    """For each tensor what made it: the kind, the scope, which of that kind it was there, and which output."""
    counts: Counter[tuple[str, str, str]] = Counter()
    found: dict[int, tuple[object, ...]] = {0: ("input",)}
    for step in run.steps:
        head = step.kind, step.path, recording.runs[step.run].path
        for i, number in enumerate(step.outputs):
            found[number] = (*head, counts[head], i)
        counts[head] += 1
    return found
