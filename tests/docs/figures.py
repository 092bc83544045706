"""The figures of `docs/figures.md`: `python -m tests.docs.figures` draws them; open each and review it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from archc.targets.figure import Level, Look, Room, Wanted, figure, render, render_beside, render_pages
from tests.draw.frozen import FLOWERS, network
from tests.draw.hard import FURTHER, HARD, PLAIN

FOLDER = Path(__file__).parents[2] / "docs" / "figures"
FIGURES: dict[str, tuple[Level, Wanted, Look]] = {
    "lenet5": ("stage", Wanted(title="LeNet-5"), Look()),
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
    "parallel_streams": ("stage", Wanted(title="Parallel streams"), Look()),
}
"""For each network the level that shows it best, and how. `flowers` is the one of `docs/transfer.md`."""


class Print(NamedTuple):
    """A figure for paper: of a network, at a level, for a width, with a title; `only` a module of it."""

    network: str
    level: Level
    width: str
    title: str
    only: str | None = None
    linear: bool = False
    names: tuple[tuple[str, str], ...] = ()


CONV = tuple((f"layer{i}", f"conv{i + 1}_x") for i in range(1, 5))
"""The names of ResNet's stages in its paper."""
PAPER: dict[str, Print] = {
    "lenet5": Print("lenet5", "stage", "page", "LeNet-5"),
    "alexnet": Print("alexnet_2012", "stage", "page", "AlexNet, 2012"),
    "vgg16": Print("vgg16", "stage", "page", "VGG-16"),
    "vgg16-linear": Print("vgg16", "stage", "page", "VGG-16, to scale", linear=True),
    "googlenet": Print("googlenet", "block", "page", "GoogLeNet"),
    "inception": Print("googlenet", "stage", "page", "Inception 3a", "inception3a"),
    "resnet50": Print("resnet50", "block", "column", "ResNet-50", names=CONV),
    "resnext": Print("resnext50_32x4d", "stage", "page", "ResNeXt: a block of 32 groups", "layer1.1"),
    "densenet121": Print("densenet121", "stage", "page", "DenseNet-121"),
    "dense-block": Print("densenet121", "stage", "page", "A dense block", "features.denseblock1"),
    "dpn92": Print("dpn92", "block", "page", "DPN-92"),
    "se": Print("seresnet50", "stage", "page", "Squeeze and excitation", "layer1.0.se"),
    "unet": Print(HARD["unet"], "stage", "page", "U-Net"),
    "separable": Print("mobilenet_v1_100_224", "stage", "column", "Depthwise and pointwise", "unit3"),
    "inverted": Print("mobilenet_v2", "stage", "page", "An inverted residual", "features.3"),
    "mobilenet_v3_large": Print("mobilenet_v3_large", "block", "page", "MobileNet v3, large"),
    "shufflenet": Print("shufflenet_v2_x1_0", "stage", "page", "A unit of ShuffleNet v2", "stage2.1"),
    "attention": Print(FURTHER["attention"], "stage", "page", "A U-Net with attention gates"),
    "two_streams": Print(HARD["two_streams"], "stage", "page", "Two streams"),
    "long_chain": Print(HARD["long_chain"], "stage", "page", "A chain of sixty convolutions"),
    "eight_branches": Print(HARD["eight_branches"], "block", "page", "Eight branches"),
    "nested": Print(HARD["nested"], "block", "page", "Blocks in blocks"),
    "parallel_streams": Print(HARD["parallel_streams"], "block", "page", "Parallel streams"),
    "transfer": Print(FLOWERS, "block", "page", "A new head, frozen parts"),
}
"""The contact sheet: figures that fit a column or a page, their text at 7 pt or more, of each family and of others."""
BESIDE: dict[str, tuple[Level, tuple[str, ...]]] = {
    "residual": ("stage", (PLAIN, "resnet34", "resnet50", "resnext50_32x4d", "seresnet50")),
}
"""Networks beside each other."""


def drawn(name: str) -> bytes:
    """A figure, drawn."""
    level, wanted, look = FIGURES[name]
    specs = {"flowers": FLOWERS, **HARD}
    return render(figure(network(specs.get(name, name)), level, wanted), "svg", look)


def printed(name: str) -> list[bytes]:
    """The pages of a figure of the contact sheet, which need no smaller text than requested."""
    one = PAPER[name]
    shown = figure(network(one.network), one.level, Wanted(one.title, one.only, linear=one.linear, names=one.names))
    pages, warnings = render_pages(shown, "svg", Room.of(one.width), Look("print"))
    assert not warnings, f"{name}: {warnings}"
    return pages


def everything() -> Iterator[tuple[str, bytes]]:
    """All files of the folder, by name."""
    yield from ((f"{name}.svg", drawn(name)) for name in FIGURES)
    for name in PAPER:
        yield from ((f"paper-{name}-{number}.svg", page) for number, page in enumerate(printed(name), 1))
    for name, (level, specs) in BESIDE.items():
        yield f"beside-{name}.svg", render_beside([figure(network(spec), level) for spec in specs], "svg")[0]


if __name__ == "__main__":
    for old in FOLDER.iterdir():
        old.unlink()
    for file, data in everything():
        (FOLDER / file).write_bytes(data)
