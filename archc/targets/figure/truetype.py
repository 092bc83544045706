"""TrueType and OpenType fonts: their characters with widths, and subsets for a text.

Widths are read from the font's tables, not measured with a rasteriser, which would round them to pixels: a text has the
same width everywhere.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

_WORDS, _SCALE, _MORE, _TWO_SCALES, _MATRIX = 0x1, 0x8, 0x20, 0x40, 0x80
"""The flags of a glyph's component that determine its length, and whether another follows."""
_PACKED = ("OS/2", "head", "hhea", "maxp", "post")
"""The tables that a subset copies, almost unchanged."""


class Font:
    """A font in a file, the first of a collection. Raises `OSError` or `struct.error` if the file is no font."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            start = 0
            if file.read(4) == b"ttcf":
                (start,) = struct.unpack(">8xI", file.read(12))
            file.seek(start + 4)
            (count,) = struct.unpack(">H6x", file.read(8))
            rows = (struct.unpack(">4s4xII", file.read(16)) for _ in range(count))
            self._places = {tag.decode("latin-1"): (offset, length) for tag, offset, length in rows}

    def table(self, tag: str) -> bytes:
        """The bytes of a table; empty if the font does not have it."""
        offset, length = self._places.get(tag, (0, 0))
        with self._path.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    @cached_property
    def glyphs(self) -> dict[int, int]:
        """The glyph of each character."""
        table = self.table("cmap")
        (count,) = struct.unpack_from(">2xH", table)
        rows = [struct.unpack_from(">HHI", table, 4 + 8 * i) for i in range(count)]
        found: dict[int, int] = {}
        for platform, encoding, offset in sorted(rows):
            if (platform, encoding) in ((0, 3), (0, 4), (3, 1), (3, 10)):
                found.update(_mapped(table[offset:]))
        return found

    @cached_property
    def _advances(self) -> tuple[int, ...]:
        (count,) = struct.unpack_from(">H", self.table("hhea"), 34)
        return struct.unpack_from(">" + "H2x" * count, self.table("hmtx"))

    @cached_property
    def _unit(self) -> int:
        unit: int = struct.unpack_from(">H", self.table("head"), 18)[0]
        return unit

    def advance(self, character: str) -> float:
        """The width of a character in font sizes; that of the missing-glyph box if the font lacks it."""
        glyph = self.glyphs.get(ord(character), 0)
        return self._advances[min(glyph, len(self._advances) - 1)] / self._unit

    def part(self, text: str) -> bytes:
        """A subset of the font that shows a text. Its outlines must be TrueType's."""
        return _written(self, {ord(character): self.glyphs.get(ord(character), 0) for character in text})


def _mapped(table: bytes) -> Iterator[tuple[int, int]]:
    """The pairs of character and glyph of a subtable of `cmap`."""
    (format,) = struct.unpack_from(">H", table)
    if format == 12:
        (groups,) = struct.unpack_from(">I", table, 12)
        for first, last, glyph in struct.iter_unpack(">III", table[16 : 16 + 12 * groups]):
            yield from ((code, glyph + code - first) for code in range(first, last + 1))
    if format != 4:
        return
    (double,) = struct.unpack_from(">H", table, 6)
    columns = [struct.unpack_from(f">{double // 2}H", table, 14 + double * i + (2 if i else 0)) for i in range(4)]
    for segment, (last, first, delta, jump) in enumerate(zip(*columns, strict=True)):
        here = 16 + 3 * double + 2 * segment
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if jump:
                (glyph,) = struct.unpack_from(">H", table, here + jump + 2 * (code - first))
            if not jump or glyph:
                yield code, (glyph + delta) & 0xFFFF


def _components(outline: bytes) -> Iterator[tuple[int, int]]:
    """The components of a composite glyph: for each the offset of its number in the data, and the number."""
    if not outline or struct.unpack_from(">h", outline)[0] >= 0:
        return
    place, flags = 10, _MORE
    while flags & _MORE:
        flags, glyph = struct.unpack_from(">HH", outline, place)
        yield place + 2, glyph
        place += 8 if flags & _WORDS else 6
        place += 2 if flags & _SCALE else 4 if flags & _TWO_SCALES else 8 if flags & _MATRIX else 0


def _written(font: Font, characters: dict[int, int]) -> bytes:
    """The font with only these characters, its glyphs renumbered in the same order."""
    outlines, long = font.table("glyf"), struct.unpack_from(">h", font.table("head"), 50)[0]
    loca = font.table("loca")
    ends = [end if long else 2 * end for (end,) in struct.iter_unpack(">I" if long else ">H", loca)]
    kept, open_ = {0}, set(characters.values())
    while open_:
        kept |= open_
        open_ = {g for old in open_ for _, g in _components(outlines[ends[old] : ends[old + 1]])} - kept
    order = sorted(kept)
    number = {old: new for new, old in enumerate(order)}
    shapes = [b""]  # glyph 0, the box for missing characters, is left empty
    for old in order[1:]:
        shape = bytearray(outlines[ends[old] : ends[old + 1]])
        for place, glyph in _components(bytes(shape)):
            struct.pack_into(">H", shape, place, number[glyph])
        shapes.append(bytes(shape) + bytes(-len(shape) % 4))
    starts = [sum(map(len, shapes[:i])) for i in range(len(shapes) + 1)]
    sides, measured = font.table("hmtx"), len(font._advances)
    metrics = []
    for old in order:
        side = 4 * old + 2 if old < measured else 4 * measured + 2 * (old - measured)
        metrics.append(struct.pack(">H2s", font._advances[min(old, measured - 1)], sides[side : side + 2]))
    tables = {tag: bytearray(font.table(tag)) for tag in _PACKED}
    struct.pack_into(">h", tables["head"], 50, 1)
    struct.pack_into(">H", tables["hhea"], 34, len(order))
    struct.pack_into(">H", tables["maxp"], 4, len(order))
    tables["post"] = bytearray(struct.pack(">I", 0x30000) + bytes(tables["post"][4:32]))  # without names
    groups = b"".join(struct.pack(">III", code, code, number[glyph]) for code, glyph in sorted(characters.items()))
    head = struct.pack(">HHHHIHHIII", 0, 1, 3, 10, 12, 12, 0, 16 + len(groups), 0, len(characters))
    tables["cmap"] = bytearray(head + groups)
    tables["glyf"], tables["hmtx"] = bytearray(b"".join(shapes)), bytearray(b"".join(metrics))
    tables["loca"] = bytearray(struct.pack(f">{len(starts)}I", *starts))
    tables["name"] = bytearray(struct.pack(">HHH", 0, 0, 6))
    return _file(tables)


def _file(tables: dict[str, bytearray]) -> bytes:
    """Tables assembled into a file, with their checksums."""
    tables["head"][8:12] = bytes(4)
    power = len(tables).bit_length() - 1
    header = struct.pack(">IHHHH", 0x10000, len(tables), 16 << power, power, 16 * len(tables) - (16 << power))
    rows, body, start = b"", bytearray(), len(header) + 16 * len(tables)
    for tag, data in sorted(tables.items()):
        rows += struct.pack(">4sIII", tag.encode(), _checksum(data), start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    whole = bytearray(header + rows + body)
    place = start + sum(len(d) + -len(d) % 4 for tag, d in sorted(tables.items()) if tag < "head")
    struct.pack_into(">I", whole, place + 8, (0xB1B0AFBA - _checksum(whole)) & 0xFFFFFFFF)
    return bytes(whole)


def _checksum(data: Iterable[int]) -> int:
    padded = bytes(data)
    padded += bytes(-len(padded) % 4)
    total: int = sum(struct.unpack(f">{len(padded) // 4}I", padded))
    return total & 0xFFFFFFFF
