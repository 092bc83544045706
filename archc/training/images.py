"""Reading images of any mode, and converting them to tensors according to the facts of the spec."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageOps
from pydantic import Field
from torch import Tensor

from archc.diagnostics.core import Problem
from archc.ir.network import Network
from archc.runtime.references import import_torchvision
from archc.support.limits import MOST_PIXELS, beyond
from archc.training.errors import TrainingError
from archc.training.record import RunRecord

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""The mean and standard deviation that nearly all published weights were trained with."""
CROPPED_FROM = 64
"""The input size from which images are cropped from larger ones; below it they are used whole."""


def one_picture(network: Network) -> None:
    """Raise `TrainingError` for a network that reads more than one picture per sample."""
    if len(network.inputs) > 1:
        raise TrainingError(
            f"{network.name} reads {' and '.join(network.input_names)}, and a sample of the data is one picture: "
            "train the module that `archc compile` writes in a loop of your own"
        )


class Preprocess(RunRecord):
    """The conversion of an image to a tensor.

    It is saved with the weights and shared by training, evaluation and prediction.

    `size`: height and width of the tensor. `resize`: the shorter side before the centre is cropped, None if images are
    used whole. `mean`, `std`: one number per channel, for values from 0 to 1. `white`: the value of white in images of
    more than 8 bits, found in the data (see `scan`).
    """

    channels: int = Field(ge=1)
    size: tuple[int, int]
    resize: int | None
    interpolation: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    white: float = 65535.0

    @classmethod
    def of(cls, network: Network, white: float = 65535.0) -> Preprocess:
        """From the spec's facts `mean`, `std`, `resize` and `interpolation`. Raises `TrainingError`."""
        one_picture(network)
        dims = network.type_of(network.inputs[0]).dims
        if len(dims) != 3 or dims[0] not in (1, 3):
            raise TrainingError(
                f"{network.name} reads {'x'.join(map(str, dims))}, which is neither a grey nor a colour image"
            )
        mean, std = IMAGENET if dims[0] == 3 else ((0.5,), (0.5,))
        large = max(dims[1:]) >= CROPPED_FROM
        facts = {
            "resize": network.fact("resize") or (round(max(dims[1:]) / 0.875) if large else None),
            "interpolation": network.fact("interpolation") or "bilinear",
            "mean": network.fact("mean") or mean,
            "std": network.fact("std") or std,
            "white": white,
        }
        try:
            made = cls.model_validate({"channels": dims[0], "size": dims[1:], **facts})
        except ValueError:
            raise TrainingError("the spec's mean, std, resize or interpolation is invalid") from None
        if len(made.mean) != dims[0] or len(made.std) != dims[0] or not all(s > 0 for s in made.std):
            raise TrainingError(f"the spec's mean and std must have {dims[0]} numbers, and std none that is 0")
        if made.interpolation not in ("bilinear", "bicubic", "nearest"):
            raise TrainingError(f"there is no interpolation {made.interpolation!r}: bilinear, bicubic or nearest")
        return made

    def evaluation(self) -> Callable[[Image.Image], Tensor]:
        """The transform of evaluation and prediction."""
        v2 = transforms()
        if self.resize is None:
            first = [v2.Resize(self.size, self._mode(), antialias=True)]
        else:
            first = [v2.Resize(self.resize, self._mode(), antialias=True), v2.CenterCrop(self.size)]
        return self._ending(first)

    def read(self, path: Path) -> Image.Image:
        """An image in the form that transforms expect; see `read_image`."""
        return read_image(path, self.channels, self.white)

    def training(self, augment: str) -> Callable[[Image.Image], Tensor]:
        """The transform of training: random augmentation, followed by the same steps as in evaluation.

        `augment` is `none`, or some of these, joined by `+`: `shift`, moves by up to a tenth, for characters; `affine`,
        also rotates, shears and scales a little (see `tilted`); `crop`, a random part; `flip`, mirrors; `randaugment`,
        two of fourteen changes (Cubuk et al. 2019, arXiv:1909.13719).
        """
        if augment == "none":
            return self.evaluation()
        v2, kinds = transforms(), augment.split("+")
        whole = v2.Resize(self.size, self._mode(), antialias=True)
        first = [v2.RandomResizedCrop(self.size, (0.35, 1.0), interpolation=self._mode(), antialias=True)
                 if "crop" in kinds else whole]  # fmt: skip
        if "randaugment" in kinds:
            first.append(v2.RandAugment())
        if "affine" in kinds:
            first.append(tilted)
        if "shift" in kinds:
            border = [round(side / 10) for side in self.size]
            first.append(v2.RandomCrop(self.size, padding=(border[1], border[0]), padding_mode="edge"))
        if "flip" in kinds:
            first.append(v2.RandomHorizontalFlip())
        return self._ending(first)

    def _ending(self, first: list[Callable[..., object]]) -> Callable[[Image.Image], Tensor]:
        v2 = transforms()
        steps = [v2.ToImage(), *first, v2.ToDtype(torch.float32, scale=True), v2.Normalize(self.mean, self.std)]
        composed: Callable[[Image.Image], Tensor] = v2.Compose([*steps, v2.ToPureTensor()])
        return composed

    def _mode(self) -> Any:
        return getattr(transforms().InterpolationMode, self.interpolation.upper())


def tilted(image: Tensor) -> Tensor:
    """Rotate an image (channels, height, width) by up to 10 degrees, shear it by 6, move and scale it by a tenth.

    The exposed area gets the median colour of the border, such as that of the paper in scanned writing.
    """
    v2 = transforms()
    border = torch.cat([image[:, 0], image[:, -1], image[:, :, 0], image[:, :, -1]], dim=1)
    paper = border.median(dim=1).values.view(-1, 1, 1).float()
    turn, slant, scale, right, down = (2 * torch.rand(5) - 1).tolist()
    height, width = image.shape[-2:]
    moved: Tensor = v2.functional.affine(
        image - paper,
        angle=10 * turn,
        translate=[round(width / 10 * right), round(height / 10 * down)],
        scale=1 + scale / 10,
        shear=[6 * slant, 0.0],
        interpolation=v2.InterpolationMode.BILINEAR,
    )
    return (moved + paper).round().to(image.dtype)


def transforms() -> Any:
    """Torchvision's transforms. Raises `TrainingError` if it is not installed."""
    library = import_torchvision()
    if isinstance(library, Problem):
        raise TrainingError("torchvision is not installed: pip install 'archc[finetune]'")
    from torchvision.transforms import v2

    return v2


def read_image(path: Path, channels: int, white: float = 65535.0) -> Image.Image:
    """An image in grey or colour, rotated by its EXIF data, scaled from `white` to 8 bits, on a white background.

    Raises whatever Pillow raises for a broken file: `OSError`, `SyntaxError`, `ValueError`, a decompression bomb.
    """
    with Image.open(path) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise ValueError(f"it has {opened.width}x{opened.height} pixels, {beyond('MOST_PIXELS', MOST_PIXELS)}")
        return converted(opened, channels, white)


def converted(opened: Image.Image, channels: int, white: float = 65535.0) -> Image.Image:
    """Convert an opened image as `read_image` does."""
    opened.load()
    image = ImageOps.exif_transpose(opened)
    if wide(image):
        image = _eight_bits(image, white)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("L" if channels == 1 else "RGB")


def wide(image: Image.Image) -> bool:
    """Whether an image has more than 8 bits."""
    return image.mode.startswith("I") or image.mode == "F"


def brightest(image: Image.Image) -> float:
    """The largest value in an image of more than 8 bits."""
    most = image.convert("F").getextrema()[1]
    return float(most) if isinstance(most, int | float) else 0.0


def _eight_bits(image: Image.Image, white: float) -> Image.Image:
    return image.convert("F").point(lambda v: v * (255 / white) + 0.5).convert("L")
