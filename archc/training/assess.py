"""Evaluating a finished run on labelled images, including new ones."""

from __future__ import annotations

from pathlib import Path

from archc.support.record import Record
from archc.training.data import items_of, look_at_all
from archc.training.engine import predictions
from archc.training.errors import TrainingError
from archc.training.evaluate import Scores, measure, scored
from archc.training.folder import RESULT, Folder
from archc.training.layouts import Layout, layout_of
from archc.training.proof import some
from archc.training.prove import finished


class Assessed(Record):
    """The measures, a row for each image (see `engine.predictions`), and remarks."""

    scores: Scores
    rows: list[dict[str, object]]
    notes: list[str]


def assess(folder: Path, data: Path, *, mirrored: bool = False) -> Assessed:
    """Evaluate a run on `data`, laid out as for training: on its `test` set, else its `val` set, else all of it.

    Raises `TrainingError` if the folder holds no finished run or was changed, or if the classes are not those of the
    run.
    """
    run = finished(Folder(folder))
    layout = layout_of(data)
    part = next(name for name in ("test", "val", "train") if layout.sets.get(name))
    layout = Layout(root=layout.root, sets={part: layout.sets[part]}, said=layout.said, unused=layout.unused)
    strange = sorted({label for _, label in layout.sets[part]} - set(run.plan.classes))
    if strange:
        raise TrainingError(f"{data} has classes that the run does not have: {', '.join(map(repr, strange[:5]))}")
    looked, broken = look_at_all(layout)
    items = items_of(layout, looked, run.plan.classes)[part]
    if not items:
        raise TrainingError(f"{data} has no image that can be read")
    temperature = run.folder.read_json(RESULT)["validation"]["temperature"]
    root = Path(layout.root)
    measured = measure(run.trained(), root, items, run.preprocess, run.plan.settings.measured, mirrored=mirrored)
    notes = [*layout.said, *(f"skipped {path}: {why}" for path, why in broken)]
    for name, those in (("learned from", run.split.train), ("chose its epoch on", run.split.val)):
        known = {item.sha256 for item in those}
        if seen := [item.path for item in items if item.sha256 in known]:
            notes.append(f"warning: {some(seen, f'are pictures that the run {name}')}")
    return Assessed(scored(measured, run.plan.classes, temperature), predictions(run, items, measured, part), notes)
