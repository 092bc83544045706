"""Digests that identify what a file of the gallery depends on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from archc import __version__

PACKAGE = Path(__file__).resolve().parents[2]


@cache
def digest_of_code() -> str:
    """A digest of archc itself, including its templates: different code may produce different output."""
    files = (file for file in PACKAGE.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return hashlib.sha256(f"{__version__}\0{digest_of(sorted(files), PACKAGE)}".encode()).hexdigest()


def digest_of(files: Iterable[Path], root: Path) -> str:
    """A digest of files: their names relative to `root`, and their contents."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
