"""`archc finetune`: train a network on your own images, and prove what was and was not trained."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.loading import weights_options
from archc.cli.specs import complete, fail, input_option, opened, options, without_errors
from archc.cli.telling import tell

if TYPE_CHECKING:
    from archc.training.engine import TrainingResult
    from archc.training.session import Ready

NEEDED = ("lightning", "safetensors", "torchvision", "imagehash")
"""The libraries of the extra `finetune`."""
AUGMENTS = ("shift", "affine", "crop", "flip", "randaugment")
STRATEGIES = ("spec", "features", "last", "head-then-all", "all", "gradual", "scratch")


class Rate(click.ParamType[float | None, str]):
    """A learning rate, or `auto`: None."""

    name = "rate"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        """The rate."""
        if value == "auto":
            return None
        try:
            rate = float(value)
        except ValueError:
            rate = 0.0
        if not 0 < rate < float("inf"):
            self.fail(f"{value!r} is neither a rate above 0 nor auto", param, ctx)
        return rate


class Augment(click.ParamType[str, str]):
    """One or more augmentations, joined by `+`."""

    name = "augment"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The augmentation."""
        kinds = value.split("+")
        if value != "none" and not set(kinds) <= set(AUGMENTS):
            self.fail(f"{value!r} is neither none nor one or more of {', '.join(AUGMENTS)} joined by +", param, ctx)
        return value


def require() -> None:
    """Exit with status 2 if what training needs is not installed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        are = "are" if len(missing) > 1 else "is"
        fail(f"{' and '.join(missing)} {are} not installed: pip install 'archc[finetune]'")


@click.command()
@click.argument("spec", required=False, metavar="SPEC", shell_complete=complete)
@input_option()
@click.option("--classes", type=click.IntRange(2, 2**31 - 1), help="The number of classes of a chain.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A folder with one for each class, a .csv with path,label, or hf:NAME[:CONFIG] of the Hugging Face hub.",
)
@click.option("--weights", metavar="W", help="A file, torchvision:NAME[:WEIGHTS], timm:NAME or hf:OWNER/REPO[:FILE].")
@weights_options
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="RUN", help="The run's folder.")
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN", help="Continue an interrupted run.")
@click.option("--dry-run", is_flag=True, help="Check everything, try one batch, estimate; write nothing.")
@click.option("--strategy", type=click.Choice(STRATEGIES), default="spec", show_default=True, help="What is trained.")
@click.option("--epochs", type=click.IntRange(1), default=20, show_default=True)
@click.option(
    "--batch", type=click.IntRange(1), default=32, show_default=True, help="Images per step, in each process."
)
@click.option("--accumulate", type=click.IntRange(1), default=1, show_default=True, help="Batches for each step.")
@click.option("--lr", type=Rate(), default="0.001", show_default=True, help="The highest rate; auto searches for it.")
@click.option(
    "--backbone-lr", type=click.FloatRange(0, min_open=True), metavar="RATE", help="The rate of the last stage."
)
@click.option(
    "--norms",
    type=click.Choice(("auto", "frozen", "trained")),
    default="auto",
    show_default=True,
    help="Batch norms; auto: frozen if weights are loaded and there are few images.",
)
@click.option("--optimizer", type=click.Choice(("adamw", "sgd")), default="adamw", show_default=True)
@click.option("--weight-decay", type=click.FloatRange(0), default=1e-2, show_default=True)
@click.option("--smoothing", type=click.FloatRange(0, 1, max_open=True), default=0.1, show_default=True)
@click.option(
    "--ema",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="DECAY",
    help="Measure and save averages of the weights over about 1/(1-DECAY) steps.",
)
@click.option("--balance", is_flag=True, help="Give rare classes more weight in the loss.")
@click.option(
    "--augment",
    type=Augment(),
    default="none",
    show_default=True,
    metavar="A+B",
    help="One or more of shift, affine, crop, flip, randaugment.",
)
@click.option("--mix", type=click.Choice(("none", "mixup", "cutmix")), default="none", show_default=True)
@click.option(
    "--log",
    type=click.Choice(("none", "csv", "tensorboard", "wandb", "mlflow")),
    default="none",
    show_default=True,
    help="Also send the measurements to this logger.",
)
@click.option(
    "--patience",
    type=click.IntRange(1),
    default=10,
    show_default=True,
    help="Epochs without improvement before stopping.",
)
@click.option("--held-out", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.2, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--precision", type=click.Choice(("32-true", "16-mixed", "bf16-mixed")), default="32-true")
@click.option("--device", type=click.Choice(("cpu", "auto", "gpu")), default="auto", show_default=True)
@click.option("--workers", type=click.IntRange(0), default=0, show_default=True, help="Processes that read images.")
@click.option(
    "--processes", type=click.IntRange(1), default=1, show_default=True, help="Processes (or GPUs) that train."
)
@click.option("--shard", is_flag=True, help="Each process keeps only its share of the weights (FSDP2).")
@click.option(
    "--time-limit", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Stop training after this time."
)
@click.option("--strict", is_flag=True, help="Reject broken images before the run begins.")
def command(spec: str | None, data: Path | None, output: Path | None, resume: Path | None, **given: Any) -> None:
    """Fine-tune a network on a folder of images, and prove the result.

    The folder has a subfolder for each class, or subfolders train, val and test of that kind; without val, a fifth of
    each class is held out. RUN gets everything that is needed to repeat the run, predict with it and share it: weights,
    split, curves, report.html. At the end the run proves that frozen weights did not change, batch-norm statistics
    included, that all others learned, and that the saved weights give the reported result again.

    \b
    Strategies:
      head-then-all  the head alone at first, then everything at a small rate: the one to start with
      features       the head alone: few images, similar to those of the source
      last           the head and the last stage
      all            everything from the start, earlier stages at smaller rates
      gradual        everything, one more stage each epoch
      scratch        everything, without loading weights
      spec           as the spec's `freeze` says

    Exit status: 0 done and proved, 1 the weights do not fit or the proof fails, 2 wrong usage.

    \b
    Examples:
      archc new flowers.arch --transfer resnet18 --classes 5
      archc finetune flowers.arch --data flowers --weights torchvision:resnet18 -o run
      archc finetune --resume run
    """
    require()
    if resume is not None:
        _train(resume)
        return
    if spec is None or data is None or (output is None and not given["dry_run"]):
        fail("SPEC, --data DIR and -o RUN are needed (or --resume RUN)")
    from archc.training.session import rank

    if rank() == 0:
        made = _ready(spec, data, output or Path("run"), given)
        if given["dry_run"]:
            _estimate(made)
            return
        _begin(made)
    assert output is not None
    _train(output)


def _ready(spec: str, data: Path, output: Path, given: dict[str, Any]) -> Ready:
    """Check all options and inputs; exits if something is wrong."""
    asked = options(given["input"], given["classes"])
    checked = without_errors(opened(spec).checked(asked))
    if len(checked.networks) != 1:
        fail(f"{spec} defines {len(checked.networks)} networks: choose one with {spec}:NAME")
    from archc.runtime.weights.errors import WeightsError
    from archc.training.errors import TrainingError
    from archc.training.session import Request, ready, told_before
    from archc.training.settings import Settings

    names = set(Settings.model_fields) - {"limit"}
    chosen = {name: given[name] for name in names if name in given}
    if given["lr"] is None:
        chosen |= {"lr": Settings().lr, "find_lr": True}
    settings = Settings(**chosen, limit=given["time_limit"])
    (network,) = checked.networks.values()
    source = next(name for name in checked.sources if Path(name).name == network.source)
    request = Request(
        checked, source, asked, data, given["weights"], settings, given["strict"],
        given["drop"], given["new"], given["rename"], given["map"],
    )  # fmt: skip
    try:
        made = ready(request, output)
    except (TrainingError, WeightsError) as error:
        fail(str(error))
    tell(told_before(made))
    if made.match is not None:
        from archc.cli.commands.weights import matched

        text = matched(made.match, network.name, str(given["weights"]), checked.sources, every=False)
        tell(text, err=not made.match.fits)
        if not made.match.fits:
            sys.exit(1)
    return made


def _begin(made: Ready) -> None:
    from archc.training.errors import TrainingError
    from archc.training.session import Interrupted, begin

    try:
        begin(made, tell)
    except TrainingError as error:
        fail(str(error))
    except Interrupted as stop:
        tell("\nstopped before the run began", err=True)
        sys.exit(128 + stop.number)


def _train(folder: Path) -> None:
    """Train to the end; exits with the status of the proof."""
    from archc.training.errors import TrainingError
    from archc.training.session import Interrupted, go_on

    try:
        result = go_on(folder, tell)
    except TrainingError as error:
        fail(str(error))
    except Interrupted as stop:
        tell(f"\nstopped; go on with: archc finetune --resume {folder}", err=True)
        sys.exit(128 + stop.number)
    if result is not None:
        tell(told(result, folder))
        sys.exit(0 if result.proof.holds else 1)


def told(result: TrainingResult, folder: Path) -> str:
    """The results in a few lines."""
    shown, on = (result.test, "test") if result.test is not None else (result.validation, "validation")
    low, high = shown.interval
    lines = [
        f"accuracy {shown.accuracy:.2%} of {shown.images} {on} images (95 % interval {low:.1%} to {high:.1%}; epoch "
        f"{result.best_epoch} of {result.epochs}" + (")" if result.test is not None else ", chosen on them)"),
        f"  the head untrained {result.untrained:.2%}, always the commonest class {result.majority:.2%}",
    ]
    if result.baselines is not None:
        b = result.baselines
        lines.append(f"  without fine-tuning: nearest neighbour {b.neighbour:.2%}, linear probe {b.probe:.2%}")
    worst = sorted((c for c in shown.classes if c.recall is not None), key=lambda c: (c.recall or 0, c.name))
    recalls = ", ".join(f"{c.name}: {c.recall:.0%}" for c in worst[:10])
    lines.append(f"  recall by class: {recalls}{', …' if len(worst) > 10 else ''}")
    return "\n".join([*lines, *proof_lines(result), f"{folder / 'report.html'}"])


def proof_lines(result: TrainingResult) -> list[str]:
    """A line for each check, and the verdict."""
    width = max(len(c.name) for c in result.proof.checks)
    lines = [f"  {'holds' if c.holds else 'FAILS':<6} {c.name:<{width}}  {c.detail}" for c in result.proof.checks]
    return [*lines, "proved" if result.proof.holds else "NOT PROVED: do not use these weights"]


def _estimate(made: Ready) -> None:
    from archc.training.errors import TrainingError
    from archc.training.session import estimate
    from archc.training.stages import told_stages

    try:
        e = estimate(made)
    except TrainingError as error:
        fail(str(error))
    tell(told_stages(made.run))
    tell(
        f"one batch of {made.run.plan.settings.batch}: {e.step:.2f} s; at most {e.run:.0f} s for all epochs "
        f"(reading images and validation not counted)\n"
        f"{e.trained:,} parameters are trained, {e.frozen:,} are frozen; "
        f"weights, gradients and optimizer take {e.state / 2**20:.0f} MB beside the activations"
    )
