"""How Lightning is set up for a run: what it writes, when it stops, and in how many processes it trains."""

from __future__ import annotations

import logging
import os
import sys
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import torch
from lightning.pytorch import LightningModule, Trainer, loggers
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint, TQDMProgressBar, WeightAveraging
from lightning.pytorch.loggers import Logger
from lightning.pytorch.plugins.io import TorchCheckpointIO
from lightning.pytorch.strategies import ModelParallelStrategy
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from archc.training.data import Batches, Images, Order
from archc.training.errors import TrainingError
from archc.training.folder import atomically
from archc.training.run import Run
from archc.training.task import EpochChoice, Task

_ADVISERS = (
    "lightning.pytorch", "lightning.fabric", "lightning.pytorch.utilities.rank_zero",
    "lightning.fabric.utilities.rank_zero",
)  # fmt: skip
"""The loggers by which Lightning tells its users what they might do better."""


class AtomicIO(TorchCheckpointIO):
    """Checkpoints that are there whole or not at all, and that cannot run code when they are read."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write a checkpoint."""
        atomically(Path(path), lambda stream: torch.save(checkpoint, stream))

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Read one, as data only. Raises `TrainingError` where its checksums say that it was changed."""
        file = Path(path)
        try:
            with zipfile.ZipFile(file) as archive:
                broken = archive.testzip()
        except (OSError, zipfile.BadZipFile):
            broken = file.name
        if broken is not None:
            raise TrainingError(f"{file} was changed: go on without it, from the start, by removing it")
        found: dict[str, Any] = torch.load(path, map_location=map_location or "cpu", weights_only=True)
        return found


class Average(WeightAveraging):
    """Exponential moving averages of weights and statistics: validated, and saved as the weights of a checkpoint.

    After the training the module keeps the weights that were trained, so that the proof sees both.
    """

    def __init__(self, decay: float) -> None:
        @torch.no_grad()
        def step(averages: Sequence[Tensor], current: Sequence[Tensor], _: Tensor | int) -> None:
            # Torch's own averages move what does not change: by rounding, and by whole numbers that are cut off.
            for average, now in zip(averages, current, strict=True):
                if average.is_floating_point():
                    average.lerp_(now, 1 - decay)
                else:
                    average.copy_(now)

        super().__init__(multi_avg_fn=step)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the module what it is."""


def task_of(run: Run) -> Task:
    """What is trained, with the weights that the run starts from."""
    model = run.model()
    model.load_state_dict(run.folder.tensors("start.safetensors"))
    return Task(model, run.plan, run.stages(), class_weights(run), choice_of(run))


def choice_of(run: Run) -> EpochChoice:
    """How the best epoch is found. Where classes are rare, a mean of recalls is as sure as that of fewer images."""
    counts = Counter(item.label for item in run.split.val).values()
    if run.plan.settings.balance:
        return EpochChoice("val_balanced", len(counts) ** 2 / sum(1 / n for n in counts))
    return EpochChoice("val_accuracy", sum(counts))


def trainer_of(run: Run) -> Trainer:
    """The trainer of a run."""
    s = run.plan.settings
    folder = run.folder.last.parent
    callbacks: list[Callback] = [
        EarlyStopping(choice_of(run).by, patience=s.patience, mode="max"),
        ModelCheckpoint(folder, "best", monitor="val_best", mode="max", enable_version_counter=False),
        ModelCheckpoint(folder, "last", save_top_k=1, enable_version_counter=False),
    ]
    if s.ema is not None:
        callbacks.append(Average(s.ema))
    if sys.stderr.isatty():
        callbacks.append(TQDMProgressBar())
    return Trainer(
        accelerator=s.device,
        devices=s.processes,
        strategy=_strategy(s.processes, shard=s.shard),
        precision=s.precision,
        max_epochs=s.epochs,
        max_time=timedelta(seconds=s.limit) if s.limit is not None else None,
        accumulate_grad_batches=s.accumulate,
        callbacks=callbacks,
        plugins=[AtomicIO()],
        logger=logger_of(run),
        enable_progress_bar=sys.stderr.isatty(),
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        default_root_dir=run.folder.path,
    )


def _strategy(processes: int, *, shard: bool) -> str | ModelParallelStrategy:
    """Several processes with the same weights each, or with a share of them each."""
    if shard:
        return ModelParallelStrategy(processes, 1, save_distributed_checkpoint=False)
    return "ddp" if processes > 1 else "auto"


def logger_of(run: Run) -> Logger | Literal[False]:
    """Lightning's logger of the kind that the settings name. Raises `TrainingError` where its library is missing."""
    kind, folder = run.plan.settings.log, run.folder.path / "logs"
    if kind == "none":
        return False
    made: Mapping[str, Callable[[], Logger]] = {
        "csv": lambda: loggers.CSVLogger(folder, name="", version=""),
        "tensorboard": lambda: loggers.TensorBoardLogger(folder, name="", version=""),
        "wandb": lambda: loggers.WandbLogger(project="archc", name=run.folder.path.name, save_dir=folder),
        "mlflow": lambda: loggers.MLFlowLogger("archc", run.folder.path.name, tracking_uri=_tracked(folder)),
    }
    try:
        return made[kind]()
    except ModuleNotFoundError as error:
        also = f" ({error})" if error.name not in (None, kind) else ""
        raise TrainingError(f"--log {kind} needs a library that is not installed: pip install {kind}{also}") from None


def _tracked(folder: Path) -> str:
    """Where MLflow writes to: what its own variable says, else a database in a folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(folder / 'mlflow.db').resolve()}"


def open_logger(run: Run, trainer: Trainer) -> None:
    """Begin what a logger writes. Raises `TrainingError` with the library's own reason, such as a missing key."""
    if trainer.logger is None:
        return
    (run.folder.path / "logs").mkdir(exist_ok=True)
    try:
        _ = trainer.logger.experiment  # type: ignore[attr-defined]
    except Exception as error:  # the libraries raise what they like
        said = str(error).splitlines()[0] if str(error) else repr(error)
        raise TrainingError(f"--log {run.plan.settings.log} cannot begin: {said}") from None


Sets = tuple[Dataset[tuple[Tensor, int]], Dataset[tuple[Tensor, int]]]
"""What is trained on, and what is validated with."""


def images_of(run: Run) -> Sets:
    """The images of a run as tensors."""
    s, p, root = run.plan.settings, run.preprocess, Path(run.split.root)
    varies = s.augment != "none"
    return (
        Images(root, run.split.train, p.training(s.augment), p.read, s.seed, varies),
        Images(root, run.split.val, p.evaluation(), p.read, s.seed),
    )


def loader(run: Run, sets: Sets, rank: int, world: int, *, training: bool) -> DataLoader[tuple[Tensor, int]]:
    """The images that one of several processes trains on, or measures."""
    s = run.plan.settings
    data = sets[0 if training else 1]
    order = Order(len(run.split.train if training else run.split.val), s.seed, shuffle=training, rank=rank, world=world)
    batches = Batches(order, s.batch if training else s.measured)
    return DataLoader(data, batch_sampler=batches, num_workers=s.workers, persistent_workers=s.workers > 0)


def class_weights(run: Run) -> Tensor | None:
    """With `balance`, the inverse of how many images each class has; their mean is 1."""
    if not run.plan.settings.balance:
        return None
    counts = Counter(item.label for item in run.split.train)
    weights = torch.tensor([1 / counts[label] for label in range(len(run.plan.classes))])
    return weights * len(weights) / weights.sum()


@contextmanager
def quiet() -> Iterator[None]:
    """Without Lightning's advice: it is about other programs than this one."""
    advisers = [logging.getLogger(name) for name in _ADVISERS]
    levels = [logger.level for logger in advisers]
    for logger in advisers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(advisers, levels, strict=True):
            logger.setLevel(level)
