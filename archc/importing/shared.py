"""Modules that run several times: until the spec is written, each use has a separate path, like a module."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from archc.importing.canonical import CanonicalRun
from archc.importing.recording import RecordedModule, Recording
from archc.importing.steps import OpStep
from archc.support.record import replace

USE = "#"
"""Separates the path of a module and the number of the use; the first use has none."""


def told_apart(run: CanonicalRun, recording: Recording) -> tuple[CanonicalRun, Recording]:
    """The same run and recording, with another path for each further use of a module with weights."""
    paths = [step.path for step in run.steps if step.stateful]
    twice = {path for path in paths if paths.count(path) > 1} if len(set(paths)) < len(paths) else set()
    if not twice:
        return run, recording
    renamed = _scopes(recording, twice)
    uses: dict[str, count[int]] = {}
    steps = [replace(step, path=_path(step, renamed, uses)) if step.path else step for step in run.steps]
    called = {new for _, new in renamed.values()} | {step.path for step in steps if USE in step.path}
    more = {m.path: m for path in called for m in _copies(recording.modules, path)}
    runs = tuple(replace(r, path=_under(r.path, renamed.get(i))) for i, r in enumerate(recording.runs))
    return replace(run, steps=tuple(steps)), replace(recording, runs=runs, modules={**recording.modules, **more})


Renamed = tuple[str, str]
"""The path of a module, and that of one of its uses."""


def _scopes(recording: Recording, twice: set[str]) -> dict[int, Renamed]:
    """The module and its use, for each run of a scope within the second or a later use of a module."""
    found: dict[int, Renamed] = {}
    uses: dict[str, count[int]] = {}
    for i, run in enumerate(recording.runs):
        if run.parent is not None and run.parent in found:
            found[i] = found[run.parent]
        elif any(path.startswith(f"{run.path}.") for path in twice) and run.path:
            number = next(uses.setdefault(run.path, count(1)))
            if number > 1:
                found[i] = run.path, f"{run.path}{USE}{number}"
    return found


def _path(step: OpStep, renamed: Mapping[int, Renamed], uses: dict[str, count[int]]) -> str:
    """The path of a step, renamed for a use of an enclosing module or of its own module."""
    path = _under(step.path, renamed.get(step.run))
    if not step.stateful:
        return path
    number = next(uses.setdefault(path, count(1)))
    return path if number == 1 else f"{path}{USE}{number}"


def _under(path: str, renamed: Renamed | None) -> str:
    if renamed is None or not f"{path}.".startswith(f"{renamed[0]}."):
        return path
    return renamed[1] + path[len(renamed[0]) :]


def _copies(modules: Mapping[str, RecordedModule], use: str) -> list[RecordedModule]:
    """The module that is used, and all nested ones, under the path of the use."""
    path = use.rpartition(USE)[0]
    inside = (m for p, m in modules.items() if f"{p}.".startswith(f"{path}."))
    return [replace(m, path=use + m.path[len(path) :]) for m in inside]
