"""The entry of a network in the gallery, kept in a file next to its output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from archc.support.record import Record
from archc.targets.chart.points import Point

if TYPE_CHECKING:
    from archc.targets.figure import ThemeName

ENTRY = "entry.json"
EVIDENCE = "proof.json"
FIGURE = "figure.html"
"""The file of the interactive figure."""
THUMBNAILS: dict[ThemeName, str] = {"light": "small.svg", "dark": "small-dark.svg"}
"""The figures of the index, by theme."""


class Job(Record):
    """A network to make: the spec and its member, the folder, and a digest of its dependencies (`key`)."""

    spec: str
    member: str
    folder: str
    key: str
    prove: bool
    png: bool


class ComparedLine(BaseModel, frozen=True):
    """One comparison with the reference: its subject, whether it holds, and the numbers."""

    name: str
    holds: bool
    detail: str


class Evidence(BaseModel, frozen=True):
    """The result of the comparison with a reference.

    `input` is the shape of the samples that both networks computed; the multiply-accumulates are compared at the
    network's own input. `skipped`: why nothing was compared, if nothing was. `key`: a digest of its dependencies.
    """

    key: str
    reference: str
    input: tuple[int, ...] = ()
    batch: int = 0
    versions: tuple[tuple[str, str], ...] = ()
    lines: tuple[ComparedLine, ...] = ()
    skipped: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether everything is equal; None if nothing was compared."""
        return None if self.skipped else all(line.holds for line in self.lines)


class GalleryEntry(BaseModel, frozen=True):
    """The description of a network in the index.

    `files` are the names of its files in `folder`. `point` is its point in the chart, with the source of its accuracy.
    `evidence`: None without a reference. `errors`: the messages of failed steps.
    """

    name: str
    family: str
    folder: str
    key: str
    input: tuple[int, ...] = ()
    output: tuple[int, ...] = ()
    point: Point | None = None
    like: str | None = None
    paper: str | None = None
    doc: str = ""
    outline: str = ""
    files: tuple[str, ...] = ()
    evidence: Evidence | None = None
    errors: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """The name on the pages."""
        return self.point.called if self.point else self.name

    @property
    def proved(self) -> bool | None:
        """Whether it is equal to its reference; None if nothing was compared."""
        return self.evidence.holds if self.evidence else None

    @property
    def failed(self) -> bool:
        """Whether it has errors, or differs from its reference."""
        return bool(self.errors) or self.proved is False


def read_entry(root: Path, folder: str, key: str) -> GalleryEntry | None:
    """The entry of an earlier run, if it is complete and its dependencies are unchanged."""
    try:
        entry = GalleryEntry.model_validate_json((root / folder / ENTRY).read_bytes())
    except (OSError, ValueError):
        return None
    whole = all((root / folder / name).is_file() for name in entry.files)
    return entry if entry.key == key and whole and not entry.failed else None


def read_evidence(file: Path, key: str) -> Evidence | None:
    """The evidence of an earlier run, if its dependencies are unchanged and something was compared."""
    try:
        evidence = Evidence.model_validate_json(file.read_bytes())
    except (OSError, ValueError):
        return None
    return evidence if evidence.key == key and evidence.holds else None
