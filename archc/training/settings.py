"""The settings of a run: everything that is needed to repeat it, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Literal

from pydantic import Field

from archc.diagnostics.core import Problem
from archc.diagnostics.problems.names import ImportNotFound
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.pipeline import Checked, Options, check
from archc.targets.pytorch import emit
from archc.training.errors import TrainingError
from archc.training.record import RunRecord
from archc.training.strategies import ENOUGH, Norms, Recipe, applied
from archc.version import __version__

AUGMENTS = ("shift", "affine", "crop", "flip", "randaugment")
"""The random augmentations; several are joined, as in `crop+flip`."""
SHIPPED = "archc/specs"
"""The prefix of the names of shipped sources (see `zoo`)."""


class Settings(RunRecord):
    """The choices of a run. Times are in seconds; a `limit` of None is none."""

    epochs: int = Field(default=20, ge=1)
    batch: int = Field(default=32, ge=1)
    accumulate: int = Field(default=1, ge=1)
    """The number of batches whose gradients are added up for one step."""
    lr: float = Field(default=1e-3, gt=0)
    find_lr: bool = False
    """Whether `lr` is searched for before the run begins (see `rates`); what was found then stands in its place."""
    backbone_lr: float | None = Field(default=None, gt=0)
    """The rate of the last stage before the head; None for the strategy's own part of `lr`."""
    strategy: str = "spec"
    norms: Norms = "auto"
    """Whether batch norms keep what they have learned; `auto` is frozen where weights are loaded and images are few. A
    run that has begun says which it was."""
    optimizer: Literal["adamw", "sgd"] = "adamw"
    weight_decay: float = Field(default=1e-2, ge=0)
    warmup: float = Field(default=0.1, ge=0, lt=1)
    """The share of all steps in which the rate rises to `lr`; then it falls as a cosine."""
    smoothing: float = Field(default=0.1, ge=0, lt=1)
    ema: float | None = Field(default=None, gt=0, lt=1)
    """The decay of the exponential moving averages that are measured and saved, None for the weights themselves."""
    balance: bool = False
    """Whether rare classes count for more in the loss and in the choice of the epoch, so that each counts the same."""
    patience: int = Field(default=10, ge=1)
    """Epochs without a better one after which training stops."""
    augment: str = Field(default="none", pattern=rf"^(none|({'|'.join(AUGMENTS)})(\+({'|'.join(AUGMENTS)}))*)$")
    mix: Literal["none", "mixup", "cutmix"] = "none"
    """Whether pairs of images are blended (Zhang et al. 2017, arXiv:1710.09412) or patched (Yun et al. 2019,
    arXiv:1905.04899), and their labels with them."""
    log: Literal["none", "csv", "tensorboard", "wandb", "mlflow"] = "none"
    """Where Lightning's own loggers write the measures to, beside the run's folder."""
    held_out: float = Field(default=0.2, gt=0, lt=1)
    seed: int = Field(default=0, ge=0)
    precision: Literal["32-true", "16-mixed", "bf16-mixed"] = "32-true"
    device: Literal["auto", "cpu", "gpu"] = "auto"
    """`auto` is a GPU where there is one; a run that has begun says which it was."""
    workers: int = Field(default=0, ge=0)
    processes: int = Field(default=1, ge=1)
    shard: bool = False
    """Whether each process keeps only its share of the weights (FSDP2)."""
    limit: float | None = None

    @property
    def measured(self) -> int:
        """Images that are measured at a time: without gradients more fit than are trained on."""
        return max(64, self.batch)


class Plan(RunRecord):
    """A spec, the settings, and the names of what is classified: what a run folder begins with.

    `sources` are the texts of the spec and of those it uses, by name, so that the folder stands alone.
    """

    archc: str = __version__
    spec: str
    member: str
    input: tuple[int, ...] | None
    sources: Mapping[str, str]
    digest: str
    classes: tuple[str, ...]
    weights: str | None
    settings: Settings
    fresh: tuple[str, ...] = ()
    """The layers that the weights have nothing for, where the spec does not say so: they belong to the head."""
    images: int = ENOUGH
    """The number of classes."""
    aux: float
    """The weight of the loss of an auxiliary head: 0.4 for one (Inception v3), 0.3 for two (GoogLeNet)."""

    @classmethod
    def of(
        cls, checked: Checked, spec: str, options: Options, classes: tuple[str, ...], weights: str | None, s: Settings,
        fresh: tuple[str, ...] = (), images: int = ENOUGH,
    ) -> Plan:  # fmt: skip
        """The plan for the only network of a spec."""
        (network,) = checked.networks.values()
        return cls(
            spec=spec,
            member=network.name,
            input=options.inputs[-1][1] if options.inputs else None,
            sources={name: source.text for name, source in checked.sources.items()},
            digest=network.digest,
            classes=classes,
            weights=weights,
            settings=s,
            fresh=fresh,
            images=images,
            aux=aux_weight(network),
        )

    def checked(self) -> Checked:
        """The spec, compiled from the saved texts. Raises `TrainingError`."""

        def load(path: str, importer: Source) -> Source | Problem:
            for name in ((PurePosixPath(importer.name).parent / path).as_posix(), f"{SHIPPED}/{path}"):
                if name in self.sources and name != importer.name:
                    return Source(name, self.sources[name])
            return ImportNotFound(path=path, reason="it was not saved with the run")

        result = check(
            Source(self.spec, self.sources[self.spec]),
            load,
            self.member,
            Options(inputs=(("", self.input),) if self.input else ()),
        )
        if result.failed:
            raise TrainingError(f"this archc ({__version__}) finds errors in the spec saved by archc {self.archc}")
        return result

    def network(self) -> Network:
        """The network, frozen as the strategy says."""
        return applied(next(iter(self.checked().networks.values())), self.recipe())

    def recipe(self) -> Recipe:
        """The facts that determine the stages."""
        s = self.settings
        body = None if s.backbone_lr is None else s.backbone_lr / s.lr
        return Recipe(s.strategy, s.epochs, s.norms, body, self.fresh, self.images)

    def source(self) -> str:
        """The PyTorch source of the network."""
        command = f"archc finetune --strategy {self.settings.strategy}"
        return emit((self.network(),), command, self.archc)


def aux_weight(network: Network) -> float:
    """The weight of each auxiliary head's loss: the fact `aux_weight`, else that of the papers."""
    fact = network.fact("aux_weight")
    if isinstance(fact, int | float):
        return float(fact)
    return 0.4 if len(network.training_outputs) == 2 else 0.3
