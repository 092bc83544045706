"""Checking a run from the files in its folder: at its end, and on request."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import file_digest
from math import isclose
from pathlib import Path

from archc.training.data import Images, LabelledImage
from archc.training.errors import TrainingError
from archc.training.evaluate import measure
from archc.training.folder import Folder
from archc.training.proof import (
    Check,
    Proof,
    Trail,
    asleep,
    fingerprint,
    fingerprints,
    learned,
    some,
    unmoved,
    waited,
)
from archc.training.run import Run

SEEN = 8
"""The number of images whose tensors are compared with those seen in validation."""
CLOSE = 1e-5
"""The relative tolerance of the loss: the order of additions depends on the machine and the number of threads."""


def prove(run: Run, accuracy: float, loss: float) -> Proof:
    """All checks of a run whose files are written. Requires: `run` was read from its folder."""
    folder, s = run.folder, run.plan.settings
    before = folder.read_json("before.json")
    trail = Trail.model_validate(folder.read_json("record.json"))
    again = measure(run.trained(), Path(run.split.root), run.split.val, run.preprocess, s.measured)
    same = again.accuracy == accuracy and isclose(again.loss, loss, rel_tol=CLOSE)
    checks = (
        *(Check.model_validate(folder.read_json(f"rank{r}.json")) for r in range(s.processes)),
        unmoved(
            run.network, before, fingerprints(folder.tensors("weights.safetensors")), "frozen parts stay, best epoch"
        ),
        asleep(trail.woken),
        learned(run.network, before, trail.last, set(trail.learned)),
        *([waited(set(trail.early))] if any(stage.begins for stage in run.stages()) else []),
        _same_spec(run),
        same_pictures(run),
        _same_tensors(run, trail),
        Check(
            name="the saved weights reproduce the result",
            holds=same,
            detail=f"accuracy {again.accuracy!r}, loss {again.loss!r}"
            + ("" if same else f", not {accuracy!r}, {loss!r}"),
        ),
    )
    return Proof(checks=checks)


def unchanged(folder: Folder) -> Check:
    """Check that every sealed file is unchanged."""
    sealed = folder.sealed()
    now = folder.hashes(sealed)
    changed = [name for name, digest in sealed.items() if now.get(name) != digest]
    told = f"{len(sealed)} files have their original SHA-256" if not changed else some(changed, "changed or gone")
    return Check(name="the files are those of the run", holds=not changed, detail=told)


def intact(folder: Folder) -> None:
    """Refuse a folder whose files, or whose data, were changed since the run was sealed.

    The pictures may be absent, as when a run was copied elsewhere. Those that were modified since, according to the
    file system, are hashed. Raises `TrainingError`.
    """
    check = unchanged(folder)
    if not check.holds:
        raise TrainingError(f"{folder.path} was changed: {check.detail}; `archc prove {folder.path}` says more")
    split, sealed = folder.split(), folder.sealed_at()
    touched = [item for item in _items(folder) if _touched(Path(split.root) / item.path, sealed)]
    if changed := [item.path for item in touched if picture(Path(split.root) / item.path) not in ("", item.sha256)]:
        raise TrainingError(f"the data of {folder.path} was changed: {some(changed, 'are other pictures')}")


def finished(folder: Folder) -> Run:
    """A finished and unchanged run. Raises `TrainingError`."""
    if not folder.done():
        raise TrainingError(f"{folder.path} holds no finished run")
    intact(folder)
    return Run.of(folder)


def same_data(folder: Folder) -> None:
    """Refuse to continue a run whose files or pictures have changed since it began. Raises `TrainingError`."""
    for check in (unchanged(folder), _pictures(Path(folder.split().root), list(_items(folder)))):
        if not check.holds:
            raise TrainingError(f"{folder.path} cannot go on: {check.detail}")


def picture(path: Path) -> str:
    """The SHA-256 of a file, "" if there is none."""
    try:
        with path.open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _touched(path: Path, since: float) -> bool:
    try:
        return path.stat().st_ctime >= since
    except OSError:
        return False


def _items(folder: Folder) -> Iterator[LabelledImage]:
    split = folder.split()
    yield from (*split.train, *split.val, *split.test)


def same_pictures(run: Run) -> Check:
    """Check that every picture is unchanged."""
    return _pictures(Path(run.split.root), list(_items(run.folder)))


def _pictures(root: Path, items: list[LabelledImage]) -> Check:
    wrong = [item.path for item in items if picture(root / item.path) != item.sha256]
    told = f"{len(items)} pictures have their original SHA-256" if not wrong else some(wrong, "changed or gone")
    return Check(name="the pictures are those of the run", holds=not wrong, detail=told)


def _same_spec(run: Run) -> Check:
    (network,) = run.plan.checked().networks.values()
    same = network.digest == run.plan.digest and run.folder.text("model.py") == run.plan.source()
    told = f"SHA-256 {network.digest[:16]}" if same else "it compiles to a different network than before"
    return Check(name="the spec is that of the run", holds=same, detail=told)


def _same_tensors(run: Run, trail: Trail) -> Check:
    """Check that the saved preprocessing gives the tensors that validation saw during training."""
    items = run.split.val[: len(trail.seen)]
    again = Images(Path(run.split.root), items, run.preprocess.evaluation(), run.preprocess.read, 0)
    try:
        same = all(fingerprint(again[0, i][0]) == seen for i, seen in enumerate(trail.seen))
    except OSError:
        same = False
    told = f"{len(items)} images give the same tensors; size, mean and std are those of training"
    return Check(name="one preprocessing", holds=same, detail=told if same else "it differs")
