"""The locations of the files that archc ships: the grammar, the specs and the pages of the problems.

In a wheel they are packed as `archc/grammar`, `archc/specs` and `archc/errors`; in a clone, and so in an editable
install, they are the folders `grammar`, `specs` and `docs/errors` of the repository.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

_REPOSITORY = Path(__file__).resolve().parents[2]


def _folder(kind: Literal["grammar", "specs"]) -> Traversable:
    """The shipped folder `kind`: packed beside the code, or else at the root of the repository."""
    packed = files("archc").joinpath(kind)
    return packed if packed.is_dir() else _REPOSITORY / kind


def resource(kind: Literal["grammar", "specs"], name: str) -> Traversable:
    """The shipped file `name` in the folder `kind`, which may not exist."""
    return _folder(kind).joinpath(name)


def specs_root() -> Traversable:
    """The folder of the shipped specs."""
    return _folder("specs")


def error_pages() -> Traversable:
    """The folder of the pages of all problems, each called by its code: `E0301.md`."""
    packed = files("archc").joinpath("errors")
    return packed if packed.is_dir() else _REPOSITORY / "docs" / "errors"


def font(file: str) -> Traversable:
    """A shipped font."""
    return files("archc").joinpath("targets", "figure", "fonts", file)
