"""The set-up of Lightning for a run: what it writes, when it stops, and in how many processes it trains."""

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
"""The loggers through which Lightning advises its users."""


class AtomicIO(TorchCheckpointIO):
    """Checkpoints that are written atomically and cannot run code when they are read."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write a checkpoint."""
        atomically(Path(path), lambda stream: torch.save(checkpoint, stream))

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Read a checkpoint, as data only. Raises `TrainingError` if its checksums do not match."""
        file = Path(path)
        try:
            with zipfile.ZipFile(file) as archive:
                broken = archive.testzip()
        except (OSError, zipfile.BadZipFile):
            broken = file.name
        if broken is not None:
            raise TrainingError(f"{file} was changed: remove it to start again from the beginning")
        found: dict[str, Any] = torch.load(path, map_location=map_location or "cpu", weights_only=True)
        return found


class Average(WeightAveraging):
    """Exponential moving averages of weights and statistics, used for validation and saved in checkpoints.

    After training, the module keeps the trained weights, so that the proof sees both.
    """

    def __init__(self, decay: float) -> None:
        @torch.no_grad()
        def step(averages: Sequence[Tensor], current: Sequence[Tensor], _: Tensor | int) -> None:
            # Torch's own averages change constant tensors: floats by rounding, and integers by truncation.
            for average, now in zip(averages, current, strict=True):
                if average.is_floating_point():
                    average.lerp_(now, 1 - decay)
                else:
                    average.copy_(now)

        super().__init__(multi_avg_fn=step)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keep the trained weights in the module."""


def task_of(run: Run) -> Task:
    """The task of a run, with its initial weights."""
    model = run.model()
    model.load_state_dict(run.folder.tensors("start.safetensors"))
    return Task(model, run.plan, run.stages(), class_weights(run), choice_of(run))


def choice_of(run: Run) -> EpochChoice:
    """The rule for the best epoch. With rare classes, the mean recall has the precision of fewer images."""
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
    """The strategy for several processes, each with all weights or with a shard of them."""
    if shard:
        return ModelParallelStrategy(processes, 1, save_distributed_checkpoint=False)
    return "ddp" if processes > 1 else "auto"


def logger_of(run: Run) -> Logger | Literal[False]:
    """Lightning's logger of the kind in the settings. Raises `TrainingError` if its library is missing."""
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
    """The place that MLflow writes to: that of its environment variable, or else a database in a folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(folder / 'mlflow.db').resolve()}"


def open_logger(run: Run, trainer: Trainer) -> None:
    """Open a logger. Raises `TrainingError` with the library's own reason, such as a missing key."""
    if trainer.logger is None:
        return
    (run.folder.path / "logs").mkdir(exist_ok=True)
    try:
        _ = trainer.logger.experiment  # type: ignore[attr-defined]
    except Exception as error:  # the libraries may raise anything
        said = str(error).splitlines()[0] if str(error) else repr(error)
        raise TrainingError(f"--log {run.plan.settings.log} cannot begin: {said}") from None


Sets = tuple[Dataset[tuple[Tensor, int]], Dataset[tuple[Tensor, int]]]
"""The sets for training and for validation."""


def images_of(run: Run) -> Sets:
    """The images of a run as tensors."""
    s, p, root = run.plan.settings, run.preprocess, Path(run.split.root)
    varies = s.augment != "none"
    return (
        Images(root, run.split.train, p.training(s.augment), p.read, s.seed, varies),
        Images(root, run.split.val, p.evaluation(), p.read, s.seed),
    )


def loader(run: Run, sets: Sets, rank: int, world: int, *, training: bool) -> DataLoader[tuple[Tensor, int]]:
    """The images that one of several processes trains on, or evaluates."""
    s = run.plan.settings
    data = sets[0 if training else 1]
    order = Order(len(run.split.train if training else run.split.val), s.seed, shuffle=training, rank=rank, world=world)
    batches = Batches(order, s.batch if training else s.measured)
    return DataLoader(data, batch_sampler=batches, num_workers=s.workers, persistent_workers=s.workers > 0)


def class_weights(run: Run) -> Tensor | None:
    """With `balance`, the inverse of the number of images of each class, with mean 1."""
    if not run.plan.settings.balance:
        return None
    counts = Counter(item.label for item in run.split.train)
    weights = torch.tensor([1 / counts[label] for label in range(len(run.plan.classes))])
    return weights * len(weights) / weights.sum()


@contextmanager
def quiet() -> Iterator[None]:
    """Suppress Lightning's advice, which does not apply to this program."""
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
