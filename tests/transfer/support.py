"""Helpers of the tests of transfer learning."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from torch import nn

from archc.ir.network import Network
from archc.runtime.live import live_class
from archc.targets.pytorch import emit
from archc.training.folder import RESULT, Folder

LONG = pytest.mark.skipif(not os.environ.get("ARCHC_ALL"), reason="takes minutes; ARCHC_ALL=1 (make check-all) runs it")

TWELVE = {
    "resnet18": ("fc",),
    "alexnet": ("classifier.6",),
    "squeezenet1_0": ("classifier.1",),
    "vgg16": ("classifier.6",),
    "densenet161": ("classifier",),
    "inception_v3": ("fc", "AuxLogits.fc"),
    "googlenet": ("fc", "aux1.fc2", "aux2.fc2"),
    "shufflenet_v2_x1_0": ("fc",),
    "mobilenet_v2": ("classifier.1",),
    "resnext50_32x4d": ("fc",),
    "wide_resnet50_2": ("fc",),
    "mnasnet1_0": ("classifier.1",),
}
"""The networks of the lecture's page on transfer, with the layers that their starter replaces."""


def live(network: Network) -> nn.Module:
    """The network as a module."""
    return live_class(emit((network,), "archc compile test", "0"))()


def reopen(run: str) -> None:
    """Turn a finished run into one that was stopped just before its end."""
    Path(run, RESULT).unlink()
    Folder(Path(run)).seal()
