"""Assigning files to classes and sets: folders in the usual layouts, and tables."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from archc.training.errors import TrainingError
from archc.training.record import RunRecord

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})
SETS: Mapping[str, str] = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
"""Names of sets in folders and tables, in lower case, and their purpose."""
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "path": ("path", "file", "filename", "image"),
    "label": ("label", "class", "category"),
    "split": ("split", "set", "subset"),
}
IGNORED = frozenset({"__macosx", "__pycache__"})

Row = tuple[str, str]
"""An image's path inside the root, and the name of its class."""


class Layout(RunRecord):
    """The layout of the data. `sets`: the images for those of `train`, `val` and `test` that exist.

    `said`: how the data was interpreted, in lines; `unused`: what is not read.
    """

    root: str
    sets: dict[str, tuple[Row, ...]]
    said: tuple[str, ...]
    unused: tuple[str, ...] = ()


def layout_of(data: Path) -> Layout:
    """The layout of `data`: a folder per class, with folders of sets outside or inside, or a CSV.

    See `docs/transfer.md`.

    Raises `TrainingError`.
    """
    if data.is_file() and data.suffix.lower() == ".csv":
        return _table(data)
    if not data.is_dir():
        raise TrainingError(f"{data} is neither a folder of images nor a .csv file")
    return _folders(data)


# -- folders ----------------------------------------------------------------------------------------------------------


def _folders(data: Path) -> Layout:
    top, said = _entered(data)
    sets = {f: SETS[f.name.lower()] for f in _inside(top) if f.name.lower() in SETS}
    others = [f for f in _inside(top) if f not in sets]
    if sets and not any(name == "train" for name in sets.values()):
        theirs = ", ".join(f.name for f in sets)
        beside = f" beside {_some([f.name for f in others])}" if others else ""
        raise TrainingError(f"{data} has {theirs}{beside}, but no folder called train or training to learn from")
    unused = [f"{f.name}/ (beside the sets)" for f in others] if sets else []
    unused += [f.name for f in sorted(top.iterdir()) if f.is_file() and f.suffix.lower() in ENDINGS]
    found: dict[str, tuple[Row, ...]] = {}
    for folder, name in sets.items():
        if name in found:
            raise TrainingError(f"{data} has two folders for {name}: {', '.join(f.name for f in sets)}")
        inner, more = _entered(folder)
        said += [*more, f"{folder.name}/ is what is {_FOR[name]}"]
        found[name] = tuple((path, label) for path, label, _ in _classes(inner, data))
    if not sets:
        found, transposed = _by_set(_classes(top, data))
        said += transposed
    return Layout(root=str(data.resolve()), sets=found, said=tuple(said), unused=tuple(unused))


_FOR = {"train": "learned from", "val": "validated with", "test": "tested on in the end"}


def _entered(folder: Path) -> tuple[Path, list[str]]:
    """The folder itself, or the only folder in it if that has subfolders."""
    said: list[str] = []
    while len(inner := _inside(folder)) == 1 and inner[0].name.lower() not in SETS and _inside(inner[0]):
        if any(f.suffix.lower() in ENDINGS for f in (*folder.iterdir(), *inner[0].iterdir())):
            break
        folder = inner[0]
        said.append(f"{folder.name}/ is only a wrapper")
    return folder, said


def _classes(folder: Path, data: Path) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The images of the folder of a class, each with the folders in between."""
    for each in _inside(folder):
        files = sorted(f for f in each.rglob("*") if f.suffix.lower() in ENDINGS and f.is_file())
        if not files:
            raise TrainingError(f"the folder of class {each.name!r} has no images: {each}")
        yield from ((f.relative_to(data).as_posix(), each.name, f.relative_to(each).parts[:-1]) for f in files)


def _by_set(rows: Iterator[tuple[str, str, tuple[str, ...]]]) -> tuple[dict[str, tuple[Row, ...]], list[str]]:
    """Images by the set folders inside those of the classes, if there are any."""
    found: dict[str, list[Row]] = {}
    for path, label, between in rows:
        name = next((SETS[part.lower()] for part in between if part.lower() in SETS), "")
        found.setdefault(name, []).append((path, label))
    if set(found) <= {""}:
        return {"train": tuple(found.get("", ()))}, []
    if "" in found or "train" not in found:
        which = f"{found[''][0][0]} is in none" if "" in found else "none is called train"
        raise TrainingError(f"classes have folders of sets in them, and {which}")
    return {name: tuple(r) for name, r in found.items()}, [f"each class has folders for {' and '.join(sorted(found))}"]


def _inside(folder: Path) -> list[Path]:
    folders = sorted(f for f in folder.iterdir() if f.is_dir())
    return [f for f in folders if not f.name.startswith(".") and f.name.lower() not in IGNORED]


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


# -- tables -----------------------------------------------------------------------------------------------------------


def _table(file: Path) -> Layout:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            columns = list(reader.fieldnames or ())
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"cannot read {file}: {error}") from None
    named = {kind: next((c for c in columns if c.strip().lower() in names), None) for kind, names in COLUMNS.items()}
    path, label, split = named["path"], named["label"], named["split"]
    if path is None or label is None:
        told = ", ".join(map(repr, columns)) or "none"
        hint = "; is the delimiter a comma?" if len(columns) == 1 else ""
        raise TrainingError(f"{file} needs the columns path and label; it has {told}{hint}")
    found: dict[str, list[Row]] = {}
    for number, row in enumerate(rows, 2):
        where, what, part = row[path], row[label], (row[split] if split else None) or "train"
        if not where or not what or part.strip().lower() not in SETS:
            wanted = f"a path, a label, and as split, if there is one, one of {', '.join(SETS)}"
            raise TrainingError(f"{file}:{number} must have {wanted}")
        found.setdefault(SETS[part.strip().lower()], []).append((where, what))
    if "train" not in found:
        raise TrainingError(f"{file} has no image to train on: none whose split is train or training")
    said = [f"{path} and {label} are the columns read{f', {split} the set' if split else ''}"]
    unused = tuple(f"the column {c}" for c in columns if c not in (path, label, split))
    return Layout(root=str(file.parent.resolve()), sets={k: tuple(v) for k, v in found.items()}, said=tuple(said),
                  unused=unused)  # fmt: skip
