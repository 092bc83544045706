"""Data sets by their name on the Hugging Face hub, through its library `datasets`, which fetches and caches them."""

from __future__ import annotations

import csv
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any

from archc.support.sheets import cell
from archc.training.errors import TrainingError

PREFIX = "hf:"
"""The prefix of a data set's name on the command line."""
VAL = ("validation", "valid", "val", "dev")
"""Names of validation sets."""
LABELS = ("label", "labels", "class", "category")
"""Names of the column of classes, if the library does not know it."""


def fetched(name: str) -> tuple[Path, tuple[str, ...]]:
    """The images of a data set, as files with a table of their classes (see `data`), and remarks.

    `name` is `NAME[:CONFIG]`: a name on the hub, or a folder of files that the library reads. The files are written
    once, next to the library's own cache. Images are written unchanged.

    Raises:
        TrainingError: the library is not installed, or the data set is unavailable or has no labelled images.
    """
    try:
        import datasets
    except ImportError:
        raise TrainingError(f"{PREFIX}{name} needs the library datasets: pip install datasets") from None
    path, _, config = name.partition(":")
    with _bars_on_terminals(datasets):
        try:
            found = datasets.load_dataset(path, config or None)
        except Exception as error:  # any exception is possible; most often there is no network
            reason = (str(error) or type(error).__name__).splitlines()[0][:160]
            raise TrainingError(
                f"cannot get the data set {name}: {reason}; without a network, give a folder of images"
            ) from None
        if "train" not in found:
            raise TrainingError(f"the data set {name} has no train, but {', '.join(found)}")
        val = next((split for split in VAL if split in found), None)
        parts = {"train": found["train"], **({"val": found[val]} if val else {})}
        image, label = _columns(name, found["train"].features)
        key = sha256(" ".join(part._fingerprint for part in parts.values()).encode()).hexdigest()[:16]
        folder = Path(datasets.config.HF_DATASETS_CACHE) / "archc" / f"{PurePath(path).name}-{key}"
        if not folder.is_dir():
            undecoded = {s: part.cast_column(image, datasets.Image(decode=False)) for s, part in parts.items()}
            _write(folder, undecoded, image, label)
    notes = [f"the images are the column {image!r}, their classes {label!r}"]
    unused = [split for split in found if split not in ("train", val)]
    return folder / "images.csv", (*notes, *([f"not used: {', '.join(unused)}"] if unused else []))


def _columns(name: str, features: Any) -> tuple[str, str]:
    """The columns of the images and of their classes."""
    kinds = {column: type(feature).__name__ for column, feature in features.items()}
    image = next((c for c, kind in kinds.items() if kind == "Image"), None)
    label = next((c for c, kind in kinds.items() if kind == "ClassLabel"), None)
    label = label or next((c for c in LABELS if kinds.get(c) == "Value"), None)
    if image is None or label is None:
        told = ", ".join(f"{column} ({kind})" for column, kind in kinds.items())
        raise TrainingError(f"the data set {name} does not have a column of images and one of classes, but {told}")
    return image, label


def _write(folder: Path, parts: dict[str, Any], image: str, label: str) -> None:
    """Write the images and their table to a folder, completely or not at all."""
    temporary = ""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent)
        with Path(temporary, "images.csv").open("w", encoding="utf-8", newline="") as stream:
            table = csv.writer(stream)
            table.writerow(("path", "label", "split"))
            for split, part in parts.items():
                Path(temporary, split).mkdir()
                names = getattr(part.features[label], "names", None)
                for number, row in enumerate(part):
                    held = row[image]
                    data = held["bytes"] if held["bytes"] is not None else Path(held["path"]).read_bytes()
                    file = f"{split}/{number:07d}{PurePath(held['path'] or '').suffix}"
                    Path(temporary, file).write_bytes(data)
                    table.writerow((cell(file), cell(_class(names, row[label])), split))
        os.replace(temporary, folder)
        temporary = ""
    except OSError as error:
        if folder.is_dir():  # another run has written it in the meantime
            return
        raise TrainingError(f"cannot write {folder}: {(error.strerror or str(error)).lower()}") from None
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)


def _class(names: list[str] | None, value: object) -> str:
    """The name of a class. Data sets number them, and -1 means none."""
    if value is None or value == -1:
        raise TrainingError("the data set has images without a class")
    return names[int(str(value))] if names else str(value)


@contextmanager
def _bars_on_terminals(datasets: Any) -> Iterator[None]:
    """Show the library's progress bars on a terminal only."""
    hide = not sys.stderr.isatty() and datasets.is_progress_bar_enabled()
    if hide:
        datasets.disable_progress_bars()
    try:
        yield
    finally:
        if hide:
            datasets.enable_progress_bars()
