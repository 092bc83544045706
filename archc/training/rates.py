"""The search for a learning rate: it is increased step by step, and chosen by the course of the loss."""

from __future__ import annotations

import io
import math
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, redirect_stderr

from lightning.pytorch import Trainer
from lightning.pytorch.tuner.tuning import Tuner

from archc.support.record import Record
from archc.training.errors import TrainingError
from archc.training.run import Run
from archc.training.trainer import AtomicIO, images_of, loader, quiet, task_of

LEAST, MOST, STEPS, SKIPPED = 1e-6, 1.0, 100, 10
"""The first and last rate, the number of steps, and how many of the first ones are not informative.

The search ends where the loss is four times its minimum."""

SMOOTHING = 0.98
"""Lightning's smoothing: the weight of the previous loss in each one it shows."""
AROUND = 3
"""The number of rates on each side from which the slope of the loss is taken: between two neighbours it is noise."""
LITTLE = 0.1
"""A decrease of the loss that may be noise."""


class Search(Record):
    """The rates that were tried, the smoothed loss at each, where it falls fastest, and the rate to train with."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    steepest: float
    chosen: float

    @property
    def fall(self) -> float:
        """The relative decrease of the loss from the first informative rates to its minimum.

        A small one is not significant.
        """
        usable = self.losses[SKIPPED:]
        least = usable.index(min(usable))
        return 1 - usable[least] / max(usable[: least + 1])


def search(run: Run) -> Search:
    """Try increasing rates from the initial weights of the run, in one process, without changing the run's folder.

    All stages get the same rate; in the run, the stage with the highest rate gets the one found. Raises
    `TrainingError`.
    """
    s, task = run.plan.settings, task_of(run)
    # Lightning shows progress bars even in pipes.
    bar: AbstractContextManager[object] = nullcontext() if sys.stderr.isatty() else redirect_stderr(io.StringIO())
    with tempfile.TemporaryDirectory() as folder, quiet(), bar:
        trainer = Trainer(
            accelerator=s.device,
            devices=1,
            precision=s.precision,
            max_epochs=STEPS,
            accumulate_grad_batches=s.accumulate,
            plugins=[AtomicIO()],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
            default_root_dir=folder,
        )
        finder = Tuner(trainer).lr_find(
            task,
            loader(run, images_of(run), 0, 1, training=True),
            min_lr=LEAST,
            max_lr=MOST,
            num_training=STEPS,
            update_attr=False,
        )
    found = finder.results if finder is not None else {"lr": [], "loss": []}
    pairs = [
        (rate, loss * s.accumulate * _unbiased(number))
        for number, (rate, loss) in enumerate(zip(found["lr"], found["loss"], strict=False), 1)
        if math.isfinite(loss)
    ]
    best = steepest(pairs)
    chosen = float(f"{best / max(stage.rate for stage in task.stages):.2g}")
    return Search(tuple(r for r, _ in pairs), tuple(x for _, x in pairs), best, chosen)


def _unbiased(number: int) -> float:
    """The bias correction of the smoothed loss: Lightning counts one step too many, and starts at a half."""
    return (1 - SMOOTHING ** (number + 1)) / (1 - SMOOTHING**number)


def steepest(pairs: Sequence[tuple[float, float]]) -> float:
    """The rate at which the loss falls fastest between its maximum and its minimum (Smith 2015, arXiv:1506.01186).

    The rates form a geometric sequence, so the slope is with respect to the logarithm of the rate. Lightning's
    suggestion uses the slope with respect to the rate itself, which favours the smallest rates. Like it, this leaves
    out the first rates, where smoothing begins, and the last. Raises `TrainingError`.
    """
    usable = pairs[SKIPPED:-1]
    if len(usable) < 3:
        raise TrainingError(f"the search for a learning rate ended after {len(pairs)} steps: choose one with --lr")
    losses = [loss for _, loss in usable]
    least = losses.index(min(losses))
    most = losses.index(max(losses[: least + 1]))
    if most == least:
        raise TrainingError("the search found no learning rate at which the loss falls: choose one with --lr")
    falls = [losses[max(0, i - AROUND)] - losses[min(i + AROUND, len(losses) - 1)] for i in range(len(losses))]
    best = max(range(most, least + 1), key=lambda i: falls[i])
    return usable[best][0]
