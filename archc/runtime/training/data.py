"""Finding labelled images: a folder a class, or a table; and splitting them by a seed."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from archc.runtime.training.errors import TrainingError
from archc.runtime.training.images import read_image
from archc.runtime.training.record import Record

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})
BROKEN = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
"""What Pillow raises for a file that is no image."""
SETS = ("train", "val")


class Item(Record):
    """An image, by its path inside the data's folder, and its class."""

    path: str
    label: int


class Split(Record):
    """The data of a run. `broken`: files that are no images, with why; `notes`: what else is worth knowing."""

    root: str
    classes: tuple[str, ...]
    train: tuple[Item, ...]
    val: tuple[Item, ...]
    broken: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def find_data(data: Path, seed: int, share: float, strict: bool) -> Split:
    """The labelled images that `data` holds.

    `data` is a folder with a folder for each class, or with `train` and `val` folders of such; or a CSV file with the
    columns `path` and `label`, and perhaps `split`. Without a `val` of its own, `share` of each class is held out.

    Raises:
        TrainingError: there is nothing to train on, or, if `strict`, a file is broken.
    """
    if data.is_file() and data.suffix == ".csv":
        root, named = data.parent, _table(data)
    elif data.is_dir():
        root, named = data, _folders(data)
    else:
        raise TrainingError(f"{data} is neither a folder of images nor a .csv file")
    named, broken = _whole(root, named)
    if broken and strict:
        raise TrainingError(f"{len(broken)} broken images, the first {broken[0][0]}: {broken[0][1]}")
    classes = _classes(named, data)
    items = {s: [Item(path=p, label=classes.index(c)) for p, c in named[s]] for s in named}
    notes: list[str] = []
    if "val" not in items:
        items["train"], items["val"] = _held_out(items["train"], seed, share)
    seen = Counter(i.label for i in items["val"])
    for label, name in enumerate(classes):
        if not seen[label]:
            notes.append(f"class {name!r} has no image in val: nothing can be said about it")
    if not items["val"]:
        raise TrainingError(f"{data} has too few images to hold some out for validation")
    return Split(
        root=str(root.resolve()),
        classes=classes,
        train=tuple(items["train"]),
        val=tuple(items["val"]),
        broken=tuple(broken),
        notes=tuple(notes),
    )


Named = dict[str, list[tuple[str, str]]]
"""For each set the paths of its images with the names of their classes."""


def _folders(data: Path) -> Named:
    given = [s for s in SETS if (data / s).is_dir()]
    if given and "train" not in given:
        raise TrainingError(f"{data} has a val folder, but none called train")
    found: Named = {}
    for name in given or [""]:
        top = data / name
        folders = sorted(f for f in top.iterdir() if f.is_dir() and not f.name.startswith("."))
        rows: list[tuple[str, str]] = []
        for folder in folders:
            files = sorted(f for f in folder.rglob("*") if f.suffix.lower() in ENDINGS and f.is_file())
            if not files:
                raise TrainingError(f"the folder of class {folder.name!r} has no images: {folder}")
            rows += [(f.relative_to(data).as_posix(), folder.name) for f in files]
        found[name or "train"] = rows
    return found


def _table(file: Path) -> Named:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"cannot read {file}: {error}") from None
    found: Named = {}
    for number, row in enumerate(rows, 2):
        path, label, part = row.get("path"), row.get("label"), row.get("split") or "train"
        if not path or not label or part not in SETS:
            wanted = "a path, a label, and train or val as split if there is one"
            raise TrainingError(f"{file}:{number} must have {wanted}")
        found.setdefault(part, []).append((path, label))
    if "train" not in found:
        raise TrainingError(f"{file} has no image to train on: it needs the columns path and label")
    return found


def _whole(root: Path, named: Named) -> tuple[Named, list[tuple[str, str]]]:
    """What can be read, and the files that cannot, with why."""
    broken: list[tuple[str, str]] = []
    kept: Named = {}
    for name, rows in named.items():
        kept[name] = []
        for path, label in rows:
            try:
                read_image(root / path, 3)
                kept[name].append((path, label))
            except BROKEN as error:
                broken.append((path, reason(error)))
    return kept, broken


def reason(error: Exception) -> str:
    """Why an image cannot be read, in a line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0][:160].lower()


def _classes(named: Named, data: Path) -> tuple[str, ...]:
    classes = tuple(sorted({c for _, c in named["train"]}))
    if len(classes) < 2:
        raise TrainingError(f"{data} has {len(classes)} class{'' if len(classes) == 1 else 'es'} to train on, not two")
    strange = sorted({c for _, c in named.get("val", ())} - set(classes))
    if strange:
        raise TrainingError(f"val has classes that train has not: {', '.join(map(repr, strange[:5]))}")
    return classes


def _held_out(items: Sequence[Item], seed: int, share: float) -> tuple[list[Item], list[Item]]:
    """Some of each class, chosen by the seed, for validation; a class of one image is trained on."""
    kept: list[Item] = []
    out: list[Item] = []
    for label in sorted({i.label for i in items}):
        of = [i for i in items if i.label == label]
        random.Random(f"{seed} {label}").shuffle(of)
        number = min(len(of) - 1, max(1, round(share * len(of)))) if len(of) > 1 else 0
        out += of[:number]
        kept += of[number:]
    return sorted(kept, key=lambda i: i.path), sorted(out, key=lambda i: i.path)


# -- for torch --------------------------------------------------------------------------------------------------------

ROOM = 256 * 2**20
"""Bytes that the tensors of a set of images may take when they are kept."""
Key = tuple[int, int]
"""An epoch and an image's number: all that chance may depend on."""


@dataclass(frozen=True)
class Images(Dataset[tuple[Tensor, int]]):
    """Images as tensors.

    What is random about one follows from the seed, the epoch and its number alone, so that neither the number of
    workers nor an interruption changes it.

    `varies`: whether the transform is random. What is always the same is made once, while there is room: the tensors,
    or the images that a random transform reads.
    """

    root: Path
    items: tuple[Item, ...]
    transform: Callable[[Image.Image], Tensor]
    channels: int
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
            image = read_image(self.root / item.path, self.channels)
            made = image if self.varies else self.transform(image)
            size = 3 * made.width * made.height if isinstance(made, Image.Image) else made.nbytes
            if (len(self._made) + 1) * size <= ROOM:
                self._made[number] = made
        if isinstance(made, Image.Image):
            made = self._by_chance(made, hash((self.seed, epoch, number)) & 0x7FFF_FFFF_FFFF_FFFF)
        return made, item.label

    def _by_chance(self, image: Image.Image, seed: int) -> Tensor:
        """The transform with a chance of its own; that of everything else is as it was."""
        chance = torch.default_generator
        before = chance.get_state()
        chance.manual_seed(seed)
        try:
            return self.transform(image)
        finally:
            chance.set_state(before)


class Order(Sampler[Key]):
    """The order of an epoch: shuffled by seed and epoch, of which each of several processes takes every n-th."""

    def __init__(self, length: int, seed: int, *, shuffle: bool, rank: int = 0, world: int = 1) -> None:
        self.length, self.seed, self.shuffle, self.rank, self.world = length, seed, shuffle, rank, world
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Lightning says which epoch it is."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[Key]:
        numbers = list(range(self.length))
        if self.shuffle:
            random.Random(f"{self.seed} {self.epoch}").shuffle(numbers)
            numbers += numbers[: -len(numbers) % self.world]  # as many for each process: they wait for each other
        return iter([(self.epoch, n) for n in numbers[self.rank :: self.world]])

    def __len__(self) -> int:
        if self.shuffle:
            return -(-self.length // self.world)
        return len(range(self.rank, self.length, self.world))
