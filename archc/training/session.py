"""Operations on runs: begin, continue, estimate."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from math import prod
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor, nn

from archc.ir.heads import heads
from archc.ir.network import Network
from archc.ir.paths import lies_in
from archc.pipeline import Checked, Options
from archc.runtime.weights.errors import WeightsError
from archc.runtime.weights.files import about
from archc.runtime.weights.mapping import KeyMapping
from archc.runtime.weights.match import FITTING, Allowed, Match, match
from archc.runtime.weights.sources import Loaded, finite, load, taken
from archc.support.record import Record
from archc.training.data import DataSplit, batches, find_data
from archc.training.engine import TrainingResult, finish, prepare, train
from archc.training.errors import TrainingError
from archc.training.folder import RESULT, Folder
from archc.training.hub import PREFIX, fetched
from archc.training.images import Preprocess, one_picture
from archc.training.proof import Check, Proof, frozen_keys, some, statistics
from archc.training.prove import prove, same_data, same_pictures, unchanged
from archc.training.rates import LITTLE, STEPS, search
from archc.training.report import write_report, write_search
from archc.training.run import Run
from archc.training.scan import BROKEN
from archc.training.settings import Plan, Settings
from archc.training.strategies import BODY, STRATEGIES, batch_norms
from archc.training.task import Task
from archc.training.trainer import choice_of, class_weights, images_of, logger_of, quiet, trainer_of

FEW = 5000
"""The number of training images below which batch norms keep loaded statistics, since new ones would be worse."""


class Request(Record):
    """The request of a user: a checked spec, images, weights, and the settings.

    `drop`, `new`: patterns of tensors that the weights may have in excess, or may lack. `rename`: pairs of module
    names, in the weights and in the spec; `map`: the names of tensors in the weights.
    """

    checked: Checked
    spec: str
    options: Options
    data: Path
    weights: str | None
    settings: Settings
    strict: bool = False
    drop: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    rename: tuple[tuple[str, str], ...] = ()
    map: KeyMapping | None = None


class Ready(Record):
    """A run that has been checked but not begun, and how the weights fit."""

    run: Run
    loaded: Loaded | None
    match: Match | None

    def tensors(self) -> dict[str, Tensor]:
        """The tensors to load, by the network's keys."""
        if self.loaded is None or self.match is None:
            return {}
        return taken(self.loaded.tensors, self.match)

    def borrowed(self) -> tuple[str, ...]:
        """The heads that are loaded although nothing states that the weights were trained for these classes."""
        if self.match is None or self.loaded is None or _of_others(self.loaded, self.run.split) is False:
            return ()
        keys = self.match.taken()
        paths = [head.path for head in heads(self.run.network)]
        return tuple(path for path in paths if any(lies_in(key, path) for key in keys))


def rank() -> int:
    """The rank of this process. The engine starts the others with the same command."""
    said = os.environ.get("LOCAL_RANK", "0")
    if not said.isdecimal():
        raise TrainingError(f"the environment's LOCAL_RANK is {said[:20]!r}, not the number of a process")
    return int(said)


def ready(request: Request, folder: Path) -> Ready:
    """Check everything that can be checked before training. Raises `TrainingError` and `WeightsError`."""
    s = possible(request.settings, request.weights)
    (network,) = request.checked.networks.values()
    one_picture(network)
    if len(network.outputs) > 1:
        raise TrainingError(f"{network.name} has {len(network.outputs)} outputs, and only one can be trained")
    split = _found(request)
    output = network.type_of(network.outputs[0])
    if output.is_image or output.channels != len(split.classes):
        raise TrainingError(
            f"{network.name} makes {output}, but {request.data} has {len(split.classes)} classes: replace its head"
        )
    loaded = load(request.weights) if request.weights is not None else None
    fit = None
    if loaded is not None:
        finite(loaded)
        base = request.checked.bases.get(network.name)
        allowed = Allowed(request.drop, request.new, request.rename, request.map)
        fit = match(network, base, loaded.shapes(), allowed, other_classes=_of_others(loaded, split) is True)
    if s.norms == "auto":
        few = loaded is not None and len(split.train) < FEW
        s = s.model_copy(update={"norms": "frozen" if few else "trained"})
    fresh = fit.fresh() if fit is not None and network.base is None else ()
    images = len(split.train)
    plan = Plan.of(request.checked, request.spec, request.options, split.classes, request.weights, s, fresh, images)
    run = Run(Folder(folder), plan, plan.network(), split, Preprocess.of(network, split.white))
    made = Ready(run, loaded, fit)
    if fit is None or fit.fits:
        _all_loaded(made)
    if s.batch == 1 and (alone := alone_norms(run.network)):
        raise TrainingError(f"{alone[0]} is trained and sees one number of each image: use --batch 2 or --norms frozen")
    if not run.stages():
        raise TrainingError(f"{network.name} is frozen as a whole: there is nothing to train")
    return made


def possible(s: Settings, weights: str | None) -> Settings:
    """The settings with the available device. Raises `TrainingError` for settings that contradict each other."""
    gpus = torch.cuda.device_count() or int(torch.backends.mps.is_available())
    if s.device == "auto":
        s = s.model_copy(update={"device": "gpu" if gpus else "cpu"})
    if s.device == "gpu" and gpus < s.processes:
        there = "there is no GPU" if not gpus else f"there are {gpus} GPUs, not {s.processes}"
        raise TrainingError(f"{there} that torch can use here: leave --device out, or choose cpu")
    if s.strategy not in STRATEGIES:
        raise TrainingError(f"there is no strategy {s.strategy!r}: {', '.join(STRATEGIES)}")
    if s.strategy in ("gradual", "head-then-all") and s.processes > 1:
        raise TrainingError(f"the strategy {s.strategy} unfreezes stages one by one, which works in one process only")
    if s.shard and (s.processes == 1 or s.ema is not None or s.precision != "32-true"):
        raise TrainingError("--shard works in several processes, in 32-true, and without --ema")
    if s.precision == "16-mixed" and s.device == "cpu":
        raise TrainingError("the CPU has no 16-mixed: choose bf16-mixed or 32-true, or a GPU with --device gpu")
    if s.strategy == "scratch" and weights is not None:
        raise TrainingError("the strategy scratch loads no weights: leave --weights out")
    return s


def _all_loaded(made: Ready) -> None:
    """Refuse to freeze layers whose weights are not loaded and would stay random. Raises `TrainingError`."""
    keys = made.match.taken() if made.match is not None else {}
    counted = "num_batches_tracked"  # missing in older files; it starts at 0
    bare = [key for key in frozen_keys(made.run.network) if key not in keys and not key.endswith(counted)]
    if not bare:
        return
    plan = made.run.plan
    who = f"{plan.member} freezes" if plan.settings.strategy == "spec" else f"{plan.settings.strategy} freezes"
    told = f"{who} {len(bare)} tensor{'s' if len(bare) > 1 else ''}"
    if plan.weights is None:
        raise TrainingError(f"{told} and no --weights gives them; --strategy scratch trains from nothing")
    raise TrainingError(f"{told} that {plan.weights} does not have: {some(bare, 'would stay random')}")


def alone_norms(network: Network) -> tuple[str, ...]:
    """The trained batch norms whose input has a single number per channel."""
    frozen = {n.path for n in network.nodes if n.frozen}
    nodes = {n.path: n for n in network.nodes if n.path}
    trained = (path for path in batch_norms(network) if path not in frozen)
    return tuple(path for path in trained if prod(nodes[path].types[0].dims[1:]) == 1)


def _of_others(loaded: Loaded, split: DataSplit) -> bool | None:
    """Whether weights were trained for other classes; None if that is unknown."""
    theirs = about(loaded.metadata).get("classes")
    return None if theirs is None else list(theirs) != list(split.classes)


def _found(request: Request) -> DataSplit:
    """The data of the request."""
    s, named = request.settings, str(request.data)
    if not named.startswith(PREFIX):
        return find_data(request.data, s.seed, s.held_out, request.strict)
    table, notes = fetched(named.removeprefix(PREFIX))
    split = find_data(table, s.seed, s.held_out, request.strict)
    return split.model_copy(update={"notes": (*notes, *split.notes)})


def begin(made: Ready, told: Callable[[str], None] = lambda _: None) -> None:
    """Write the initial folder of a run; with `find_lr`, search for its learning rate.

    Raises:
        TrainingError: the folder already holds a run, or cannot be written.
        WeightsError: the weights do not fit.
        Interrupted: a signal stopped the search. There is no run yet.
    """
    run = made.run
    if made.match is not None and not made.match.fits:
        wrong = [f"{row.key} ({row.fit})" for row in made.match.rows if row.fit not in FITTING]
        told_some = f"{', '.join(wrong[:3])}{', …' if len(wrong) > 3 else ''}"
        raise WeightsError(f"{run.plan.weights} does not fit {run.plan.member}: {told_some}")
    if (run.folder.path / "run.json").exists():
        raise TrainingError(f"{run.folder.path} already holds a run: continue it with --resume, or use another folder")
    logger_of(run)
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
    run.folder.write("run.json", plan.model_dump_json(indent=2) + "\n")
    run.folder.seal()  # last: a folder with a seal is complete


def go_on(folder: Path, told: Callable[[str], None]) -> TrainingResult | None:
    """Train a run to its end from its last checkpoint, and write the result; None in all processes but the first.

    A finished run is proved again.

    Raises:
        TrainingError: the folder holds no run, or the run or its data has changed.
        Interrupted: a signal stopped it. Completed epochs are kept.
    """
    if Folder(folder).done():
        return proved(folder)
    if rank() == 0:
        same_data(Folder(folder))
    run = Run.of(Folder(folder))
    if run.folder.last.is_file():
        told(f"going on from {run.folder.last}")
    with _signals():
        task = train(run, told)
    if rank() != 0:
        return None
    result = finish(run, task)
    write_report(run, task.history, result)
    run.folder.seal()
    run.folder.tidy()
    return result


def proved(folder: Path) -> TrainingResult:
    """The result of a finished run, proved again from its files. Raises `TrainingError`."""
    if not Folder(folder).done():
        raise TrainingError(f"{folder} holds no finished run")
    files = unchanged(Folder(folder))
    try:
        run = Run.of(Folder(folder))
        result = run.folder.value(RESULT, TrainingResult)
    except TrainingError:
        if files.holds:
            raise
        raise TrainingError(f"{folder} was changed: {files.detail}") from None
    try:
        proof = prove(run, result.accuracy, result.loss)
    except (TrainingError, *BROKEN, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else repr(error)
        proof = Proof(checks=(same_pictures(run), Check(name="the run can be measured", holds=False, detail=reason)))
    return result.model_copy(update={"proof": Proof(checks=(files, *proof.checks))})


def versions() -> dict[str, str]:
    """The versions of the libraries that a result depends on."""
    from importlib.metadata import version
    from platform import platform, python_version

    names = ("torch", "torchvision", "lightning", "torchmetrics", "pillow")
    return {"python": python_version(), "platform": platform(), **{name: version(name) for name in names}}


# -- interruption -----------------------------------------------------------------------------------------------------


class Interrupted(BaseException):
    """A signal ended the run, or the search before it. The checkpoint of the last complete epoch is on the disk."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _signals:  # noqa: N801 - it reads as the statement that it is
    """A context in which SIGTERM and SIGINT end the run at once, since every complete epoch is on the disk."""

    def __enter__(self) -> None:
        mine = threading.current_thread() is threading.main_thread()  # other threads receive no signals
        self.before = {n: signal.signal(n, self._stop) for n in (signal.SIGTERM, signal.SIGINT) if mine}

    def __exit__(self, *exception: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    @staticmethod
    def _stop(number: int, frame: object) -> None:
        raise Interrupted(number)


# -- estimates --------------------------------------------------------------------------------------------------------


class Estimate(Record):
    """An estimate from one batch: seconds per step and for the run; bytes of weights, gradients and optimizer."""

    step: float
    run: float
    state: int
    trained: int
    frozen: int


def estimate(made: Ready) -> Estimate:
    """Build everything that the run builds and train on one batch on the CPU, without writing anything."""
    run, s = made.run, made.run.plan.settings
    model: nn.Module = run.model()
    model.load_state_dict(model.state_dict() | made.tensors())
    task = Task(model, run.plan, run.stages(), class_weights(run), choice_of(run)).train()
    with quiet():
        trainer_of(run)
    torch.optim.AdamW(task.groups()[0])
    training, _ = images_of(run)
    size = min(s.batch, len(run.split.train))
    batch = [training[0, i] for i in range(size)]
    xs, ys = torch.stack([x for x, _ in batch]), torch.tensor([y for _, y in batch])
    trained = [p for p in model.parameters() if p.requires_grad]
    started = perf_counter()
    outputs = model(xs)
    heads = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    torch.autograd.backward([nn.functional.cross_entropy(output, ys) for output in heads])
    step = perf_counter() - started
    everything = sum(p.numel() for p in model.parameters())
    learning = sum(p.numel() for p in trained)
    steps = batches(len(run.split.train), s.batch) * s.epochs + (STEPS * s.accumulate if s.find_lr else 0)
    kept = everything * (1 if s.ema is None else 2) + 3 * learning
    return Estimate(step, step * steps, 4 * kept, learning, everything - learning)


def told_before(made: Ready) -> str:
    """The data in one line, and remarks before the run begins."""
    run = made.run
    split, s = run.split, run.plan.settings
    tested = f", {len(split.test)} to test on" if split.test else ""
    count = f"{len(split.classes)} classes, {len(split.train)} images to train on, {len(split.val)} to validate with"
    names = ", ".join(split.classes[:12]) + (", …" if len(split.classes) > 12 else "")
    lines = [f"{count}{tested}", f"  classes: {names}"]
    lines += [f"  {said}" for said in split.said]
    lines += [f"  not used: {', '.join(split.unused[:5])}{', …' if len(split.unused) > 5 else ''}"] * bool(split.unused)
    lines += [f"  skipped {path}: {why}" for path, why in split.broken]
    lines += [f"  {note}" for note in split.notes]
    lines += [f"  warning: {line}" for line in split.twins.lines()]
    asleep = [path for path in batch_norms(run.network) if any(n.path == path and n.frozen for n in run.network.nodes)]
    if s.norms == "frozen" and asleep and s.strategy != "features":
        lines.append(f"  {len(asleep)} batch norms keep their loaded statistics (--norms trained updates them)")
    _, body = run.plan.recipe().rates()
    if s.strategy != "spec" and 0 < body < BODY and s.backbone_lr is None:
        share = f"{body / BODY:.0%} of its rate (--backbone-lr changes that)"
        lines.append(f"  {len(split.train)} images are few: what has learned already trains at {share}")
    if s.processes > 1 and (own := [key for key in statistics(run.network) if key.endswith("running_mean")]):
        which = "1 batch norm is" if len(own) == 1 else f"{len(own)} batch norms are"
        images = f"the {s.batch} images of its own process"
        lines.append(f"  {which} trained, each on {images}, which differs from one process with all of them")
    if borrowed := made.borrowed():
        begins = f"{', '.join(borrowed)} {'starts' if len(borrowed) == 1 else 'start'}"
        assert made.loaded is not None
        whose = "other classes" if _of_others(made.loaded, split) else "classes that nobody states"
        lines.append(f"  {begins} from weights of {whose}: a `replace` in the spec makes a new head")
    return "\n".join(lines)
