"""The figures of `docs/figures.md`: `python -m tests.docs.figures` draws them anew; open each and review it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from archc.draw import Level, Look, Room, Wanted, figure, render, render_pages
from tests.draw.frozen import FLOWERS, network
from tests.draw.hard import HARD

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


PAPER: dict[str, tuple[Level, str, str]] = {
    "lenet5": ("stage", "page", "LeNet-5"),
    "alexnet": ("stage", "column", "AlexNet"),
    "vgg16": ("stage", "column", "VGG-16"),
    "googlenet": ("stage", "page", "GoogLeNet"),
    "resnet50": ("block", "column", "ResNet-50"),
    "resnext50_32x4d": ("block", "page", "ResNeXt-50, 32×4d"),
    "densenet121": ("stage", "column", "DenseNet-121"),
    "dpn92": ("block", "page", "DPN-92"),
    "seresnet50": ("stage", "column", "SE-ResNet-50"),
    "mobilenet_v2": ("block", "page", "MobileNet v2"),
    "shufflenet_v2_x1_0": ("block", "page", "ShuffleNet v2"),
}
"""The contact sheet: one figure a family that fits a column or a page, its text at 7 pt or more."""
BY_STAGE = ("unet", "long_chain")
"""Which of the hard networks are drawn by stage; the others by block."""


def drawn(name: str) -> bytes:
    """A figure as it is drawn now."""
    level, wanted, look = FIGURES[name]
    spec = FLOWERS if name == "flowers" else name
    return render(figure(network(spec), level, wanted), "svg", look)


def everything() -> Iterator[tuple[str, bytes]]:
    """All files of the folder, by name."""
    yield from ((f"{name}.svg", drawn(name)) for name in FIGURES)
    for name, (level, width, title) in PAPER.items():
        shown = figure(network(name), level, Wanted(title=title))
        pages, warnings = render_pages(shown, "svg", Room.of(width), Look("print"))
        assert not warnings, f"{name}: {warnings}"
        for number, page in enumerate(pages, 1):
            yield f"paper-{name}-{number}.svg", page
    for name, text in HARD.items():
        level = "stage" if name in BY_STAGE else "block"
        yield f"hard-{name}.svg", render(figure(network(text), level, Wanted(title=name.replace("_", " "))), "svg")


if __name__ == "__main__":
    for old in FOLDER.iterdir():
        old.unlink()
    for file, data in everything():
        (FOLDER / file).write_bytes(data)
