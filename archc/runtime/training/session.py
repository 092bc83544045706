"""What the commands do with runs: begin one, go on with one, try one out."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor, nn

from archc.network.heads import heads
from archc.pipeline import Checked, Options
from archc.runtime.training.data import Images, Split, find_data
from archc.runtime.training.engine import Result, finish, prepare, train
from archc.runtime.training.errors import TrainingError
from archc.runtime.training.folder import Folder
from archc.runtime.training.hub import PREFIX, fetched
from archc.runtime.training.images import Preprocess
from archc.runtime.training.proof import statistics
from archc.runtime.training.rates import LITTLE, STEPS, search
from archc.runtime.training.report import write_report, write_search
from archc.runtime.training.run import Run
from archc.runtime.training.settings import Plan, Settings
from archc.runtime.training.strategies import STRATEGIES
from archc.runtime.weights.errors import WeightsError
from archc.runtime.weights.files import about
from archc.runtime.weights.match import FITTING, Match, match
from archc.runtime.weights.sources import Loaded, load


@dataclass(frozen=True)
class Request:
    """What a user asks for: a spec that has been checked, images, weights, and the choices."""

    checked: Checked
    spec: str
    options: Options
    data: Path
    weights: str | None
    drop: tuple[str, ...]
    settings: Settings
    strict: bool


@dataclass(frozen=True)
class Ready:
    """A run that is checked and not yet begun, and how the weights fit."""

    run: Run
    loaded: Loaded | None
    match: Match | None

    def tensors(self) -> dict[str, Tensor]:
        """The tensors to load, by the network's keys."""
        if self.loaded is None or self.match is None:
            return {}
        return {key: self.loaded.tensors[source] for key, source in self.match.taken().items()}

    def borrowed(self) -> tuple[str, ...]:
        """The heads that are loaded though the weights were trained for other classes."""
        if self.match is None or self.loaded is None or not _of_others(self.loaded, self.run.split):
            return ()
        taken = self.match.taken()
        paths = [head.path for head in heads(self.run.network)]
        return tuple(path for path in paths if any(key.startswith(f"{path}.") for key in taken))


def rank() -> int:
    """Which of several processes this is: the engine starts the others with the same command."""
    said = os.environ.get("LOCAL_RANK", "0")
    if not said.isdecimal():
        raise TrainingError(f"the environment's LOCAL_RANK is {said[:20]!r}, not the number of a process")
    return int(said)


def ready(request: Request, folder: Path) -> Ready:
    """Check everything that can be known before training. Raises `TrainingError` or `WeightsError`."""
    s = request.settings
    if s.device == "auto":
        s = s.model_copy(update={"device": "gpu" if torch.cuda.is_available() else "cpu"})
    if s.strategy not in STRATEGIES:
        raise TrainingError(f"there is no strategy {s.strategy!r}: {', '.join(STRATEGIES)}")
    if s.strategy == "gradual" and s.processes > 1:
        raise TrainingError("gradual unfreezing works in one process only")
    if s.shard and (s.processes == 1 or s.ema is not None or s.precision != "32-true"):
        raise TrainingError("--shard works in several processes, in 32-true, and without --ema")
    if s.precision == "16-mixed" and s.device == "cpu":
        raise TrainingError("the CPU has no 16-mixed: choose bf16-mixed or 32-true, or a GPU with --device gpu")
    if s.strategy == "scratch" and request.weights is not None:
        raise TrainingError("the strategy scratch loads no weights: leave --weights out")
    (network,) = request.checked.networks.values()
    split = _found(request)
    output = network.type_of(network.outputs[0])
    if output.is_image or output.channels != len(split.classes):
        raise TrainingError(
            f"{network.name} makes {output}, but {request.data} has {len(split.classes)} classes: replace its head"
        )
    plan = Plan.of(request.checked, request.spec, request.options, split.classes, request.weights, s)
    run = Run(Folder(folder), plan, plan.network(), split, Preprocess.of(network))
    if request.weights is None:
        return Ready(run, None, None)
    loaded = load(request.weights)
    base = request.checked.bases.get(network.name)
    fit = match(network, base, loaded.shapes(), request.drop, other_classes=_of_others(loaded, split))
    return Ready(run, loaded, fit)


def _of_others(loaded: Loaded, split: Split) -> bool:
    """Whether weights say that they were trained for other classes."""
    theirs = about(loaded.metadata).get("classes")
    return theirs is not None and list(theirs) != list(split.classes)


def _found(request: Request) -> Split:
    """The images that the request names."""
    s, named = request.settings, str(request.data)
    if not named.startswith(PREFIX):
        return find_data(request.data, s.seed, s.held_out, request.strict)
    table, notes = fetched(named.removeprefix(PREFIX))
    split = find_data(table, s.seed, s.held_out, request.strict)
    return split.model_copy(update={"notes": (*notes, *split.notes)})


def begin(made: Ready, told: Callable[[str], None] = lambda _: None) -> None:
    """Write the folder that a run starts from; with `find_lr`, search for its learning rate.

    Raises:
        TrainingError: there is a run already, or the folder cannot be written.
        WeightsError: the weights do not fit.
        Interrupted: a signal stopped the search; there is no run yet.
    """
    run = made.run
    if made.match is not None and not made.match.fits:
        wrong = [f"{row.key} ({row.fit})" for row in made.match.rows if row.fit not in FITTING]
        told_some = f"{', '.join(wrong[:3])}{', …' if len(wrong) > 3 else ''}"
        raise WeightsError(f"{run.plan.weights} does not fit {run.plan.member}: {told_some}")
    if (run.folder.path / "run.json").exists():
        raise TrainingError(f"{run.folder.path} holds a run already: go on with --resume, or choose another folder")
    run.folder.write_json("split.json", run.split.model_dump())
    run.folder.write_json("preprocess.json", run.preprocess.model_dump())
    run.folder.write_json("versions.json", versions())
    prepare(run, made.tensors())
    plan = run.plan
    if plan.settings.find_lr:
        with _signals():
            found = search(run)
        write_search(run, found)
        said = f"learning rate {found.chosen:g}, the steepest of {len(found.rates)} that were tried"
        told(f"{said}; the loss fell by {found.fall:.0%}{', which says little' if found.fall < LITTLE else ''}")
        plan = plan.model_copy(update={"settings": plan.settings.model_copy(update={"lr": found.chosen})})
    run.folder.write("run.json", plan.model_dump_json(indent=2) + "\n")  # last: a folder with it is whole


def go_on(folder: Path, told: Callable[[str], None]) -> Result | None:
    """Train a run to its end from where it is, and write what came out; None in all processes but the first.

    Raises:
        TrainingError: the folder holds no run.
        Interrupted: a signal stopped it; what is done is kept.
    """
    run = Run.of(Folder(folder))
    if (folder / "result.json").exists():
        return Result.model_validate(run.folder.read_json("result.json"))
    if run.folder.last.is_file():
        told(f"going on from {run.folder.last}")
    with _signals():
        task = train(run)
    if rank() != 0:
        return None
    result = finish(run, task)
    write_report(run, task.history, result)
    return result


def versions() -> dict[str, str]:
    """The versions of what a result depends on."""
    from importlib.metadata import version
    from platform import platform, python_version

    names = ("torch", "torchvision", "lightning", "torchmetrics", "pillow")
    return {"python": python_version(), "platform": platform(), **{name: version(name) for name in names}}


# -- interruption -----------------------------------------------------------------------------------------------------


class Interrupted(BaseException):
    """A signal ended the run, or the search before it. The checkpoint of the last epoch is on the disk."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _signals:  # noqa: N801 - it reads as the statement that it is
    """While it holds, SIGTERM and SIGINT end the run at once: every epoch is on the disk already."""

    def __enter__(self) -> None:
        mine = threading.current_thread() is threading.main_thread()  # others get no signals
        self.before = {n: signal.signal(n, self._stop) for n in (signal.SIGTERM, signal.SIGINT) if mine}

    def __exit__(self, *exception: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    @staticmethod
    def _stop(number: int, frame: object) -> None:
        raise Interrupted(number)


# -- trying out -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Estimate:
    """What one batch says: the seconds of a step and of the run, and the bytes of weights, gradients and optimizer."""

    step: float
    run: float
    state: int
    trained: int
    frozen: int


def estimate(made: Ready) -> Estimate:
    """Train on one batch, on the CPU, and write nothing."""
    run, s = made.run, made.run.plan.settings
    model: nn.Module = run.model().train()
    images = Images(
        Path(run.split.root), run.split.train, run.preprocess.training(s.augment), run.preprocess.channels, 0
    )
    batch = [images[0, i] for i in range(min(s.batch, len(images)))]
    xs, ys = torch.stack([x for x, _ in batch]), torch.tensor([y for _, y in batch])
    trained = [p for p in model.parameters() if p.requires_grad]
    started = perf_counter()
    outputs = model(xs)
    loss = nn.functional.cross_entropy(outputs if isinstance(outputs, Tensor) else outputs[0], ys)
    torch.autograd.backward(loss)
    step = perf_counter() - started
    everything = sum(p.numel() for p in model.parameters())
    learning = sum(p.numel() for p in trained)
    steps = -(-len(run.split.train) // s.batch) * s.epochs + (STEPS * s.accumulate if s.find_lr else 0)
    kept = everything * (1 if s.ema is None else 2) + 3 * learning
    return Estimate(step, step * steps, 4 * kept, learning, everything - learning)


def told_before(made: Ready) -> str:
    """The data in a line, and what is worth knowing before the run begins."""
    run = made.run
    split, s = run.split, run.plan.settings
    lines = [f"{len(split.classes)} classes, {len(split.train)} images to train on, {len(split.val)} to validate with"]
    lines += [f"  skipped {path}: {why}" for path, why in split.broken]
    lines += [f"  {note}" for note in split.notes]
    if s.processes > 1 and (own := [key for key in statistics(run.network) if key.endswith("running_mean")]):
        which = "1 batch norm is" if len(own) == 1 else f"{len(own)} batch norms are"
        images = f"the {s.batch} images of its own process"
        lines.append(f"  {which} trained, each on {images}: not what one process with all of them would do")
    if borrowed := made.borrowed():
        begins = f"{', '.join(borrowed)} {'starts' if len(borrowed) == 1 else 'start'}"
        lines.append(f"  {begins} from weights of other classes: `replace` in the spec makes a new head")
    return "\n".join(lines)
