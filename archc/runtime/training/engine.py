"""A run from beginning to end: prepared, trained by Lightning, measured, proved and written down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from archc.runtime.training.data import Images
from archc.runtime.training.evaluate import Measured, majority, measure
from archc.runtime.training.folder import Folder
from archc.runtime.training.proof import Check, Proof, fingerprints, learned, unmoved, waited
from archc.runtime.training.record import Record
from archc.runtime.training.run import Run
from archc.runtime.training.task import Task, merit, whole
from archc.runtime.training.trainer import loader, quiet, task_of, trainer_of


class Result(Record):
    """What came out: the measures of the best epoch, the baselines beside them, and the proof."""

    accuracy: float
    loss: float
    best_epoch: int
    epochs: int
    majority: float
    untrained: float
    proof: Proof


def train(run: Run) -> Task:
    """Train until the end, going on from the last checkpoint if there is one; every epoch leaves one.

    With several processes each calls this.
    """
    task = task_of(run)
    with quiet():
        trainer = trainer_of(run)
        rank, world = trainer.global_rank, trainer.world_size
        resumed = str(run.folder.last) if run.folder.last.is_file() else None
        trainer.fit(task, loader(run, rank, world, training=True), loader(run, rank, world, training=False),
                    ckpt_path=resumed, weights_only=True)  # fmt: skip
    task.last = fingerprints({key: whole(tensor) for key, tensor in task.model.state_dict().items()})
    before = run.folder.read_json("before.json")
    check = unmoved(run.network, before, task.last, f"frozen parts stay, process {rank}")
    run.folder.write_json(f"rank{rank}.json", check.model_dump())
    if world > 1:
        trainer.strategy.barrier()
    return task


def finish(run: Run, task: Task) -> Result:
    """Measure the best weights, save them, and prove the run."""
    s = run.plan.settings
    root, val = Path(run.split.root), run.split.val
    best = _best_state(run.folder)
    run.folder.save("weights.safetensors", best, run.metadata())
    model = run.model()
    model.load_state_dict(best)
    measured = measure(model, root, val, run.preprocess, s.measured)
    run.folder.write_json("predictions.json", measured.model_dump())
    _write_history(run.folder, task)
    start = run.folder.read_json("start.json")
    row = max(task.history, key=merit)  # of equal ones the first
    result = Result(
        accuracy=measured.accuracy,
        loss=measured.loss,
        best_epoch=int(row["epoch"]) + 1,
        epochs=len(task.history),
        majority=start["majority"],
        untrained=start["untrained"],
        proof=prove(run, task, best, measured),
    )
    run.folder.write_json("result.json", result.model_dump())
    return result


def prove(run: Run, task: Task, best: dict[str, Tensor], measured: Measured) -> Proof:
    """Hold the run against what it promised, from what is on the disk."""
    before = run.folder.read_json("before.json")
    processes = [
        Check.model_validate(run.folder.read_json(f"rank{r}.json")) for r in range(run.plan.settings.processes)
    ]
    saved = Run.of(run.folder)
    model = saved.model()
    model.load_state_dict(saved.folder.tensors("weights.safetensors"))
    again = measure(model, Path(saved.split.root), saved.split.val, saved.preprocess, saved.plan.settings.measured)
    used = task.trainer.val_dataloaders.dataset.transform if task.trainer.val_dataloaders else None
    same_result = (again.accuracy, again.loss) == (measured.accuracy, measured.loss)
    checks = (
        *processes,
        unmoved(run.network, before, fingerprints(best), "frozen parts stay, best epoch"),
        learned(run.network, before, task.last, task.learned),
        *([waited(task.early)] if task.gradual else []),
        _same_images(run, saved, used),
        Check(
            name="the saved weights give the result again",
            holds=same_result,
            detail=f"accuracy {again.accuracy!r}, loss {again.loss!r}"
            + ("" if same_result else f", not {measured.accuracy!r}, {measured.loss!r}"),
        ),
    )
    return Proof(checks=checks)


def _same_images(run: Run, saved: Run, used: Any) -> Check:
    """Whether what the saved preprocessing makes of images is what the validation of the training saw."""
    root, items = Path(run.split.root), run.split.val[:8]
    again = Images(root, items, saved.preprocess.evaluation(), saved.preprocess.channels, 0)
    seen = Images(root, items, used or run.preprocess.evaluation(), run.preprocess.channels, 0)
    equal = all(torch.equal(seen[0, i][0], again[0, i][0]) for i in range(len(items)))
    end = run.preprocess.model_copy() == saved.preprocess
    detail = f"{len(items)} images give the same tensors; size, mean and std are those of training"
    return Check(name="one preprocessing", holds=equal and end, detail=detail if equal and end else "it differs")


def prepare(run: Run, weights: dict[str, Tensor] | None) -> None:
    """Write what the run starts from: its weights and their fingerprints, and the baselines.

    `weights`: those to load, by the network's own keys; the others start at random.
    """
    model = run.model()
    state = model.state_dict() | (weights or {})
    model.load_state_dict(state)
    run.folder.write("model.py", run.plan.source())
    run.folder.write_json("before.json", fingerprints(state))
    root, split = Path(run.split.root), run.split
    untrained = measure(model, root, split.val, run.preprocess, run.plan.settings.measured).accuracy
    run.folder.write_json("start.json", {"majority": majority(split.train, split.val), "untrained": untrained})
    run.folder.save("start.safetensors", state, run.metadata())


def _best_state(folder: Folder) -> dict[str, Tensor]:
    checkpoint = torch.load(folder.best, map_location="cpu", weights_only=True)
    return {k.removeprefix("model."): v for k, v in checkpoint["state_dict"].items() if k.startswith("model.")}


def _write_history(folder: Folder, task: Task) -> None:
    names = ("epoch", "train_loss", "val_loss", "val_accuracy", "lr")
    rows = [",".join(names), *(",".join(repr(row[n]) for n in names) for row in task.history)]
    folder.write("metrics.csv", "\n".join(rows) + "\n")
    folder.write_json("metrics.json", task.history)
