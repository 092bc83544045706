"""The images of a run: found, inspected, split by a seed, and read as tensors."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from archc.training.errors import TrainingError
from archc.training.layouts import Layout, layout_of
from archc.training.record import RunRecord
from archc.training.scan import BROKEN, Seen, Twins, look_at, reason, twins, white_of


class LabelledImage(RunRecord):
    """An image, by its path inside the data's folder, its class, and the SHA-256 of its file."""

    path: str
    label: int
    sha256: str = ""


class DataSplit(RunRecord):
    """The data of a run.

    `said`: how the data was interpreted; `unused`: what is not read; `broken`: files that are not images, with the
    reason; `notes`: other remarks; `twins`: duplicate pictures. `white`: the value of white in images of more than 8
    bits.
    """

    root: str
    classes: tuple[str, ...]
    train: tuple[LabelledImage, ...]
    val: tuple[LabelledImage, ...]
    test: tuple[LabelledImage, ...] = ()
    said: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    broken: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    twins: Twins = Twins()
    white: float = 65535.0


Looked = dict[str, Seen]
"""The findings about each picture, by its path."""


def find_data(data: Path, seed: int, share: float, strict: bool) -> DataSplit:
    """The labelled images in `data`, after inspecting each of them.

    `data` is a folder or a table, see `layouts`. Without validation images, the fraction `share` of each class is held
    out; pictures with the same bytes stay together. Test images are used only at the end.

    Raises:
        TrainingError: there are no training images, or, if `strict`, a file is broken.
    """
    layout = layout_of(data)
    looked, broken = look_at_all(layout)
    if broken and strict:
        raise TrainingError(f"{len(broken)} broken images, the first {broken[0][0]}: {broken[0][1]}")
    classes = _classes(layout, looked, data)
    items = items_of(layout, looked, classes)
    said = list(layout.said)
    if not items.get("val"):
        items["train"], items["val"] = _held_out(items["train"], seed, share)
        said.append(f"{share:.0%} of each class, chosen by the seed {seed}, is validated with")
    if not items["val"]:
        raise TrainingError(f"{data} has too few images to hold some out for validation")
    seen = Counter(i.label for i in items["val"])
    missing = [name for label, name in enumerate(classes) if not seen[label]]
    notes = [f"class {name!r} has no image in val, so it cannot be evaluated" for name in missing]
    wide = [one.most for one in looked.values() if one.most is not None]
    white = white_of(wide)
    if wide:
        notes.append(f"{len(wide)} images of more than 8 bits, up to {max(wide):g}: {white:g} is white")
    placed = [(item.path, name, classes[item.label]) for name in items for item in items[name]]
    return DataSplit(
        root=layout.root,
        classes=classes,
        train=tuple(items["train"]),
        val=tuple(items["val"]),
        test=tuple(items.get("test", ())),
        said=tuple(said),
        unused=layout.unused,
        broken=tuple(broken),
        notes=tuple(notes),
        twins=twins(placed, [looked[path] for path, _, _ in placed]),
        white=white,
    )


def look_at_all(layout: Layout) -> tuple[Looked, list[tuple[str, str]]]:
    """The findings about each picture, and the files that cannot be read, with the reason."""
    looked: Looked = {}
    broken: list[tuple[str, str]] = []
    for path in dict.fromkeys(path for rows in layout.sets.values() for path, _ in rows):
        try:
            looked[path] = look_at(Path(layout.root) / path)
        except BROKEN as error:
            broken.append((path, reason(error)))
    return looked, broken


def items_of(layout: Layout, looked: Looked, classes: Sequence[str]) -> dict[str, list[LabelledImage]]:
    """The readable pictures of each set. Requires: every class is one of `classes`."""
    numbers = {name: number for number, name in enumerate(classes)}
    return {
        name: [LabelledImage(path=p, label=numbers[c], sha256=looked[p].sha256) for p, c in rows if p in looked]
        for name, rows in layout.sets.items()
    }


def _classes(layout: Layout, looked: Looked, data: Path) -> tuple[str, ...]:
    named = {name: {c for path, c in rows if path in looked} for name, rows in layout.sets.items()}
    classes = tuple(sorted(named["train"]))
    if len(classes) < 2:
        raise TrainingError(f"{data} has {len(classes)} class{'' if len(classes) == 1 else 'es'} to train on, not two")
    for name in named:
        if strange := sorted(named[name] - set(classes)):
            raise TrainingError(f"{name} has classes that train does not have: {', '.join(map(repr, strange[:5]))}")
    return classes


def _held_out(
    items: Sequence[LabelledImage], seed: int, share: float
) -> tuple[list[LabelledImage], list[LabelledImage]]:
    """Some of each class, chosen by the seed, for validation; a class of one image stays in training."""
    kept: list[LabelledImage] = []
    out: list[LabelledImage] = []
    for label in sorted({i.label for i in items}):
        of = [i for i in items if i.label == label]
        random.Random(f"{seed} {label}").shuffle(of)
        number = min(len(of) - 1, max(1, round(share * len(of)))) if len(of) > 1 else 0
        chosen = {i.sha256 for i in of[:number]}
        held = [i for i in of if i.sha256 in chosen]  # copies of a picture stay in one set
        if len(held) == len(of):  # all of them are copies of one picture
            held = of[:number]
        out += held
        kept += [i for i in of if i not in held]
    return sorted(kept, key=lambda i: i.path), sorted(out, key=lambda i: i.path)


# -- for torch --------------------------------------------------------------------------------------------------------

ROOM = 256 * 2**20
"""The most bytes that the cached tensors of a set of images may take."""
Key = tuple[int, int]
"""An epoch and an image's number: all that randomness may depend on."""


@dataclass(frozen=True)
class Images(Dataset[tuple[Tensor, int]]):
    """Images as tensors.

    The randomness of an image depends only on the seed, the epoch and its number, not on the number of workers or on
    interruptions.

    `varies`: whether the transform is random. What does not change is cached, while there is room: the tensors, or the
    images that a random transform reads.
    """

    root: Path
    items: tuple[LabelledImage, ...]
    transform: Callable[[Image.Image], Tensor]
    read: Callable[[Path], Image.Image]
    seed: int
    varies: bool = False
    _made: dict[int, Tensor | Image.Image] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, key: Key) -> tuple[Tensor, int]:
        epoch, number = key
        item = self.items[number]
        made = self._made.get(number)
        if made is None:
            image = self.read(self.root / item.path)
            made = image if self.varies else self.transform(image)
            size = 3 * made.width * made.height if isinstance(made, Image.Image) else made.nbytes
            if (len(self._made) + 1) * size <= ROOM:
                self._made[number] = made
        if isinstance(made, Image.Image):
            made = self._by_chance(made, hash((self.seed, epoch, number)) & 0x7FFF_FFFF_FFFF_FFFF)
        return made, item.label

    def _by_chance(self, image: Image.Image, seed: int) -> Tensor:
        """Apply the transform with its own random state, without changing the global one."""
        chance = torch.default_generator
        before = chance.get_state()
        chance.manual_seed(seed)
        try:
            return self.transform(image)
        finally:
            chance.set_state(before)


class Order(Sampler[Key]):
    """The order of an epoch, shuffled by seed and epoch. Each of n processes takes every n-th image."""

    def __init__(self, length: int, seed: int, *, shuffle: bool, rank: int = 0, world: int = 1) -> None:
        self.length, self.seed, self.shuffle, self.rank, self.world = length, seed, shuffle, rank, world
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning with the number of the epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[Key]:
        numbers = list(range(self.length))
        if self.shuffle:
            random.Random(f"{self.seed} {self.epoch}").shuffle(numbers)
            numbers += numbers[: -len(numbers) % self.world]  # as many for each process, since they wait for each other
        return iter([(self.epoch, n) for n in numbers[self.rank :: self.world]])

    def __len__(self) -> int:
        if self.shuffle:
            return -(-self.length // self.world)
        return len(range(self.rank, self.length, self.world))


class Batches(Sampler[list[Key]]):
    """The batches of an order. A remainder forms a batch, but a single remaining image joins the previous batch.

    In training mode, a batch norm has no use for a single image, and fails on a single number.
    """

    def __init__(self, order: Order, size: int) -> None:
        self.sampler, self.size = order, size  # Lightning looks for `sampler`, to pass it the epoch

    def __iter__(self) -> Iterator[list[Key]]:
        keys = list(self.sampler)
        for number in range(len(self)):
            end = (number + 1) * self.size if number + 1 < len(self) else len(keys)
            yield keys[number * self.size : end]

    def __len__(self) -> int:
        return batches(len(self.sampler), self.size)


def batches(images: int, size: int) -> int:
    """The number of batches of `size` images."""
    joins = images > 1 and size > 1 and images % size == 1
    return -(-images // size) - joins
