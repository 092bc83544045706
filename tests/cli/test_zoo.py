"""The gallery: the main job."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

from archc.cli.gallery.page import index

from archc.cli.gallery.entry import ENTRY, Entry
from tests.cli.conftest import BROKEN, Archc

OUT = Path("gallery")
FAMILY = "model M(n) {\n  input 3x8x8\n  Conv(n) - FC(2)\n}\nvariant small = M(4)\nvariant large = M(8)\n"


class Links(HTMLParser):
    """What a page refers to, and the ids in it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "data", "action", "poster")]
        self.ids += [value or "" for name, value in attrs if name == "id"]


def test_the_gallery(archc: Archc) -> None:
    """Made once, kept the second time, remade where something changed; a broken spec stops nobody and is told."""
    Path("pair.arch").write_text(FAMILY, encoding="utf-8")
    first = archc("zoo", "lenet", "pair.arch", "-o", "gallery", "--no-prove")
    assert (first.exit_code, first.stdout.splitlines()[-1]) == (0, str((OUT / "index.html").resolve()))
    made = first.stdout.splitlines()[0]
    assert re.match(r"\d+ networks: (\d+) made, 0 up to date; 0 proved .*, 0 with errors", made)
    for name in ("lenet/lenet5", "pair/small", "pair/large"):
        entry = Entry.model_validate_json((OUT / name / ENTRY).read_bytes())
        assert {f"{entry.name}.py", "counts.json", "stage.svg", "block.svg", "layer.svg"} <= set(entry.files)
        assert all((OUT / name / file).stat().st_size for file in entry.files)
        assert json.loads((OUT / name / "counts.json").read_text(encoding="utf-8"))["params"] == entry.params > 0
    assert (OUT / "lenet" / "lenet.arch").is_file()

    second = archc("zoo", "lenet", "pair.arch", "-o", "gallery", "--no-prove")
    assert ": 0 made, " in second.stdout

    Path("pair.arch").write_text(FAMILY.replace("M(8)", "M(9)"), encoding="utf-8")
    Path("broken.arch").write_text(BROKEN, encoding="utf-8")
    third = archc("zoo", "lenet", "broken.arch", "pair.arch", "-o", "gallery", "--no-prove")
    assert third.exit_code == 1
    assert ": 2 made, " in third.stdout and " 1 with errors" in third.stdout
    assert "broken.arch: error[E0301]" in third.stderr
    page = (OUT / "index.html").read_text(encoding="utf-8")
    assert "E0301" in page and "lenet5" in page and "small" in page


def test_the_page_is_whole_in_itself(archc: Archc) -> None:
    """It loads nothing, its own links lead somewhere, and those to files lead to files."""
    archc("zoo", "lenet", "-o", "gallery", "--no-prove")
    page = (OUT / "index.html").read_text(encoding="utf-8")
    found = Links()
    found.feed(page)
    assert not re.search(r"<(script|link|iframe|object|embed)\b|@import|url\(", page)
    for link in found.links:
        if link.startswith("#"):
            assert link[1:] in found.ids
        elif not link.startswith("data:image/svg+xml;base64,"):
            assert (OUT / link).is_file(), link
    assert any(link.startswith("data:") for link in found.links)
    assert len(found.ids) == len(set(found.ids))


def test_nothing_in_a_spec_becomes_markup(tmp_path: Path) -> None:
    evil = '"><script>alert(1)</script>'
    entry = Entry(
        name=evil, family=evil, folder="x", key="", params=1, macs=1, like=evil, paper=evil, doc=evil, outline=evil,
        top1=evil, proof=evil, proved=False,
    )  # fmt: skip
    failed = Entry(name=evil, family=evil, folder="x", key="", errors=(evil,))
    page = index(tmp_path, (entry, failed))
    assert "<script" not in page
    assert page.count("alert(1)") >= 10


def test_the_page_says_what_is_proved(tmp_path: Path) -> None:
    def entry(name: str, proved: bool | None) -> Entry:
        return Entry(name=name, family="f", folder=name, key="", params=1, like="torchvision:x", proved=proved)

    page = index(tmp_path, (entry("a", True), entry("b", False), entry("c", None)))
    assert "3 networks of 1 family, 1 proved equal to their reference" in page
    assert (page.count(">equal<"), page.count(">differs<")) == (1, 1)


def test_a_family_that_is_not_shipped(archc: Archc) -> None:
    result = archc("zoo", "lenett", "-o", "gallery")
    assert result.exit_code == 2
    assert "there is no shipped family 'lenett'" in result.stderr
    assert not OUT.exists()


def test_a_folder_that_cannot_be_written(archc: Archc) -> None:
    result = archc("zoo", "lenet", "-o", "tiny.arch/gallery")
    assert result.exit_code == 2
    assert "cannot write tiny.arch/gallery" in result.stderr
