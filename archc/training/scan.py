"""Inspecting every picture once before a run: readability, properties and duplicates."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import combinations
from pathlib import Path

import imagehash
from PIL import Image, UnidentifiedImageError

from archc.support.record import Record
from archc.training.images import brightest, converted, wide
from archc.training.record import RunRecord

BROKEN = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
"""The exceptions that Pillow raises for a file that is not an image."""
WHITES = (1.0, 255.0, 1023.0, 4095.0, 16383.0, 65535.0)
"""The possible values of white in images of more than 8 bits: fractions, and 8, 10, 12, 14 and 16 bits."""
NEAR = 3
"""The largest number of bits, of 64, in which the perceptual hashes of near-duplicates differ."""
BANDS = 4
"""The number of parts of a hash: two hashes that differ in fewer bits share a part."""
CROWD = 200
"""The number of pictures with a common part of the hash from which that part is ignored."""


class Seen(Record):
    """A picture: its SHA-256, its perceptual hash, and its largest value if it has more than 8 bits."""

    sha256: str
    look: int
    most: float | None


def look_at(path: Path) -> Seen:
    """Read a picture. Raises one of `BROKEN`."""
    data = path.read_bytes()
    with Image.open(io.BytesIO(data)) as opened:
        opened.load()
        most = brightest(opened) if wide(opened) else None
        grey = converted(opened, 1, white_of([most]) if most is not None else 65535.0)
    return Seen(sha256(data).hexdigest(), int(str(imagehash.phash(grey)), 16), most)


def reason(error: Exception) -> str:
    """The reason why an image cannot be read, in one line."""
    if isinstance(error, UnidentifiedImageError):
        return "Pillow does not recognise it as an image"
    told = getattr(error, "strerror", None)
    text = str(told).lower() if told else str(error) or type(error).__name__
    return text.splitlines()[0][:160]


def white_of(most: Iterable[float]) -> float:
    """The value of white in pictures with these largest values: the smallest of `WHITES` that is not exceeded."""
    top = max(most, default=65535.0)
    return next((white for white in WHITES if top <= white), top)


class Twins(RunRecord):
    """Duplicate pictures.

    Each is a pair of paths: the same bytes within a set (`repeated`), in two sets (`leaked`), under two labels
    (`contradictory`), and pictures that look nearly the same (`near`).
    """

    repeated: tuple[tuple[str, str], ...] = ()
    leaked: tuple[tuple[str, str], ...] = ()
    contradictory: tuple[tuple[str, str], ...] = ()
    near: tuple[tuple[str, str], ...] = ()

    def lines(self) -> list[str]:
        """Remarks on the duplicates."""
        kinds = (
            (self.contradictory, "under two labels"),
            (self.leaked, "used for training and for evaluation"),
            (self.repeated, "twice in a set"),
            (self.near, "that look nearly like another"),
        )
        return [
            f"{len(pairs)} picture{'s' if len(pairs) > 1 else ''} {what}: "
            + ", ".join(f"{a} = {b}" for a, b in pairs[:3])
            + (", …" if len(pairs) > 3 else "")
            for pairs, what in kinds
            if pairs
        ]


Placed = tuple[str, str, str]
"""A picture's path, its set, its class."""


def twins(placed: Sequence[Placed], seen: Sequence[Seen]) -> Twins:
    """Find duplicates and near-duplicates."""
    same: dict[str, list[Placed]] = defaultdict(list)
    for place, one in zip(placed, seen, strict=True):
        same[one.sha256].append(place)
    found: dict[str, list[tuple[str, str]]] = {"repeated": [], "leaked": [], "contradictory": []}
    for first, *others in same.values():
        for other in others:
            kind = "contradictory" if other[2] != first[2] else "leaked" if other[1] != first[1] else "repeated"
            found[kind].append((first[0], other[0]))
    looks = {one.sha256: (place[0], one.look) for place, one in zip(placed, seen, strict=True)}
    near = _near(sorted(looks.values()))
    return Twins(near=tuple(near), **{kind: tuple(pairs) for kind, pairs in found.items()})


def _near(looks: Sequence[tuple[str, int]]) -> list[tuple[str, str]]:
    """The pairs whose hashes differ in few bits, found by their common parts."""
    width = 64 // BANDS
    bands: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, (_, look) in enumerate(looks):
        for band in range(BANDS):
            bands[band, look >> band * width & (1 << width) - 1].append(number)
    pairs = {
        pair
        for numbers in bands.values()
        if len(numbers) <= CROWD
        for pair in combinations(numbers, 2)
        if (looks[pair[0]][1] ^ looks[pair[1]][1]).bit_count() <= NEAR
    }
    return [(looks[a][0], looks[b][0]) for a, b in sorted(pairs)]
