"""`archc finetune`: train a network on your own images, and prove what was and was not trained."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.specs import Shape, complete, fail, opened, options, show
from archc.cli.telling import tell

if TYPE_CHECKING:
    from archc.runtime.training.engine import Result
    from archc.runtime.training.session import Ready

NEEDED = ("lightning", "safetensors", "torchvision")
"""What the extra `finetune` installs."""
STRATEGIES = ("spec", "features", "last", "all", "gradual", "scratch")


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


def require() -> None:
    """Exit with status 2 if what training needs is not installed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        fail(f"{' and '.join(missing)} not installed: pip install 'archc[finetune]'")


@click.command()
@click.argument("spec", required=False, metavar="SPEC", shell_complete=complete)
@click.option("--input", type=Shape(), metavar="CxHxW", help="The input's shape, such as 1x32x32.")
@click.option("--classes", type=click.IntRange(2, 2**31 - 1), help="The number of classes of a chain.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A folder a class, a .csv: path,label, or hf:NAME[:CONFIG], a data set of the Hugging Face hub.",
)
@click.option("--weights", metavar="W", help="A file, torchvision:NAME[:WEIGHTS], timm:NAME or hf:OWNER/REPO[:FILE].")
@click.option("--drop", multiple=True, metavar="PATTERN", help="Tensors that the weights may have too many.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="RUN", help="The run's folder.")
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN", help="Go on with an interrupted run.")
@click.option("--dry-run", is_flag=True, help="Check everything, try one batch, estimate; write nothing.")
@click.option("--strategy", type=click.Choice(STRATEGIES), default="spec", show_default=True, help="What is trained.")
@click.option("--epochs", type=click.IntRange(1), default=20, show_default=True)
@click.option("--batch", type=click.IntRange(1), default=32, show_default=True, help="Images a step, in each process.")
@click.option("--accumulate", type=click.IntRange(1), default=1, show_default=True, help="Batches for each step.")
@click.option("--lr", type=Rate(), default="0.001", show_default=True, help="The highest rate; auto searches for it.")
@click.option("--optimizer", type=click.Choice(("adamw", "sgd")), default="adamw", show_default=True)
@click.option("--weight-decay", type=click.FloatRange(0), default=1e-2, show_default=True)
@click.option("--smoothing", type=click.FloatRange(0, 1, max_open=True), default=0.1, show_default=True)
@click.option(
    "--ema",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="DECAY",
    help="Measure and save averages of the weights over about 1/(1-DECAY) steps.",
)
@click.option("--balance", is_flag=True, help="Rare classes count for more in the loss.")
@click.option(
    "--augment", type=click.Choice(("none", "shift", "affine", "crop", "flip")), default="none", show_default=True
)
@click.option("--patience", type=click.IntRange(1), default=10, show_default=True, help="Epochs without a better one.")
@click.option("--held-out", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.2, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--precision", type=click.Choice(("32-true", "16-mixed", "bf16-mixed")), default="32-true")
@click.option("--device", type=click.Choice(("cpu", "auto", "gpu")), default="auto", show_default=True)
@click.option("--workers", type=click.IntRange(0), default=0, show_default=True, help="Processes that read images.")
@click.option(
    "--processes", type=click.IntRange(1), default=1, show_default=True, help="Processes (or GPUs) that train."
)
@click.option("--shard", is_flag=True, help="Each process keeps only its share of the weights (FSDP2).")
@click.option("--time-limit", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Stop training then.")
@click.option("--strict", is_flag=True, help="A broken image ends the run before it begins.")
def command(spec: str | None, data: Path | None, output: Path | None, resume: Path | None, **given: Any) -> None:
    """Fine-tune a network on a folder of images, and prove the result.

    The folder has a folder for each class (or train and val folders of such); a fifth of each class is held out.
    RUN gets everything that is needed to repeat the run, predict with it and send it: weights, split, curves,
    report.html. At the end the run proves that what was frozen did not change, batch-norm statistics included, that
    all else learned, and that the saved weights give the reported result again.

    \b
    Strategies:
      features  only the head is trained, at three times the rate: few images, like those of the source
      last      the head and the last stage
      all       everything, earlier stages at smaller rates: many images
      gradual   everything, one stage more each epoch
      scratch   nothing is loaded
      spec      as the spec's `freeze` says

    Exit status: 0 done and proved, 1 the weights do not fit or the proof fails, 2 used wrongly.

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
    from archc.runtime.training.session import rank

    if rank() == 0:
        made = _ready(spec, data, output or Path("run"), given)
        if given["dry_run"]:
            _estimate(made)
            return
        _begin(made)
    assert output is not None
    _train(output)


def _ready(spec: str, data: Path, output: Path, given: dict[str, Any]) -> Ready:
    """Everything checked; exits if something is wrong."""
    asked = options(given["input"], given["classes"])
    checked = opened(spec).checked(asked)
    show(checked)
    if checked.failed:
        sys.exit(1)
    if len(checked.networks) != 1:
        fail(f"{spec} defines {len(checked.networks)} networks: choose one with {spec}:NAME")
    from archc.runtime.training.errors import TrainingError
    from archc.runtime.training.session import Request, ready, told_before
    from archc.runtime.training.settings import Settings
    from archc.runtime.weights.errors import WeightsError

    names = set(Settings.model_fields) - {"limit"}
    chosen = {name: given[name] for name in names if name in given}
    if given["lr"] is None:
        chosen |= {"lr": Settings().lr, "find_lr": True}
    settings = Settings(**chosen, limit=given["time_limit"])
    (network,) = checked.networks.values()
    source = next(name for name in checked.sources if Path(name).name == network.source)
    request = Request(checked, source, asked, data, given["weights"], given["drop"], settings, given["strict"])
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
    from archc.runtime.training.errors import TrainingError
    from archc.runtime.training.session import Interrupted, begin

    try:
        begin(made, tell)
    except TrainingError as error:
        fail(str(error))
    except Interrupted as stop:
        tell("\nstopped before the run began", err=True)
        sys.exit(128 + stop.number)


def _train(folder: Path) -> None:
    """Train to the end; exits with what came of it."""
    from archc.runtime.training.errors import TrainingError
    from archc.runtime.training.session import Interrupted, go_on

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


def told(result: Result, folder: Path) -> str:
    """What came out, in a few lines."""
    lines = [
        f"accuracy {result.accuracy:.2%} (epoch {result.best_epoch} of {result.epochs}); "
        f"the head untrained {result.untrained:.2%}, always the commonest class {result.majority:.2%}"
    ]
    width = max(len(c.name) for c in result.proof.checks)
    lines += [f"  {'holds' if c.holds else 'FAILS':<6} {c.name:<{width}}  {c.detail}" for c in result.proof.checks]
    lines.append("proved" if result.proof.holds else "NOT PROVED: do not use these weights")
    lines.append(f"{folder / 'report.html'}")
    return "\n".join(lines)


def _estimate(made: Ready) -> None:
    from archc.runtime.training.session import estimate

    e = estimate(made)
    tell(
        f"one batch of {made.run.plan.settings.batch}: {e.step:.2f} s; at most {e.run:.0f} s for all epochs "
        f"(reading images and validation not counted)\n"
        f"{e.trained:,} parameters are trained, {e.frozen:,} are frozen; "
        f"weights, gradients and optimizer take {e.state / 2**20:.0f} MB beside the activations"
    )
