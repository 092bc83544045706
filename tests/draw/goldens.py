"""The golden figures. `python -m tests.draw.goldens` writes them anew; open each and review the diff."""

from __future__ import annotations

from pathlib import Path

import archc
from archc.draw import Level, Look, Wanted, figure, render

FOLDER = Path(__file__).parent / "golden"
FIGURES: dict[str, tuple[str, Level, Wanted, Look]] = {
    "lenet5-stage.svg": ("lenet5", "stage", Wanted(), Look()),
    "resnet18-stage.svg": ("resnet18", "stage", Wanted(title="잔차망 ResNet-18"), Look("print")),
    "resnet18-block.svg": ("resnet18", "block", Wanted(expand=("layer2.0",), highlight=("layer3",)), Look()),
    "resnet18-block.dot": ("resnet18", "block", Wanted(), Look()),
    "resnet18-block.mmd": ("resnet18", "block", Wanted(), Look()),
    "shufflenet-block-right.svg": ("shufflenet_v2_x1_0", "block", Wanted(), Look("dark", "right")),
    "dual-path-layer.svg": ("dpn92", "layer", Wanted(only="features.conv2_1", legend=False), Look()),
}


def drawn(name: str) -> bytes:
    """A golden figure as it is drawn now."""
    network, level, wanted, look = FIGURES[name]
    return render(figure(archc.load(network).network, level, wanted), name.rpartition(".")[2], look)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in FIGURES:
        (FOLDER / name).write_bytes(drawn(name))
