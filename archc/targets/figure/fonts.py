"""Text widths, from the fonts that are shipped: Arimo (Latin, Greek; the widths of Arial and Helvetica) and a Hangul.

Characters that neither has are taken from the fonts of this computer, the first by name that has them.
A text is measured and painted run by run, each run in the first font that has its characters. Widths are sums of
advances: the shipped fonts have no kerning, so that every painter agrees.
"""

from __future__ import annotations

import struct
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Literal, TypeAlias

from archc.support.extras import require
from archc.support.record import Record
from archc.targets.figure.truetype import Font

Weight: TypeAlias = Literal["regular", "bold"]

FOLDER = Path(__file__).parent / "fonts"
FILES: dict[Weight, tuple[str, ...]] = {
    "regular": ("Arimo-Regular.ttf", "Hangul-Regular.ttf"),
    "bold": ("Arimo-Bold.ttf", "Hangul-Regular.ttf"),
}
CSS = "Arimo, Arial, Helvetica, Liberation Sans, Noto Sans KR, Malgun Gothic, sans-serif"
"""The font for SVG: nearly every system has one with these widths."""
ASCENT, DESCENT = 0.73, 0.21
"""The height of letters above and below their baseline, in font sizes."""

SYSTEM = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts",
    "/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts", "C:/Windows/Fonts",
)  # fmt: skip
"""The folders where systems keep fonts."""

KEPT = "cmap glyf loca head hhea hmtx maxp name post OS/2 CFF VORG vhea vmtx".split()
"""The tables of a font that are embedded."""


@cache
def _font(file: str) -> Font:
    return Font(FOLDER / file)


def _has(file: str, character: str) -> bool:
    return _font(file).glyphs.get(ord(character), 0) != 0


@cache
def _system(weight: Weight) -> tuple[str, ...]:
    """The fonts of this computer, those most like Arimo of this weight first."""
    found = (path for folder in SYSTEM for path in Path(folder).expanduser().rglob("*"))
    files = {str(path) for path in found if path.suffix.lower() in (".ttf", ".otf", ".ttc")}

    def unlike(file: str) -> tuple[bool, ...]:
        slanted = "Oblique" in file or "Italic" in file
        return "Sans" not in file, "Mono" in file, slanted, ("Bold" in file) != (weight == "bold"), "Condensed" in file

    return tuple(sorted(files, key=lambda file: (*unlike(file), file)))


@cache
def _foreign(character: str, weight: Weight) -> str | None:
    """The first font of this computer that has a character."""
    for file in _system(weight):
        try:
            if _has(file, character):
                return file
        except (OSError, struct.error):
            continue
    return None


@cache
def _glyph(character: str, weight: Weight) -> tuple[str, float]:
    """The file of the first font that has a character, and its advance in font sizes; Arimo's box without one."""
    files = FILES[weight]
    latin = ord(character) < 0x530 or 0x2000 <= ord(character) < 0x2070
    for file in files if latin else files[::-1]:
        if _has(file, character):
            return file, _font(file).advance(character)
    file = _foreign(character, weight) or files[0]
    return file, _font(file).advance(character)


def lacking(texts: Iterable[str]) -> str:
    """The characters of texts that no font has, which are shown as boxes."""
    rare = sorted({c for text in texts for c in text if not c.isascii()})
    known = (*FILES["regular"],)
    return "".join(c for c in rare if not any(_has(file, c) for file in known) and _foreign(c, "regular") is None)


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


class Embedded(Record):
    """An embedded font: a unique family name, and the font."""

    family: str
    data: bytes


def face(font: Embedded) -> str:
    """The rule of a style sheet that embeds a font."""
    data = b64encode(font.data).decode()
    return f"@font-face{{font-family:{font.family};src:url(data:font/ttf;base64,{data})}}"


def embedded(texts: Iterable[str]) -> tuple[Embedded, ...]:
    """The fonts to embed for these texts: Hangul, and characters that only a font of this computer has."""
    latin = FILES["regular"][0]
    needed: dict[str, set[str]] = {}
    for character in {c for text in texts for c in text}:
        needed.setdefault(_glyph(character, "regular")[0], set()).add(character)
    return tuple(_subset(file, "".join(sorted(needed[file]))) for file in sorted(needed) if file != latin)


def _subset(file: str, text: str) -> Embedded:
    """The part of a font that shows a text."""
    family = "hangul" if file in FILES["regular"] else "other"
    font = _font(file)
    data = font.part(text) if font.table("glyf") else _outlined(file, text)
    return Embedded(f"{family}-{sha256(data).hexdigest()[:8]}", data)


def _outlined(file: str, text: str) -> bytes:
    """The part of a font whose outlines are PostScript's."""
    require("fontTools")
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font = TTFont(FOLDER / file, recalcTimestamp=False, fontNumber=0)
    options = Options(layout_features=[], name_IDs=[], notdef_outline=False)
    options.drop_tables = [table for table in font.reader.tables if table.strip() not in KEPT]
    subsetter = Subsetter(options)
    subsetter.populate(text=text)
    subsetter.subset(font)
    data = BytesIO()
    font.save(data)
    return data.getvalue()
