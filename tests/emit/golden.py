"""The golden files: one emitted module per family. `python -m tests.emit.golden` writes them; review the diff."""

from __future__ import annotations

from pathlib import Path

from archc.ir.network import Network
from archc.pipeline import DEFAULTS
from archc.targets.pytorch import emit
from archc.zoo import find_family, shipped_members

FOLDER = Path(__file__).parent / "golden"
VARIANTS = (
    "alexnet", "densenet121", "dpn92", "efficientnet_v2_s", "googlenet", "inception_v3", "lenet5", "lenet5_1998",
    "mnasnet1_0", "convnext_tiny", "vit_b_16", "swin_t", "swin_v2_t", "maxvit_t",
    "mobilenet_v2", "mobilenet_v3_large", "regnet_y_400mf", "resnet50", "resnet20_cifar", "resnext50_32x4d",
    "seresnet50", "shufflenet_v1_g3", "shufflenet_v2_x1_0", "squeezenet1_0", "vgg16",
)  # fmt: skip


def shipped(name: str) -> Network:
    """The network of a shipped variant."""
    family = shipped_members()[name].removesuffix(".arch")
    return find_family(family, name).checked(DEFAULTS).networks[name]


def emitted(name: str) -> str:
    """The emitted source of a shipped variant, without its header, which changes with every edit of the spec."""
    source = emit([shipped(name)], f"archc compile {name}", "0")
    return source.split("\n\n", 1)[1]


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for variant in VARIANTS:
        (FOLDER / f"{variant}.txt").write_text(emitted(variant), encoding="utf-8")
