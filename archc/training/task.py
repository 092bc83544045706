"""The module that Lightning trains: a network, its loss, its rates, and the record that the proof needs."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor
from torchmetrics import MeanMetric
from torchmetrics.classification import MulticlassAccuracy

from archc.ir.paths import lies_in
from archc.support.record import Record
from archc.training.images import transforms
from archc.training.settings import Plan
from archc.training.strategies import Stage
from archc.training.watch import Watch

Batch = tuple[Tensor, Tensor]
Row = dict[str, float]
Tails = tuple[nn.Module, nn.Module]


class Task(LightningModule):
    """Trains `model` in `stages`.

    `history` has a row per epoch, `learned` the parameters that received a gradient, `early` the tensors that changed
    before the epoch in which their stage begins, `woken` the frozen batch norms that used the statistics of a batch,
    `last` the fingerprints of the final weights. `tails`: if the inputs are precomputed features (see `features`), the
    parts of the network that run on them in training and in evaluation. `told` is called with each row.
    """

    def __init__(
        self, model: nn.Module, plan: Plan, stages: Sequence[Stage], class_weights: Tensor | None, choice: EpochChoice
    ) -> None:
        super().__init__()
        self.choice = choice
        self.model = model
        self.plan = plan
        self.stages = tuple(stages)
        self.loss = nn.CrossEntropyLoss(class_weights, label_smoothing=plan.settings.smoothing)
        self.history: list[Row] = []
        self.learned: set[str] = set()
        self.early: set[str] = set()
        self.woken: set[str] = set()
        self.last: dict[str, str] = {}
        self.tails: Tails | None = None
        self.told: Callable[[Sequence[Row]], None] = lambda _: None
        self.gradual = any(stage.begins for stage in self.stages)
        self.trainable = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
        self.start = {k: v.clone() for k, v in model.state_dict().items()} if self.gradual else {}
        classes = len(plan.classes)
        self.mix = mixed(plan.settings.mix, classes)
        self.train_loss = MeanMetric()
        self.val_loss = MeanMetric()
        self.val_accuracy = MulticlassAccuracy(num_classes=classes, average="micro")
        self.val_balanced = MulticlassAccuracy(num_classes=classes, average="macro")

    # -- stages -----------------------------------------------------------------------------------------------------

    def waiting(self) -> list[nn.Module]:
        """The modules of stages that have not begun."""
        later = [s for s in self.stages if s.begins > self.current_epoch]
        modules = dict(self.model.named_modules())  # a learned tensor is not a module
        return [modules[path] for stage in later for path in stage.paths if path in modules]

    def train(self, mode: bool = True) -> Task:
        """Set the mode. Waiting modules stay in evaluation mode; frozen ones see to that themselves."""
        super().train(mode)
        if mode and self._trainer is not None:
            for module in self.waiting():
                module.eval()
        return self

    def on_train_epoch_start(self) -> None:
        """Unfreeze the stages that begin."""
        for stage in self.stages if self.gradual else ():
            for path in stage.paths:
                if stage.begins == self.current_epoch > 0:
                    state = {k: tensor.cpu() for k, tensor in self.model.state_dict().items() if lies_in(k, path)}
                    self.early |= {k for k, tensor in state.items() if not torch.equal(tensor, self.start[k])}
                for name, parameter in self.model.named_parameters():
                    if name in self.trainable and lies_in(name, path):
                        parameter.requires_grad_(stage.begins <= self.current_epoch)
        self.train()

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Seed dropout and mixing from seed, epoch and step alone, so that a resumed run repeats them."""
        place = (self.plan.settings.seed, self.current_epoch, batch_idx, self.global_rank)
        torch.manual_seed(hash(place) & 0x7FFF_FFFF_FFFF_FFFF)

    # -- steps ------------------------------------------------------------------------------------------------------

    def forward(self, images: Tensor) -> Any:
        """The output of the network for images, or of its tail for their features."""
        if self.tails is None:
            return self.model(images)
        return self.tails[0 if self.training else 1](images)

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """The loss of a batch, including that of the auxiliary heads."""
        images, labels = batch if self.mix is None else self.mix(*batch)
        with Watch(self.model) as watch:
            outputs = self(images)
        self.woken |= watch.woken
        if isinstance(outputs, Tensor):
            loss: Tensor = self.loss(outputs, labels)
        else:
            loss = self.loss(outputs[0], labels)
            for auxiliary in outputs[1:]:
                loss = loss + self.plan.aux * self.loss(auxiliary, labels)
        self.train_loss.update(loss.detach(), len(labels))
        self.log("loss", loss.detach(), prog_bar=True, logger=False)
        return loss

    def configure_model(self) -> None:
        """With `shard`, shard the weights of each module, and then the rest, among the processes (FSDP2)."""
        if self.device_mesh is None or isinstance(self.model, FSDPModule):  # not sharded, or done already
            return
        mesh = self.device_mesh["data_parallel"]
        for child in self.model.children():
            if any(True for _ in child.parameters()):
                fully_shard(child, mesh=mesh)
        fully_shard(self.model, mesh=mesh)

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Record the parameters that received a gradient."""
        for name, parameter in self.model.named_parameters():
            if name not in self.learned and parameter.grad is not None and bool(whole(parameter.grad).any()):
                self.learned.add(name)

    def on_train_batch_end(self, *_: Any) -> None:
        """With sharded weights, broadcast the statistics of the first process, as DDP does: they are saved."""
        if self.device_mesh is not None and self.trainer.is_last_batch:
            for module in self.model.modules():
                for buffer in module.buffers(recurse=False) if module.training else ():
                    torch.distributed.broadcast(buffer, 0)

    def validation_step(self, batch: Batch, _: int) -> None:
        """Evaluate a batch."""
        images, labels = batch
        logits = self(images)
        self.val_loss.update(nn.functional.cross_entropy(logits, labels), len(labels))
        self.val_accuracy.update(logits, labels)
        self.val_balanced.update(logits, labels)

    def on_validation_epoch_end(self) -> None:
        """Add the row of the epoch."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a metric without updates, in a process without images
            row = {
                "epoch": float(self.current_epoch),
                "train_loss": float(self.train_loss.compute()),
                "val_loss": float(self.val_loss.compute()),
                "val_accuracy": float(self.val_accuracy.compute()),
                "val_balanced": float(self.val_balanced.compute()),
            }
        row["lr"] = max(g["lr"] for g in self.trainer.optimizers[0].param_groups)
        self.history.append(row)
        self.log_dict({k: v for k, v in row.items() if k != "epoch"}, sync_dist=False)
        self.log("best", max(r["val_accuracy"] for r in self.history), prog_bar=True, logger=False)
        self.log("val_best", float(improvements(self.history, self.choice)), sync_dist=False, logger=False)
        for metric in (self.train_loss, self.val_loss, self.val_accuracy, self.val_balanced):
            metric.reset()
        if self.global_rank == 0:
            self.told(self.history)

    # -- rates ------------------------------------------------------------------------------------------------------

    def configure_optimizers(self) -> Any:
        """AdamW or SGD with a group per stage; from the beginning of a stage, a warm-up and then a cosine."""
        s = self.plan.settings
        groups, begins = self.groups()
        optimizer: torch.optim.Optimizer = (
            torch.optim.SGD(groups, s.lr, momentum=0.9, nesterov=True)
            if s.optimizer == "sgd"
            else torch.optim.AdamW(groups, s.lr)
        )
        steps = int(self.trainer.estimated_stepping_batches)
        epochs = max(1, self.trainer.max_epochs or 1)

        def since(epoch: int) -> Callable[[int], float]:
            first = epoch * steps // epochs
            return lambda step: rate(step - first, steps - first, s.warmup) if step >= first else 0.0

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, [since(epoch) for epoch in begins])
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def groups(self) -> tuple[list[dict[str, Any]], list[int]]:
        """The parameter groups of each stage, and the epochs in which they begin.

        Norms and biases have no weight decay.
        """
        s = self.plan.settings
        groups: list[dict[str, Any]] = []
        begins: list[int] = []
        for stage in self.stages:
            own = [(n, w) for n, w in self.model.named_parameters() if any(lies_in(n, p) for p in stage.paths)]
            trained = [w for name, w in own if name in self.trainable]
            for decay, of in ((s.weight_decay, [w for w in trained if w.ndim > 1]),
                              (0.0, [w for w in trained if w.ndim <= 1])):  # fmt: skip
                if of:
                    groups.append({"params": of, "lr": s.lr * stage.rate, "weight_decay": decay})
                    begins.append(stage.begins)
        return groups, begins

    # -- checkpoints ------------------------------------------------------------------------------------------------

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Save the record."""
        checkpoint["archc"] = {
            "history": self.history,
            "learned": sorted(self.learned),
            "early": sorted(self.early),
            "woken": sorted(self.woken),
        }

    def on_load_checkpoint(self, checkpoint: Mapping[str, Any]) -> None:
        """Restore the record."""
        self.history = list(checkpoint["archc"]["history"])
        self.learned = set(checkpoint["archc"]["learned"])
        self.early = set(checkpoint["archc"]["early"])
        self.woken = set(checkpoint["archc"]["woken"])


def mixed(mix: str, classes: int) -> Callable[[Tensor, Tensor], Batch] | None:
    """Torchvision's mixing of the images of a batch; None for no mixing."""
    if mix == "none":
        return None
    v2 = transforms()
    made: Callable[[Tensor, Tensor], Batch] = (
        v2.MixUp(alpha=0.2, num_classes=classes) if mix == "mixup" else v2.CutMix(alpha=1.0, num_classes=classes)
    )
    return made


def whole(tensor: Tensor) -> Tensor:
    """Gather a tensor that may be sharded among processes. Each of them must call this."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


class EpochChoice(Record):
    """The rule for the best epoch: the column of the history that it compares, and the number of images behind it.

    With few images, the most accurate epoch is merely the luckiest. The best epoch is therefore the last one within a
    standard error of the most accurate (the rule of Breiman et al. 1984, "Classification and Regression Trees"): among
    epochs that the images cannot distinguish, the one with the lowest rate.
    """

    by: str
    images: float

    def best(self, history: Sequence[Mapping[str, float]]) -> int:
        """The index of the best row."""
        top = max(row[self.by] for row in history)
        least = top - math.sqrt(top * (1 - top) / self.images)
        return max(number for number, row in enumerate(history) if row[self.by] >= least)


def improvements(history: Sequence[Mapping[str, float]], choice: EpochChoice) -> int:
    """The number of epochs that were the best when they ended. It increases whenever the last one is the best."""
    return sum(choice.best(history[: end + 1]) == end for end in range(len(history)))


def rate(step: int, steps: int, warmup: float) -> float:
    """The factor of the rate: it rises linearly over the share `warmup` of all steps, then falls as half a cosine."""
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    done = (step - rising) / max(1, steps - rising)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
