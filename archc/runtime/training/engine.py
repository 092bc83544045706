"""A run from beginning to end: prepared, trained by Lightning, measured, proved and written down."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.plugins.io import TorchCheckpointIO
from torch import Tensor, nn
from torch.utils.data import DataLoader

from archc.network.network import Network
from archc.runtime.live import live_class
from archc.runtime.training.data import Images, Order, Split
from archc.runtime.training.evaluate import Measured, majority, measure
from archc.runtime.training.folder import Folder, atomically
from archc.runtime.training.images import Preprocess
from archc.runtime.training.proof import Check, Proof, fingerprints, learned, unmoved, waited
from archc.runtime.training.record import Record
from archc.runtime.training.settings import Plan
from archc.runtime.training.strategies import stages
from archc.runtime.training.task import Task, merit
from archc.runtime.weights.files import ABOUT

_ADVISERS = (
    "lightning.pytorch", "lightning.fabric", "lightning.pytorch.utilities.rank_zero",
    "lightning.fabric.utilities.rank_zero",
)  # fmt: skip
"""The loggers by which Lightning tells its users what they might do better."""


class Result(Record):
    """What came out: the measures of the best epoch, the baselines beside them, and the proof."""

    accuracy: float
    loss: float
    best_epoch: int
    epochs: int
    majority: float
    untrained: float
    proof: Proof


@dataclass(frozen=True)
class Run:
    """A run that is ready: its folder, and what the files in it say."""

    folder: Folder
    plan: Plan
    network: Network
    split: Split
    preprocess: Preprocess

    @classmethod
    def of(cls, folder: Folder) -> Run:
        """The run of a folder. Raises `TrainingError`."""
        plan = folder.plan()
        return cls(folder, plan, plan.network(), folder.split(), folder.preprocess())

    def model(self) -> nn.Module:
        """The network with random weights that follow from the seed."""
        torch.manual_seed(self.plan.settings.seed)
        return live_class(self.plan.source())()


class AtomicIO(TorchCheckpointIO):
    """Checkpoints that are there whole or not at all, and that cannot run code when they are read."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write a checkpoint."""
        atomically(Path(path), lambda stream: torch.save(checkpoint, stream))

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Read one, as data only."""
        found: dict[str, Any] = torch.load(path, map_location=map_location or "cpu", weights_only=True)
        return found


def train(run: Run) -> Task:
    """Train until the end, going on from the last checkpoint if there is one; every epoch leaves one.

    With several processes each calls this.
    """
    s = run.plan.settings
    model = run.model()
    model.load_state_dict(run.folder.tensors("start.safetensors"))
    task = Task(model, run.plan, stages(run.network, s.strategy, s.epochs), _class_weights(run))
    folder = run.folder.last.parent
    callbacks: list[Callback] = [
        EarlyStopping("val_accuracy", patience=s.patience, mode="max"),
        ModelCheckpoint(folder, "best", monitor="val_best", mode="max", enable_version_counter=False),
        ModelCheckpoint(folder, "last", save_top_k=1, enable_version_counter=False),
    ]
    if sys.stderr.isatty():
        callbacks.append(TQDMProgressBar())
    with quiet():
        trainer = Trainer(
            accelerator=s.device,
            devices=s.processes,
            strategy="ddp" if s.processes > 1 else "auto",
            precision=s.precision,  # type: ignore[arg-type]  # a word that the command has checked
            max_epochs=s.epochs,
            max_time=timedelta(seconds=s.limit) if s.limit is not None else None,
            callbacks=callbacks,
            plugins=[AtomicIO()],
            logger=False,
            enable_progress_bar=sys.stderr.isatty(),
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            default_root_dir=run.folder.path,
        )
        rank, world = trainer.global_rank, trainer.world_size
        resumed = str(run.folder.last) if run.folder.last.is_file() else None
        trainer.fit(task, _loader(run, rank, world, training=True), _loader(run, rank, world, training=False),
                    ckpt_path=resumed, weights_only=True)  # fmt: skip
    after = fingerprints(task.model.state_dict())
    before = run.folder.read_json("before.json")
    check = unmoved(run.network, before, after, f"frozen parts stay, process {rank}")
    run.folder.write_json(f"rank{rank}.json", check.model_dump())
    if world > 1:
        trainer.strategy.barrier()
    return task


def finish(run: Run, task: Task) -> Result:
    """Measure the best weights, save them, and prove the run."""
    s = run.plan.settings
    root, val = Path(run.split.root), run.split.val
    best = _best_state(run.folder)
    run.folder.save("weights.safetensors", best, metadata(run))
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
    last = fingerprints(task.model.state_dict())
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
        learned(run.network, before, last, task.learned),
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
    run.folder.save("start.safetensors", state, metadata(run))


def metadata(run: Run) -> dict[str, str]:
    """What a file of weights says about itself."""
    about = {
        "digest": run.plan.digest,
        "spec": run.plan.member,
        "classes": run.plan.classes,
        "preprocess": run.preprocess.model_dump(),
    }
    return {ABOUT: json.dumps(about)}


def _best_state(folder: Folder) -> dict[str, Tensor]:
    checkpoint = torch.load(folder.best, map_location="cpu", weights_only=True)
    return {k.removeprefix("model."): v for k, v in checkpoint["state_dict"].items() if k.startswith("model.")}


def _write_history(folder: Folder, task: Task) -> None:
    names = ("epoch", "train_loss", "val_loss", "val_accuracy", "lr")
    rows = [",".join(names), *(",".join(repr(row[n]) for n in names) for row in task.history)]
    folder.write("metrics.csv", "\n".join(rows) + "\n")
    folder.write_json("metrics.json", task.history)


def _class_weights(run: Run) -> Tensor | None:
    if not run.plan.settings.balance:
        return None
    counts = Counter(item.label for item in run.split.train)
    weights = torch.tensor([1 / counts[label] for label in range(len(run.plan.classes))])
    return weights * len(weights) / weights.sum()


def _loader(run: Run, rank: int, world: int, *, training: bool) -> DataLoader[tuple[Tensor, int]]:
    s, p = run.plan.settings, run.preprocess
    items = run.split.train if training else run.split.val
    transform = p.training(s.augment) if training else p.evaluation()
    varies = training and s.augment != "none"
    images = Images(Path(run.split.root), items, transform, p.channels, s.seed, varies)
    order = Order(len(items), s.seed, shuffle=training, rank=rank, world=world)
    return DataLoader(
        images,
        batch_size=s.batch if training else s.measured,
        sampler=order,
        num_workers=s.workers,
        persistent_workers=s.workers > 0,
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Without Lightning's advice: it is about other programs than this one."""
    loggers = [logging.getLogger(name) for name in _ADVISERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
