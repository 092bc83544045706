"""Runs: a folder, and the contents of its files."""

from __future__ import annotations

import json

import torch
from torch import nn

from archc.count.counts import count
from archc.ir.network import Network
from archc.runtime.live import live_class
from archc.runtime.weights.files import ABOUT
from archc.support.limits import MOST_WEIGHTS, beyond
from archc.support.record import Record
from archc.training.data import DataSplit
from archc.training.errors import TrainingError
from archc.training.folder import Folder
from archc.training.images import Preprocess
from archc.training.settings import Plan
from archc.training.strategies import Stage, stages


class Run(Record):
    """A run that is ready: its folder, and the contents of its files."""

    folder: Folder
    plan: Plan
    network: Network
    split: DataSplit
    preprocess: Preprocess

    @classmethod
    def of(cls, folder: Folder) -> Run:
        """The run of a folder. Raises `TrainingError`."""
        plan = folder.plan()
        return cls(folder, plan, plan.network(), folder.split(), folder.preprocess())

    def model(self) -> nn.Module:
        """The network with random weights derived from the seed. Raises `TrainingError` if it is too large."""
        numbers = count(self.network).params
        if numbers > MOST_WEIGHTS:
            raise TrainingError(f"{self.network.name} has {numbers:,} weights, {beyond('MOST_WEIGHTS', MOST_WEIGHTS)}")
        torch.manual_seed(self.plan.settings.seed)
        return live_class(self.plan.source())()

    def trained(self) -> nn.Module:
        """The network with its trained weights, in evaluation mode. Raises `TrainingError`."""
        model = self.model()
        model.load_state_dict(self.folder.tensors("weights.safetensors"))
        return model.eval()

    def stages(self) -> tuple[Stage, ...]:
        """The trained stages, from the first to the head."""
        return stages(self.network, self.plan.recipe())

    def metadata(self) -> dict[str, str]:
        """The metadata for a file with its weights."""
        about = {
            "digest": self.plan.digest,
            "spec": self.plan.member,
            "classes": self.plan.classes,
            "preprocess": self.preprocess.model_dump(),
        }
        return {ABOUT: json.dumps(about)}
