"""The golden figures. `python -m tests.draw.goldens` writes them; open each and review the diff."""

from __future__ import annotations

from pathlib import Path

from archc.targets.figure import Level, Look, Wanted, figure, render
from tests.draw.frozen import FLOWERS, PARTS, network

FOLDER = Path(__file__).parent / "golden"
FIGURES: dict[str, tuple[str, Level, Wanted, Look]] = {
    "lenet5-stage.svg": ("lenet5", "stage", Wanted(), Look()),
    "resnet18-stage.svg": ("resnet18", "stage", Wanted(title="잔차망 ResNet-18"), Look("print")),
    "resnet18-block.svg": ("resnet18", "block", Wanted(expand=("layer2.0",), highlight=("layer3",)), Look()),
    "resnet18-block.dot": ("resnet18", "block", Wanted(), Look()),
    "resnet18-block.mmd": ("resnet18", "block", Wanted(), Look()),
    "shufflenet-block-right.svg": ("shufflenet_v2_x1_0", "block", Wanted(), Look("dark", "right")),
    "flowers-block.svg": (FLOWERS, "block", Wanted(), Look()),
    "flowers-stage.svg": (FLOWERS, "stage", Wanted(), Look("dark")),
    "parts-block.svg": (PARTS, "block", Wanted(), Look("print")),
    "parts-block.mmd": (PARTS, "block", Wanted(), Look()),
    "parts-block.dot": (PARTS, "block", Wanted(), Look()),
    "dual-path-layer.svg": ("dpn92", "layer", Wanted(only="features.conv2_1", legend=False), Look()),
}


def drawn(name: str) -> bytes:
    """A golden figure, drawn."""
    spec, level, wanted, look = FIGURES[name]
    return render(figure(network(spec), level, wanted), name.rpartition(".")[2], look)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in FIGURES:
        (FOLDER / name).write_bytes(drawn(name))
