"""The gallery of `archc zoo`."""

from __future__ import annotations

import csv
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from archc.cli.gallery import highlight, proving
from archc.cli.gallery.entry import ENTRY, THUMBNAILS, ComparedLine, Evidence, GalleryEntry
from archc.cli.gallery.pages import PAGE, index, network_page
from archc.count.counts import count
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.pipeline import check
from archc.targets.chart.points import Point
from archc.zoo import Files, families, shipped_source
from tests.cli.conftest import BROKEN, TINY, Archc
from tests.support.torchvision_ops import torchvision

OUT = Path("gallery")
FAMILY = "model M(n) {\n  input 3x8x8\n  Conv(n) - FC(2)\n}\nvariant small = M(4)\nvariant large = M(8)\n"


class Links(HTMLParser):
    """Collects the links of a page, and the ids in it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.images: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "srcset", "data", "poster")]
        self.images += [dict(attrs).get("alt")] if tag == "img" else []
        self.ids += [value or "" for name, value in attrs if name == "id"]


def networks(text: str) -> dict[str, Network]:
    return dict(check(Source("m.arch", text), Files().load).networks)


def test_the_gallery(archc: Archc) -> None:
    """Networks are made once, and again only after a change; a broken spec is reported and stops no other."""
    Path("pair.arch").write_text(FAMILY, encoding="utf-8")
    first = archc("zoo", "lenet", "pair.arch", "-o", "gallery", "--no-prove")
    assert (first.exit_code, first.stdout.splitlines()[-1]) == (0, str((OUT / "index.html").resolve()))
    made = first.stdout.splitlines()[0]
    assert re.match(r"\d+ networks: (\d+) made, 0 up to date; 0 proved .*, 0 with errors", made)
    for name in ("lenet/lenet5", "pair/small", "pair/large"):
        entry = GalleryEntry.model_validate_json((OUT / name / ENTRY).read_bytes())
        assert {f"{entry.name}.py", "counts.csv", "stage.svg", "block.svg", "layer.svg", PAGE} <= set(entry.files)
        assert all((OUT / name / file).stat().st_size for file in entry.files)
        with (OUT / name / "counts.csv").open(encoding="utf-8", newline="") as file:
            params = sum(int(row["params"]) for row in csv.DictReader(file))
        assert entry.point is not None and entry.point.params == params > 0
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

    fourth = archc("zoo", "lenet", "broken.arch", "pair.arch", "-o", "gallery", "--no-prove", "--only", "sm*")
    assert (fourth.exit_code, fourth.stdout.split(":")[0]) == (1, "2 networks"), "a spec that is all wrong is told"
    assert archc("zoo", "lenet", "-o", "gallery", "--no-prove", "--only", "vgg16").exit_code == 2


def test_every_link_leads_somewhere(archc: Archc) -> None:
    """Pages load nothing from elsewhere, all links have targets, and each image has an alternative text."""
    Path("two words.arch").write_text(FAMILY, encoding="utf-8")
    archc("zoo", "lenet", "two words.arch", "-o", "gallery", "--no-prove")
    pages = sorted(OUT.rglob(PAGE))
    assert len(pages) == 6
    for file in pages:
        page = file.read_text(encoding="utf-8")
        found = Links()
        found.feed(page)
        assert not re.search(r"<(link|iframe|object|embed)\b|<script[^>]+src|@import", page)
        assert len(found.ids) == len(set(found.ids))
        assert found.images and all(alt for alt in found.images)
        for link in found.links:
            path, _, anchor = link.partition("#")
            if link.startswith("https://arxiv.org/abs/"):
                continue
            target = file.parent / unquote(path) if path else file
            assert target.is_file(), link
            if anchor:
                assert f'id="{unquote(anchor)}"' in target.read_text(encoding="utf-8"), link


def test_nothing_in_a_spec_becomes_markup(tmp_path: Path) -> None:
    evil = '"><script>alert(1)</script>'
    line = ComparedLine(name=evil, holds=False, detail=evil)
    entry = GalleryEntry(
        name=evil, family=evil, folder=f"x/{evil}", key="", input=(1,), output=(2,), like=evil, paper=evil, doc=evil,
        point=Point(evil, evil, 50.0, params=1, macs=1, source=evil), outline=evil,
        files=("stage.svg", *THUMBNAILS.values(), PAGE, evil),
        evidence=Evidence(key="", reference=evil, lines=(line,)),
    )  # fmt: skip
    failed = GalleryEntry(name=evil, family=evil, folder="x", key="", errors=(evil,))
    model = networks(TINY)["tiny"]
    counts = count(model).model_copy(update={"name": evil})
    for page in (
        index(tmp_path, (entry, failed)),
        network_page(entry, counts, f"# {evil}\n'{evil}'", f'# {evil}\n"{evil}', evil),
        network_page(failed, None, "", "", evil),
    ):
        assert "<script>alert" not in page
        assert page.count("alert(1)") >= 3


def test_a_paper_has_one_card_wherever_its_networks_stand(tmp_path: Path) -> None:
    entries = [
        GalleryEntry(name=name, family="f", folder=f"f/{name}", key="", paper=paper)
        for name, paper in (("a", "one"), ("b", "two"), ("c", "one"), ("d", None), ("e", None))
    ]
    page = index(tmp_path, entries)
    assert (page.count('class="card"'), page.count("2 variants")) == (4, 1)
    assert all(page.count(f'id="f-{entry.name}"') == 1 for entry in entries)


def test_the_pages_say_what_is_proved(tmp_path: Path) -> None:
    def entry(name: str, holds: bool | None) -> GalleryEntry:
        lines = () if holds is None else (ComparedLine(name="outputs", holds=holds, detail="so it is"),)
        evidence = Evidence(
            key="",
            reference="torchvision:x",
            input=(3, 96, 96),
            batch=2,
            lines=lines,
            skipped="" if lines else "no timm",
        )
        point = Point(name, "f", params=1, macs=1)
        return GalleryEntry(
            name=name,
            family="f",
            folder=f"f/{name}",
            key="",
            input=(3, 224, 224),
            output=(9,),
            point=point,
            evidence=evidence,
        )

    entries = (entry("a", True), entry("b", False), entry("c", None))
    page = index(tmp_path, entries)
    assert "3 networks of 1 family, 1 proved equal to their reference" in page
    untried = entry("d", None).model_copy(update={"evidence": None})
    assert "<p>1 network of 1 family.</p>" in index(tmp_path, (untried,))
    assert '<span class="bad">1 with errors</span>' in page
    table = page[page.index("<tbody>") : page.index("</tbody>")]
    assert (table.count(">equal<"), table.count(">differs<"), table.count("not compared")) == (1, 1, 1)
    model = networks(TINY)["tiny"]
    own = [network_page(one, count(model), "", "", "m.arch") for one in entries]
    assert "2 random samples of 3x96x96" in own[0] and "compared at 3x224x224" in own[0]
    assert "differs" in own[1] and "Not compared with torchvision:x: no timm" in own[2]


def test_a_proof_is_kept_until_what_it_depends_on_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reused for the same source, made again for another, and never kept if it failed."""
    compared: list[str] = []

    def compare(network: Network, source: str, reference: str, key: str) -> Evidence:
        compared.append(source)
        holds = "broken" not in source
        return Evidence(key=key, reference=reference, lines=(ComparedLine(name="outputs", holds=holds, detail=""),))

    monkeypatch.setattr(proving, "_compared", compare)
    text = FAMILY + 'variant like = M(4) {\n  like: "torchvision:none"\n}\n'
    found = networks(text)
    file = tmp_path / "proof.json"
    assert proving.evidence(found["small"], "one", file) is None
    for source in ("one", "one", "two", "two", "broken", "broken"):
        evidence = proving.evidence(found["like"], source, file)
        assert evidence is not None and evidence.holds is (source != "broken")
    assert compared == ["one", "two", "broken", "broken"]


def test_a_proof_is_real(archc: Archc) -> None:
    """The smallest network with a reference is compared in torch, at the size stated in its page."""
    torchvision()  # or skip, with the reason
    result = archc("zoo", "squeezenet", "-o", "gallery", "--only", "squeezenet1_1")
    assert result.exit_code == 0 and "1 proved equal to their reference" in result.stdout
    page = (OUT / "squeezenet" / "squeezenet1_1" / PAGE).read_text(encoding="utf-8")
    assert "random samples of 3x96x96" in page and "load_state_dict(strict=True)" in page


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Conv(64) - ReLU", '<b class="n">Conv</b>(<b class="m">64</b>) - <b class="n">ReLU</b>\n'),
        ("model m {  # x", '<b class="k">model</b> <b class="n">m</b> {  <b class="c"># x</b>\n'),
        ("stem: (A)", '<b class="l">stem</b>: (<b class="n">A</b>)\n'),
        ("input 3x224x224", '<b class="k">input</b> <b class="m">3x224x224</b>\n'),
        ('"<é>"', '<b class="s">&#34;&lt;é&gt;&#34;</b>\n'),
    ],
)
def test_a_spec_in_colour(text: str, html: str) -> None:
    assert highlight.arch(text) == html


def test_every_shipped_spec_in_colour_is_the_spec() -> None:
    for family in families():
        spec = shipped_source(f"{family}.arch").text
        plain = unescape(re.sub(r"<[^>]*>", "", str(highlight.arch(spec))))
        assert plain.strip() == spec.strip()


def test_a_family_that_is_not_shipped(archc: Archc) -> None:
    result = archc("zoo", "lenett", "-o", "gallery")
    assert result.exit_code == 2
    assert "there is no shipped family 'lenett'" in result.stderr
    assert not OUT.exists()


def test_a_folder_that_cannot_be_written(archc: Archc) -> None:
    result = archc("zoo", "lenet", "-o", "tiny.arch/gallery")
    assert result.exit_code == 2
    assert "cannot write tiny.arch/gallery" in result.stderr
