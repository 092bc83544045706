"""The entry points of other packages, found without `importlib.metadata` where there are none of a group.

Importing it and reading all metadata takes as long as checking a network.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def entry_points(group: str) -> Iterable[EntryPoint]:
    """The entry points of a group."""
    if not _may_have(group):
        return ()
    from importlib.metadata import entry_points

    return entry_points(group=group)


def _may_have(group: str) -> bool:
    """Whether a package may have entry points of a group: one whose metadata names it, or that is found otherwise."""
    others = (finder for finder in sys.meta_path if finder is not PathFinder)
    if any(hasattr(finder, "find_distributions") for finder in others):
        return True
    return any(_names(folder, group.encode()) for folder in sys.path)


def _names(folder: str, group: bytes) -> bool:
    """Whether the metadata of a package in a folder contains these letters; true of an archive, which is not opened."""
    try:
        with os.scandir(folder or ".") as entries:
            return any(group in _points(entry) for entry in entries)
    except NotADirectoryError:
        return True
    except OSError:
        return False


def _points(entry: os.DirEntry[str]) -> bytes:
    """The entry points in an entry of a folder, as they are written."""
    name = entry.name.lower()
    if name.endswith((".dist-info", ".egg-info")) or name == "egg-info":
        try:
            with open(f"{entry.path}/entry_points.txt", "rb") as file:
                return file.read()
        except OSError:
            pass
    return b""
