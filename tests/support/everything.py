"""What tests run on: one variant of each family and a share of long lists, or all if ARCHC_ALL=1 (`make check-all`)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

from archc.ir.network import Network
from tests.support.shipped import family, networks

T = TypeVar("T")
EVERYTHING = os.environ.get("ARCHC_ALL") == "1"
SMALL = {
    "alexnet": "alexnet",
    "convnext": "convnext_tiny",
    "densenet": "densenet40_k12_cifar",
    "dpn": "dpn68",
    "efficientnet": "efficientnet_b0",
    "googlenet": "googlenet",
    "inception": "inception_v3",
    "lenet": "lenet5_1998",
    "fpn": "resnet50_fpn",
    "maxvit": "maxvit_t",
    "mnasnet": "mnasnet0_5",
    "mobilenet": "mobilenet_v3_small",
    "regnet": "regnet_y_400mf",
    "resnet": "resnet20_cifar",
    "resnext": "resnext50_32x4d",
    "senet": "seresnet50",
    "shufflenet": "shufflenet_v2_x0_5",
    "sound": "m5",
    "squeezenet": "squeezenet1_1",
    "swin": "swin_t",
    "unet": "unet_padded",
    "vgg": "vgg11",
    "video": "r3d_18",
    "vit": "vit_b_32",
}
"""A fast variant of each family."""


def one_in(count: int, items: Iterable[T]) -> list[T]:
    """Each `count`-th item, beginning with the first, or all."""
    return list(items)[:: 1 if EVERYTHING else count]


def of_each_family() -> tuple[str, ...]:
    """The variants to test: one of each family, or all."""
    return tuple(networks()) if EVERYTHING else tuple(SMALL.values())


def network_of(name: str) -> Network:
    """A shipped network; only its family's spec is read."""
    where = next((f for f, variant in SMALL.items() if variant == name), None)
    return family(where)[name] if where else networks()[name]
