"""The figures of `docs/figures.md`: `python -m tests.docs.figures` draws them anew; open each and review it."""

from __future__ import annotations

from pathlib import Path

from archc.draw import Level, Look, Wanted, figure, render
from tests.draw.frozen import FLOWERS, network

FOLDER = Path(__file__).parents[2] / "docs" / "figures"
FIGURES: dict[str, tuple[Level, Wanted, Look]] = {
    "lenet5": ("stage", Wanted(title="LeNet-5"), Look()),
    "alexnet": ("stage", Wanted(title="AlexNet"), Look()),
    "vgg16": ("stage", Wanted(title="VGG-16"), Look()),
    "googlenet": ("block", Wanted(title="GoogLeNet"), Look()),
    "inception_v3": ("block", Wanted(title="Inception v3"), Look()),
    "resnet50": ("block", Wanted(title="ResNet-50"), Look()),
    "resnext50_32x4d": ("block", Wanted(title="ResNeXt-50, 32×4d"), Look("print")),
    "densenet121": ("block", Wanted(title="DenseNet-121"), Look()),
    "dpn92": ("block", Wanted(title="DPN-92"), Look()),
    "seresnet50": ("block", Wanted(title="SE-ResNet-50"), Look()),
    "mobilenet_v2": ("block", Wanted(title="MobileNet v2"), Look()),
    "mnasnet1_0": ("block", Wanted(title="MNASNet-B1"), Look()),
    "shufflenet_v2_x1_0": ("block", Wanted(title="ShuffleNet v2"), Look("dark", "right")),
    "squeezenet1_0": ("block", Wanted(title="SqueezeNet"), Look()),
    "resnet18": ("layer", Wanted(title="ResNet-18, layer by layer"), Look()),
    "flowers": ("block", Wanted(), Look()),
}
"""For each network the level that shows it best, and how. `flowers` is the one of `docs/transfer.md`."""


def drawn(name: str) -> bytes:
    """A figure as it is drawn now."""
    level, wanted, look = FIGURES[name]
    spec = FLOWERS if name == "flowers" else name
    return render(figure(network(spec), level, wanted), "svg", look)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in FIGURES:
        (FOLDER / f"{name}.svg").write_bytes(drawn(name))
