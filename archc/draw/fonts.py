"""Text widths, from the fonts that are shipped: Arimo (Latin, Greek; the widths of Arial and Helvetica) and a Hangul.

A text is measured and painted run by run, each run in the first font that has its characters. Widths are sums of
advances: the shipped fonts have no kerning, so that every painter agrees.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Weight: TypeAlias = Literal["regular", "bold"]

FOLDER = Path(__file__).parent / "fonts"
FILES: dict[Weight, tuple[str, ...]] = {
    "regular": ("Arimo-Regular.ttf", "Hangul-Regular.ttf"),
    "bold": ("Arimo-Bold.ttf", "Hangul-Regular.ttf"),
}
CSS = "Arimo, Arial, Helvetica, Liberation Sans, Noto Sans KR, Malgun Gothic, sans-serif"
"""For SVG: what has these widths nearly everywhere."""
ASCENT, DESCENT = 0.73, 0.21
"""How far letters reach above and below their baseline, in font sizes."""

_UNIT = 1000


@cache
def _font(file: str) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(FOLDER / file), _UNIT, layout_engine=ImageFont.Layout.BASIC)


@cache
def _missing(file: str) -> bytes:
    return bytes(_font(file).getmask("\U0010fffe"))


@cache
def _glyph(character: str, weight: Weight) -> tuple[str, float]:
    """The file of the first font that has a character, and its advance in font sizes."""
    files = FILES[weight]
    latin = ord(character) < 0x1100 or 0x2000 <= ord(character) < 0x3000
    for file in files if latin else files[::-1]:
        if latin or bytes(_font(file).getmask(character)) != _missing(file):
            return file, _font(file).getlength(character) / _UNIT
    return files[0], _font(files[0]).getlength(character) / _UNIT


def runs(text: str, weight: Weight = "regular") -> tuple[tuple[str, str, float], ...]:
    """A text as runs of one font: the font's file, the run and its width in font sizes."""
    glyphs = [(character, *_glyph(character, weight)) for character in text]
    found = []
    for file, group in groupby(glyphs, key=lambda g: g[1]):
        members = list(group)
        found.append((file, "".join(g[0] for g in members), sum(g[2] for g in members)))
    return tuple(found)


@cache
def _width(text: str, weight: Weight) -> float:
    return sum(_glyph(character, weight)[1] for character in text)


def measure(text: str, size: float, weight: Weight = "regular") -> float:
    """The width of a text, in the unit of `size`."""
    return _width(text, weight) * size


@dataclass(frozen=True, slots=True)
class Embedded:
    """A font to put into a file: a family name that no other font has, and the font."""

    family: str
    data: bytes


def embedded(texts: Iterable[str]) -> Embedded | None:
    """A font with what these texts need and computers often lack, Hangul; None where they need nothing."""
    latin = FILES["regular"][0]
    rare = sorted({c for text in texts for c in text if _glyph(c, "regular")[0] != latin})
    if not rare:
        return None
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font = TTFont(FOLDER / FILES["regular"][1], recalcTimestamp=False)
    subsetter = Subsetter(Options(layout_features=[], name_IDs=[], notdef_outline=False))
    subsetter.populate(text="".join(rare))
    subsetter.subset(font)
    file = BytesIO()
    font.save(file)
    return Embedded(f"hangul-{sha256(file.getvalue()).hexdigest()[:8]}", file.getvalue())
