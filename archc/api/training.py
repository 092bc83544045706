"""Training from Python: start a run, resume it, and predict with it. Everything here needs torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from archc.api.model import File
from archc.api.specs import InputShapes, inputs_of, only_network
from archc.pipeline import Options
from archc.support.extras import require
from archc.zoo import find

if TYPE_CHECKING:
    from archc.training.engine import TrainingResult
    from archc.training.predict import Prediction
    from archc.training.settings import Settings


def finetune(
    spec: str,
    data: File,
    output: File,
    *,
    weights: str | None = None,
    drop: Sequence[str] = (),
    new: Sequence[str] = (),
    rename: Sequence[tuple[str, str]] = (),
    map: File | None = None,
    settings: Settings | None = None,
    strict: bool = False,
    input: InputShapes | None = None,
    classes: int | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> TrainingResult:
    """Train a network on images, write the run to the folder `output`, and prove it.

        result = archc.finetune("flowers.arch", "flowers", "run", settings=archc.Settings(epochs=5, lr=3e-3))

    It is `archc finetune` in one process: `data`, `weights`, `drop`, `new`, `rename`, `map` and `strict` are its
    options, `settings` all others by the same names (`limit` for `--time-limit`, `find_lr=True` for `--lr auto`).
    `told` is called with each line of progress. Ctrl-C stops the run; `resume` continues it.

    Raises:
        SpecError, CompileError, ValueError: as `load` does; a `ValueError` for several processes too.
        TrainingError: there are no images, the head does not fit, `output` already holds a run, …
        WeightsError: the weights are unavailable, or do not fit.
        NotProved: the run is done, and its proof fails.
    """
    from pathlib import Path

    require("torch", "lightning")
    from archc.runtime.weights.mapping import read_map
    from archc.training.session import Request, begin, ready, told_before
    from archc.training.settings import Settings

    found, options, chosen = find(spec), Options(inputs=inputs_of(input), classes=classes), settings or Settings()
    if chosen.processes > 1:
        raise ValueError("several processes are started by the command: archc finetune --processes N")
    checked = found.checked(options)
    only_network(checked, f"{spec}:NAME")
    with _own_chance(), _signals_as_usual():
        allowed = tuple(drop), tuple(new), tuple(rename), read_map(Path(map)) if map is not None else None
        request = Request(checked, found.source.name, options, Path(data), weights, chosen, strict, *allowed)
        made = ready(request, Path(output))
        told(told_before(made))
        begin(made, told)
    return resume(output, told=told)


def resume(run: File, *, told: Callable[[str], None] = lambda _: None) -> TrainingResult:
    """Continue an interrupted run to its end; for a finished one, prove it again and return its result.

    Raises:
        TrainingError: the folder holds no run, or the run or its data has changed.
        NotProved: the run is done, and its proof fails.
    """
    from pathlib import Path

    require("torch", "lightning")
    from archc.training.session import go_on
    from archc.training.unproved import NotProved

    with _own_chance(), _signals_as_usual():
        result = go_on(Path(run), told)
    assert result is not None  # None only in other processes, of which there are none
    if not result.proof.holds:
        raise NotProved(result)
    return result


def predict(run: File, files: File | Iterable[File], *, top: int = 1) -> list[Prediction]:
    """The likeliest classes of images, from the folder of a run alone.

    `files` are images, and folders of images. A file that is not an image has an `error` and no `classes`.

    Raises:
        TrainingError: the folder holds no finished run.
    """
    from os import PathLike
    from pathlib import Path

    require("torch", "torchvision")
    from archc.training.predict import image_files
    from archc.training.predict import predict as predicted

    paths = [files] if isinstance(files, str | PathLike) else files
    with _own_chance():
        return list(predicted(Path(run), image_files(map(Path, paths)), top))


@contextmanager
def _signals_as_usual() -> Iterator[None]:
    """Re-raise a signal that stopped a run, as in other programs."""
    from signal import SIGINT

    from archc.training.session import Interrupted

    try:
        yield
    except Interrupted as stop:
        raise (KeyboardInterrupt if stop.number == SIGINT else SystemExit(128 + stop.number)) from None


@contextmanager
def _own_chance() -> Iterator[None]:
    """Restore the state of torch's random number generator for the caller."""
    require("torch")
    import torch

    with torch.random.fork_rng(devices=()):
        yield
