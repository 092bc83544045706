"""What the gallery knows about a network, kept in a file beside what was made of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archc.network.value import Value

ENTRY = "entry.json"


@dataclass(frozen=True)
class Job:
    """A network to make: the spec and its member, where it goes, and what the result depends on (`key`)."""

    spec: str
    member: str
    folder: str
    key: str
    prove: bool
    png: bool


class Entry(Value):
    """What the index says about a network.

    `files` are the names of what was written, in `folder`. `proof` is what `archc verify` found, empty without a
    reference; `proved` whether it is equal, None where there is nothing to compare with. `errors`: what went wrong.
    """

    name: str
    family: str
    folder: str
    key: str
    input: tuple[int, ...] = ()
    output: tuple[int, ...] = ()
    params: int = 0
    macs: int = 0
    flops: int = 0
    top1: Any = None
    like: str | None = None
    paper: str | None = None
    doc: str = ""
    outline: str = ""
    files: tuple[str, ...] = ()
    proof: str = ""
    proved: bool | None = None
    errors: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether something went wrong with it, or it is not what it should be like."""
        return bool(self.errors) or self.proved is False


def read_entry(root: Path, folder: str, key: str) -> Entry | None:
    """The entry that an earlier run left, if it is complete and depends on the same."""
    try:
        entry = Entry.model_validate_json((root / folder / ENTRY).read_bytes())
    except (OSError, ValueError):
        return None
    whole = all((root / folder / name).is_file() for name in entry.files)
    return entry if entry.key == key and whole and not entry.failed else None
