"""The locations of the files that archc ships: the grammar, the specs and the pages of the problems.

In a wheel they are packed as `archc/grammar`, `archc/specs` and `archc/errors`; in a clone, and so in an editable
install, they are the folders `grammar`, `specs` and `docs/errors` of the repository.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_REPOSITORY = Path(__file__).resolve().parents[2]


def _packed(*names: str) -> Traversable:
    """What is packed beside the code, in a folder or, where Python imports from one, in an archive."""
    package = Path(__file__).parents[1]
    if package.is_dir():
        return package.joinpath(*names)
    from importlib.resources import files

    return files("archc").joinpath(*names)


def _folder(kind: Literal["grammar", "specs"]) -> Traversable:
    """The shipped folder `kind`: packed beside the code, or else at the root of the repository."""
    packed = _packed(kind)
    return packed if packed.is_dir() else _REPOSITORY / kind


def resource(kind: Literal["grammar", "specs"], name: str) -> Traversable:
    """The shipped file `name` in the folder `kind`, which may not exist."""
    return _folder(kind).joinpath(name)


def specs_root() -> Traversable:
    """The folder of the shipped specs."""
    return _folder("specs")


def error_pages() -> Traversable:
    """The folder of the pages of all problems, each called by its code: `E0301.md`."""
    packed = _packed("errors")
    return packed if packed.is_dir() else _REPOSITORY / "docs" / "errors"


def font(file: str) -> Traversable:
    """A shipped font."""
    return _packed("targets", "figure", "fonts", file)
