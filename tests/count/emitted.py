"""A small variant of each shipped family, with its emitted module, for counting tools."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import nn

from archc import __version__
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.pipeline import Options, check
from archc.runtime.live import live_class
from archc.targets.pytorch import emit
from tests.support.specs import SPECS, load

SMALL = {
    "alexnet": ("alexnet", (3, 64, 64)),
    "convnext": ("convnext_tiny", (3, 64, 64)),
    "densenet": ("densenet40_k12_cifar", (3, 8, 8)),
    "dpn": ("dpn68", (3, 64, 64)),
    "efficientnet": ("efficientnet_b0", (3, 64, 64)),
    "fpn": ("resnet50_fpn", (3, 64, 64)),
    "googlenet": ("googlenet", (3, 64, 64)),
    "inception": ("inception_v3", (3, 299, 299)),
    "lenet": ("lenet5_1998", (1, 32, 32)),
    "maxvit": ("maxvit_t", (3, 224, 224)),
    "mnasnet": ("mnasnet0_5", (3, 64, 64)),
    "mobilenet": ("mobilenet_v3_small", (3, 64, 64)),
    "regnet": ("regnet_y_400mf", (3, 64, 64)),
    "resnet": ("resnet18", (3, 64, 64)),
    "resnext": ("resnext50_32x4d", (3, 64, 64)),
    "senet": ("seresnet50", (3, 64, 64)),
    "shufflenet": ("shufflenet_v2_x0_5", (3, 64, 64)),
    "sound": ("m5", (1, 8000)),
    "squeezenet": ("squeezenet1_1", (3, 64, 64)),
    "swin": ("swin_t", (3, 224, 224)),
    "unet": ("unet_padded", (3, 32, 32)),
    "vgg": ("vgg11_bn", (3, 32, 32)),
    "video": ("r3d_18", (3, 8, 32, 32)),
    "vit": ("vit_b_32", (3, 64, 64)),
}
"""By family: a variant that is quick to run, and the smallest round input that it takes."""
EXTRA: dict[str, tuple[str, tuple[int, ...]]] = {
    "alexnet_2012": ("alexnet", (3, 67, 67)),
    "lenet5": ("lenet", (1, 32, 32)),
    "mobilenet_v2": ("mobilenet", (3, 64, 64)),
}
"""Further ones that have layers of their own: local response normalisation, trainable pooling, ReLU6."""


@cache
def small(family: str) -> Network:
    """The family's small variant."""
    if family in EXTRA:
        return network_of(EXTRA[family][0], family, EXTRA[family][1])
    return network_of(family, *SMALL[family])


def network_of(spec: str, name: str, shape: tuple[int, ...]) -> Network:
    """A member of a shipped spec with another input shape."""
    source = Source(f"{spec}.arch", (SPECS / f"{spec}.arch").read_text(encoding="utf-8"))
    return check(source, load, name, Options(inputs=(("", shape),))).networks[name]


def module(network: Network) -> nn.Module:
    """The emitted module; its numbers are arbitrary."""
    build: Any = live_class(emit((network,), "archc compile", __version__))
    if network.family in ("lenet", "swin", "maxvit") or network.name.startswith(("lenet", "swin", "maxvit")):
        made: nn.Module = build()  # it computes buffers, which must be correct
        return made
    with torch.device("meta"):
        made = build()
    return made.to_empty(device="cpu")
