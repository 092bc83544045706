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
"""The random augmentations, which can be combined, as in `crop+flip`."""
SHIPPED = "archc/specs"
"""The prefix of the names of shipped sources (see `zoo`)."""


class Settings(RunRecord):
    """The settings of a run. Times are in seconds; a `limit` of None means no limit."""

    epochs: int = Field(default=20, ge=1)
    batch: int = Field(default=32, ge=1)
    accumulate: int = Field(default=1, ge=1)
    """The number of batches whose gradients are accumulated for one step."""
    lr: float = Field(default=1e-3, gt=0)
    find_lr: bool = False
    """Whether to search for `lr` before the run begins (see `rates`).

    The settings of the run then contain the rate found.
    """
    backbone_lr: float | None = Field(default=None, gt=0)
    """The rate of the last stage before the head; None for the strategy's fraction of `lr`."""
    strategy: str = "spec"
    norms: Norms = "auto"
    """Whether batch norms keep their statistics; `auto` means `frozen` if weights are loaded and images are few.

    The settings of a run that has begun contain the choice made.
    """
    optimizer: Literal["adamw", "sgd"] = "adamw"
    weight_decay: float = Field(default=1e-2, ge=0)
    warmup: float = Field(default=0.1, ge=0, lt=1)
    """The share of all steps in which the rate rises to `lr`, before it falls as a cosine."""
    smoothing: float = Field(default=0.1, ge=0, lt=1)
    ema: float | None = Field(default=None, gt=0, lt=1)
    """The decay of the exponential moving averages that are evaluated and saved; None for the weights themselves."""
    balance: bool = False
    """Whether all classes count equally, however rare, in the loss and in the choice of the epoch."""
    patience: int = Field(default=10, ge=1)
    """The number of epochs without improvement after which training stops."""
    augment: str = Field(default="none", pattern=rf"^(none|({'|'.join(AUGMENTS)})(\+({'|'.join(AUGMENTS)}))*)$")
    mix: Literal["none", "mixup", "cutmix"] = "none"
    """How pairs of images, and their labels, are mixed: by mixup (Zhang et al.

    2017, arXiv:1710.09412) or by cutmix (Yun et al. 2019, arXiv:1905.04899).
    """
    log: Literal["none", "csv", "tensorboard", "wandb", "mlflow"] = "none"
    """The Lightning logger that also receives the measures."""
    held_out: float = Field(default=0.2, gt=0, lt=1)
    seed: int = Field(default=0, ge=0)
    precision: Literal["32-true", "16-mixed", "bf16-mixed"] = "32-true"
    device: Literal["auto", "cpu", "gpu"] = "auto"
    """`auto` means a GPU if there is one. The settings of a run that has begun contain the choice made."""
    workers: int = Field(default=0, ge=0)
    processes: int = Field(default=1, ge=1)
    shard: bool = False
    """Whether each process keeps only a shard of the weights (FSDP2)."""
    limit: float | None = None

    @property
    def measured(self) -> int:
        """The batch size of evaluation, which can be larger than in training because there are no gradients."""
        return max(64, self.batch)


class Plan(RunRecord):
    """The plan of a run, from which its folder starts: a spec, the settings, and the names of the classes.

    `sources` are the texts of the spec and of those that it uses, by name, so that the folder is self-contained.
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
    """The layers that the weights lack without an edit of the spec: they belong to the head."""
    images: int = ENOUGH
    """The number of classes."""
    aux: float
    """The weight of the loss of an auxiliary head: 0.4 for one (Inception v3), 0.3 for two (GoogLeNet)."""

    @classmethod
    def of(
        cls, checked: Checked, spec: str, options: Options, classes: tuple[str, ...], weights: str | None, s: Settings,
        fresh: tuple[str, ...] = (), images: int = ENOUGH,
    ) -> Plan:  # fmt: skip
        """The plan for the only network of a spec. Raises `TrainingError`."""
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
            return ImportNotFound(path=path, reason="it is not saved with the run")

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
        """The network, with what the strategy freezes."""
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
    """The weight of the loss of each auxiliary head: the fact `aux_weight`, or else that of the papers."""
    fact = network.fact("aux_weight")
    if isinstance(fact, int | float):
        return float(fact)
    return 0.4 if len(network.training_outputs) == 2 else 0.3
