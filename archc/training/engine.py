"""A run from beginning to end: prepare, train with Lightning, evaluate, prove and record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor

from archc.training.data import Images, LabelledImage
from archc.training.evaluate import (
    Baselines,
    Measured,
    Scores,
    as_vectors,
    baselines,
    embedded,
    majority,
    measure,
    scored,
    temperature_of,
)
from archc.training.features import Features, cut, made
from archc.training.folder import RESULT, Folder
from archc.training.proof import Proof, Trail, fingerprint, fingerprints, unmoved
from archc.training.prove import SEEN, prove
from archc.training.record import RunRecord
from archc.training.run import Run
from archc.training.strategies import entrance
from archc.training.task import EpochChoice, Row, Task, whole
from archc.training.trainer import (
    AtomicIO,
    Sets,
    choice_of,
    images_of,
    loader,
    open_logger,
    quiet,
    task_of,
    trainer_of,
)

Told = Callable[[str], None]


class TrainingResult(RunRecord):
    """The result of a run: the measures of the best epoch, the baselines, and the proof.

    `accuracy` and `loss` are for the validation images, on which the epoch was chosen; `test` is for the images that no
    choice depended on, None if there are none. `files`: the SHA-256 of the files of the run, by name.
    """

    accuracy: float
    loss: float
    best_epoch: int
    epochs: int
    majority: float
    untrained: float
    validation: Scores
    test: Scores | None
    baselines: Baselines | None
    proof: Proof
    files: dict[str, str]


def prepare(run: Run, weights: dict[str, Tensor] | None) -> None:
    """Write the starting point of a run: its weights and their fingerprints, and the baselines.

    `weights`: those to load, by the network's keys; all others are initialised randomly.
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


def train(run: Run, told: Told = lambda _: None) -> Task:
    """Train to the end, starting from the last checkpoint, if any. Every epoch writes one.

    With several processes, each of them calls this.
    """
    task = task_of(run)
    with quiet():
        trainer = trainer_of(run)
        open_logger(run, trainer)
        rank, world = trainer.global_rank, trainer.world_size
        resumed = str(run.folder.last) if run.folder.last.is_file() else None
        sets = _sets(run, task, told, rank)
        task.told = _diary(run, told)
        train_images, val_images = (loader(run, sets, rank, world, training=training) for training in (True, False))
        trainer.fit(task, train_images, val_images, ckpt_path=resumed, weights_only=True)
    task.last = fingerprints({key: whole(tensor) for key, tensor in task.model.state_dict().items()})
    before = run.folder.read_json("before.json")
    check = unmoved(run.network, before, task.last, f"frozen parts stay, process {rank}")
    run.folder.write_json(f"rank{rank}.json", check.model_dump())
    if world > 1:
        trainer.strategy.barrier()
    return task


def _sets(run: Run, task: Task, told: Told, rank: int) -> Sets:
    """The input of each epoch: images, or their features if the body is frozen."""
    images, s, split = images_of(run), run.plan.settings, run.split
    features: list[Tensor] | None = None
    parts = cut(task.model) if s.augment == "none" and s.mix != "cutmix" and s.processes == 1 else None
    if parts is not None:
        body = parts.body.eval()
        both = [made(body, Path(split.root), items, run.preprocess, s.measured) for items in (split.train, split.val)]
        features = [tensors for tensors in both if tensors is not None]
        if len(features) == 2:
            task.tails = (parts.training, parts.evaluation)
            images = (Features(features[0], split.train), Features(features[1], split.val))
            told("the frozen part sees each image once, and its features are kept")
    if rank == 0 and run.plan.weights is not None and not (run.folder.path / "baselines.json").exists():
        _compare(run, task, features)
    return images


def _compare(run: Run, task: Task, features: list[Tensor] | None) -> None:
    """Write the accuracy of the initial features to `baselines.json`."""
    split, head = run.split, entrance(run.network, run.plan.fresh)
    if features is None or len(features) < 2:
        model = run.model()
        model.load_state_dict(run.folder.tensors("start.safetensors"))
        root, p = Path(split.root), run.preprocess
        sets = (Images(root, items, p.evaluation(), p.read, 0) for items in (split.train, split.val))
        features = [embedded(model, head, (images[0, i][0] for i in range(len(images)))) for images in sets]
    train, val = map(as_vectors, features)
    labels = (torch.tensor([item.label for item in items]) for items in (split.train, split.val))
    train_labels, val_labels = labels
    found = baselines(train.float(), train_labels, val.float(), val_labels, len(split.classes))
    run.folder.write_json("baselines.json", found.model_dump())


def _diary(run: Run, told: Told) -> Callable[[Sequence[Row]], None]:
    """A callback that reports and records each epoch when it ends."""
    since = [perf_counter()]
    choice = choice_of(run)

    def write(history: Sequence[Row]) -> None:
        _write_history(run.folder, history)
        now = perf_counter()
        told(line(history, run.plan.settings.epochs, now - since[0], choice))
        since[0] = now

    return write


def line(history: Sequence[Row], epochs: int, seconds: float, choice: EpochChoice) -> str:
    """The last epoch in one line."""
    row = history[-1]
    best = choice.best(history) == len(history) - 1
    balanced = f" balanced {row['val_balanced']:6.2%}" if choice.by == "val_balanced" else ""
    return (
        f"epoch {int(row['epoch']) + 1:>{len(str(epochs))}}/{epochs}  loss {row['train_loss']:.3f}  validation "
        f"{row['val_loss']:.3f} {row['val_accuracy']:6.2%}{balanced}  rate {row['lr']:.1e}  {seconds:.1f} s"
        f"{'  best' if best else ''}"
    )


def finish(run: Run, task: Task) -> TrainingResult:
    """Evaluate the best weights, save them, and prove the run."""
    s = run.plan.settings
    best = _best_state(run.folder)
    run.folder.save("weights.safetensors", best, run.metadata())
    model = run.model()
    model.load_state_dict(best)

    def of(items: Sequence[LabelledImage]) -> Measured:
        return measure(model, Path(run.split.root), items, run.preprocess, s.measured)

    measured = of(run.split.val)
    temperature = temperature_of(measured)
    rows = predictions(run, run.split.val, measured, "val")
    test = None
    if run.split.test:
        tested = of(run.split.test)
        test = scored(tested, run.plan.classes, temperature)
        rows += predictions(run, run.split.test, tested, "test")
    run.folder.write_json("predictions.json", rows)
    _write_history(run.folder, task.history)
    run.folder.write_json("record.json", _trail(run, task).model_dump())
    start = run.folder.read_json("start.json")
    row = task.history[task.choice.best(task.history)]
    compared = run.folder.path / "baselines.json"
    result = TrainingResult(
        accuracy=measured.accuracy,
        loss=measured.loss,
        best_epoch=int(row["epoch"]) + 1,
        epochs=len(task.history),
        majority=start["majority"],
        untrained=start["untrained"],
        validation=scored(measured, run.plan.classes, temperature),
        test=test,
        baselines=Baselines.model_validate(run.folder.read_json(compared.name)) if compared.is_file() else None,
        proof=prove(Run.of(run.folder), measured.accuracy, measured.loss),
        files=run.folder.hashes(),
    )
    run.folder.write_json(RESULT, result.model_dump())
    return result


def predictions(run: Run, items: Sequence[LabelledImage], measured: Measured, part: str) -> list[dict[str, object]]:
    """A row for each image: its file, its class, the predicted class, and the confidence."""
    names = run.plan.classes
    rows = zip(items, measured.predicted, measured.confidence, strict=True)
    return [
        {"file": item.path, "set": part, "truth": names[item.label], "predicted": names[p], "confidence": c}
        for item, p, c in rows
    ]


def _trail(run: Run, task: Task) -> Trail:
    """Facts that only the training can observe."""
    loaded = task.trainer.val_dataloaders
    used = getattr(loaded.dataset, "transform", None) if loaded else None
    first = run.split.val[:SEEN]
    seen = Images(Path(run.split.root), first, used or run.preprocess.evaluation(), run.preprocess.read, 0)
    return Trail(
        last=task.last,
        learned=tuple(sorted(task.learned)),
        early=tuple(sorted(task.early)),
        woken=tuple(sorted(task.woken)),
        seen=tuple(fingerprint(seen[0, i][0]) for i in range(len(first))),
    )


def _best_state(folder: Folder) -> dict[str, Tensor]:
    checkpoint = AtomicIO().load_checkpoint(folder.best)
    return {k.removeprefix("model."): v for k, v in checkpoint["state_dict"].items() if k.startswith("model.")}


def _write_history(folder: Folder, history: Sequence[Row]) -> None:
    names = ("epoch", "train_loss", "val_loss", "val_accuracy", "val_balanced", "lr")
    rows = [",".join(names), *(",".join(repr(row[n]) for n in names) for row in history)]
    folder.write("metrics.csv", "\n".join(rows) + "\n")
    folder.write_json("metrics.json", list(history))
