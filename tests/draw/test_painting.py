"""Figures as files: reproducible bytes, real text, the shipped fonts."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import zlib
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest

import archc
from archc.targets.figure import FORMATS, Look, Wanted, figure, render, unshown
from archc.targets.figure.fonts import FILES, FOLDER, Weight, lacking, runs
from archc.targets.figure.truetype import Font

KOREAN, GREEK = "잔차 모듈", "αβγ Σ"

DIGESTS = """
import hashlib, archc
from archc.targets.figure import FORMATS, figure, render
for name, level in (("googlenet", "block"), ("resnet18", "layer"), ("lenet5", "stage")):
    made = figure(archc.load(name).network, level)
    for format in FORMATS:
        print(name, format, hashlib.sha256(render(made, format)).hexdigest())
"""


def test_bytes_are_the_same_in_every_process() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", DIGESTS],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
    assert said.pop().count("\n") == 3 * len(FORMATS)


def words(pdf: bytes) -> set[str]:
    """All characters in the ToUnicode maps of a PDF's fonts."""
    found = set()
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            text = zlib.decompress(stream).decode("latin-1")
        except zlib.error:
            continue
        if "begincmap" in text:
            for start, end, to in re.findall(r"<([0-9a-fA-F]+)> <([0-9a-fA-F]+)> (?:<([0-9a-fA-F]+)>|\[)", text):
                found |= {chr(int(to, 16) + i) for i in range(int(end, 16) - int(start, 16) + 1)} if to else set()
            for listed in re.findall(r"\[([^\]]*)\]", text):
                found |= {chr(int(code, 16)) for code in re.findall(r"<([0-9a-fA-F]{4})>", listed)}
    return found


def test_text_of_a_pdf_is_text_in_korean_and_greek_too() -> None:
    made = figure(archc.load("lenet5").network, "block", Wanted(title=f"LeNet-5 {KOREAN} {GREEK}"))
    pdf = render(made, "pdf")
    assert set(KOREAN + GREEK + "LeNetConvSigmoid×") - {" "} <= words(pdf)
    assert b"/FontFile2" in pdf
    assert b"/Subtype /Image" not in pdf
    assert len(pdf) < 60_000


@pytest.mark.parametrize("weight", FILES)
@pytest.mark.parametrize("text", (KOREAN, GREEK, "Conv 3×3 · 64 → 128 … –", "뷁 펲 힣 ㄱㅎ"))
def test_the_shipped_fonts_have_the_glyphs(text: str, weight: Weight) -> None:
    from PIL import ImageFont

    for file, run, _ in runs(text, weight):
        font = ImageFont.truetype(str(FOLDER / file), 40)
        missing = bytes(font.getmask("\U0010fffe"))
        assert all(character == " " or bytes(font.getmask(character)) != missing for character in run), run


@pytest.mark.parametrize("file", sorted({file for files in FILES.values() for file in files}))
def test_fonts_are_read_as_fonttools_reads_them(file: str) -> None:
    from fontTools.ttLib import TTFont

    ours, theirs = Font(FOLDER / file), TTFont(FOLDER / file)
    known, sides = theirs.getBestCmap(), theirs["hmtx"]
    assert {code: theirs.getGlyphName(glyph) for code, glyph in ours.glyphs.items()} == known
    unit = theirs["head"].unitsPerEm
    assert all(ours.advance(chr(code)) == sides[name][0] / unit for code, name in known.items())
    assert ours.advance("\U0010fffe") == sides[".notdef"][0] / unit


@pytest.mark.parametrize("file", sorted({file for files in FILES.values() for file in files}))
def test_a_part_of_a_font_has_the_outlines_of_the_whole(file: str) -> None:
    from fontTools.pens.recordingPen import DecomposingRecordingPen
    from fontTools.ttLib import TTFont

    whole = TTFont(FOLDER / file)
    text = "".join(map(chr, sorted(whole.getBestCmap())[::97]))
    data = Font(FOLDER / file).part(text)
    part = TTFont(BytesIO(data), checkChecksums=2)
    assert set(part.getBestCmap()) == set(map(ord, text))
    for character in text:
        drawn = []
        for font in (whole, part):
            pen = DecomposingRecordingPen(font.getGlyphSet())
            name = font.getBestCmap()[ord(character)]
            font.getGlyphSet()[name].draw(pen)
            drawn.append((pen.value, font["hmtx"][name]))
        assert drawn[0] == drawn[1], character


def test_what_is_no_font_is_left_out(tmp_path: Path) -> None:
    for data in (b"", b"no font at all, and too short", b"OTTO" + bytes(100)):
        (tmp_path / "x.ttf").write_bytes(data)
        with pytest.raises((OSError, struct.error)):
            _ = Font(tmp_path / "x.ttf").glyphs


def test_korean_is_painted() -> None:
    """The pixels of a title differ from those of a title of boxes for missing glyphs."""
    one, other = (
        render(figure(archc.load("lenet5").network, "stage", Wanted(title=title)), "png", Look(scale=1))
        for title in (KOREAN, "\U0010fffe" * len(KOREAN))
    )
    assert one != other


def test_scale_is_pixels_a_point() -> None:
    from PIL import Image

    made = figure(archc.load("lenet5").network, "block")
    one, two = (Image.open(BytesIO(render(made, "png", Look(scale=scale)))).size for scale in (1, 2))
    assert all(abs(b - 2 * a) <= 2 for a, b in zip(one, two, strict=True))


CHINESE, NOWHERE = "网络", "\U00010380"


@pytest.mark.skipif(bool(lacking(CHINESE)), reason="no font on this computer has Chinese")
def test_other_scripts_come_from_the_fonts_of_the_computer() -> None:
    from fontTools.ttLib import TTFont

    made = figure(archc.load("lenet5").network, "stage", Wanted(title=CHINESE))
    svg = render(made, "svg").decode()
    fonts = [TTFont(BytesIO(b64decode(data))) for data in re.findall(r"base64,([^)]*)\)", svg)]
    assert set().union(*(font.getBestCmap() for font in fonts)) == {ord(c) for c in CHINESE}
    for format in ("png", "pdf"):
        boxes = render(figure(archc.load("lenet5").network, "stage", Wanted(title=NOWHERE * 2)), format)
        assert render(made, format) != boxes
    assert not unshown(made, "svg") and "pdflatex has no letter for" in unshown(made, "tex")


def test_latin_letters_beyond_the_shipped_fonts_are_no_boxes_unless_told() -> None:
    """Vietnamese has letters that the shipped part of Arimo lacks."""
    known = Font(FOLDER / FILES["regular"][0]).glyphs
    for weight in get_args(Weight):
        for letter in "\u01a1\u1ead\u0259":
            assert ord(letter) not in known
            ((file, _, _),) = runs(letter, weight)
            assert (file in FILES[weight]) == bool(lacking(letter))


def test_what_no_font_has_is_told() -> None:
    made = figure(archc.load("lenet5").network, "stage", Wanted(title=f"a{NOWHERE}{KOREAN}"))
    assert unshown(made, "png") == f"no font on this computer has {NOWHERE}: there are boxes in its place"
    assert not unshown(made, "dot") and not unshown(figure(archc.load("resnet50").network), "tex")


def test_licences_are_beside_the_fonts() -> None:
    assert {f"OFL-{file.split('-')[0]}.txt" for files in FILES.values() for file in files} <= {
        path.name for path in FOLDER.iterdir()
    }


def test_an_svg_brings_the_hangul_that_it_shows_and_no_more() -> None:
    network = archc.load("lenet5").network
    plain = render(figure(network, "stage"), "svg").decode()
    korean = render(figure(network, "stage", Wanted(title=KOREAN)), "svg").decode()
    assert "@font-face" not in plain
    (data,) = re.findall(r"base64,([^)]*)\)", korean)
    from fontTools.ttLib import TTFont

    assert set(TTFont(BytesIO(b64decode(data))).getBestCmap()) == {ord(c) for c in KOREAN if c != " "}
    assert len(korean) < len(plain) + 8_000
