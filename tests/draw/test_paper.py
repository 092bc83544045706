"""Figures for paper have the requested width and text size, and lose nothing between pages."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import archc
from archc.cli.main import cli
from archc.targets.figure import (
    Direction,
    FigureError,
    Level,
    Look,
    Room,
    Wanted,
    figure,
    lay_out_pages,
    render,
    render_pages,
)
from archc.targets.figure.laid import NOTE
from tests.draw.frozen import FLOWERS, network
from tests.draw.test_geometry import faults

COLUMN = Room.of("column")
FAMILIES: dict[str, tuple[Level, str]] = {
    "lenet5": ("stage", "page"),
    "alexnet": ("stage", "column"),
    "vgg16": ("stage", "column"),
    "googlenet": ("block", "page"),
    "resnet50": ("block", "column"),
    "resnext50_32x4d": ("block", "page"),
    "densenet121": ("stage", "column"),
    "dpn92": ("block", "page"),
    "seresnet50": ("stage", "column"),
    "mobilenet_v2": ("block", "column"),
    "shufflenet_v2_x1_0": ("block", "page"),
}
"""For each family a figure that fits a column or a page at 7 pt."""


@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_has_a_figure_for_print(name: str) -> None:
    level, width = FAMILIES[name]
    room = Room.of(width)
    drawn = figure(archc.load(name).network, level)
    pages, warnings = lay_out_pages(drawn, None, room)
    assert warnings == []
    net = lay = 0
    for page in pages:
        assert page.paper is not None and page.paper.scale * NOTE >= 7 - 1e-9
        assert (page.width - 2 * page.paper.cut) * page.paper.scale <= room.width + 0.01
        assert (page.height - 2 * page.paper.cut) * page.paper.scale <= room.height
        assert not faults(page)
        net += len(page.boxes) + len(page.slabs)
    lay = len(list(drawn.boxes())) + len(drawn.slabs)
    assert net == lay


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("level", ["stage", "block", "layer"])
def test_a_line_goes_on_at_its_letter(level: Level, direction: Direction) -> None:
    pages, _ = lay_out_pages(figure(archc.load("resnet34").network, level), direction, COLUMN)
    letters = Counter(w.text for page in pages for w in page.captions if re.fullmatch("[A-Z]", w.text))
    assert set(letters.values()) <= {2} and (letters or level != "layer")
    assert not [fault for page in pages for fault in faults(page)]


def test_what_does_not_fit_is_made_smaller_and_said() -> None:
    pages, (warning,) = lay_out_pages(figure(archc.load("googlenet").network), None, COLUMN)
    assert pages[0].paper is not None and pages[0].paper.scale * NOTE < 7
    needed = re.search(r"for 7 pt it needs a width of (\S+);", warning)
    assert needed and not lay_out_pages(figure(archc.load("googlenet").network), None, Room.of(needed[1]))[1]


def test_a_file_has_the_width_that_was_asked_for() -> None:
    drawn = figure(archc.load("resnet18").network)
    (svg, *_), _ = render_pages(drawn, "svg", Room.of("89mm"))
    assert float((ElementTree.fromstring(svg).get("width") or "").removesuffix("pt")) == pytest.approx(252.3, abs=0.1)
    (pdf,), _ = render_pages(drawn, "pdf", COLUMN)
    boxes = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", pdf)
    assert boxes and all(float(width) == pytest.approx(234, abs=0.1) for width, _ in boxes)


@pytest.mark.parametrize("width", ["3.25", "wide", "-1in", "0.001in", "1e9in", "3 furlongs", ""])
def test_what_is_no_width_is_an_error(width: str) -> None:
    with pytest.raises(FigureError, match="is not a length: write"):
        Room.of(width)


def test_the_command_writes_each_page(tmp_path: Path) -> None:
    words = ["draw", "resnet50", "-o", str(tmp_path / "r.svg"), "--width", "column", "--theme", "print"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r-1.svg", "r-2.svg"]
    result = CliRunner().invoke(cli, ["draw", "resnet50", "-o", str(tmp_path / "r.dot"), "--width", "column"])
    assert result.exit_code == 2 and "a figure for paper or of several networks is one of .svg" in result.output


def test_stages_are_in_as_few_rows_as_the_least_text_allows() -> None:
    drawn = figure(network("vgg16"), "stage")
    rows = {}
    for font in (7.0, 8.0):
        ((page,), _) = lay_out_pages(drawn, None, Room.of("page", f"{font}pt"))
        rows[font] = len({round((slab.rectangle[1] + slab.rectangle[3]) / 2) for slab in page.slabs})
    assert rows == {7.0: 2, 8.0: 3}


def test_a_long_title_keeps_the_width(tmp_path: Path) -> None:
    drawn = figure(network("resnet18"), "block", Wanted(title="x" * 300))
    (page, *_), _ = lay_out_pages(drawn, None, COLUMN)
    assert len(page.heading) > 1 and "".join(words.text for words in page.heading).startswith("x" * 300)
    assert all(words.rectangle[2] <= page.width and words.size == 14 for words in page.heading)
    assert not faults(page)
    words = ["draw", "resnet18", "-o", str(tmp_path / "r.svg"), "--caption", "--title", "ResNet-18"]
    result = CliRunner().invoke(cli, words)
    assert result.output.startswith(
        "ResNet-18: its blocks, with the inside of BasicBlock A, BasicBlock B.\n\nThe network"
    )


# -- TikZ -------------------------------------------------------------------------------------------------------------


needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")


def compiled(tex: bytes, folder: Path, name: str = "figure") -> Path:
    (folder / f"{name}.tex").write_bytes(tex)
    words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"]
    ran = subprocess.run(words, cwd=folder, capture_output=True, timeout=120, check=False)  # noqa: S603
    assert ran.returncode == 0, ran.stdout[-2000:].decode(errors="replace")
    return folder / f"{name}.pdf"


@needs_latex
@pytest.mark.parametrize(
    ("name", "level", "look", "only"),
    [
        ("resnet18", "block", Look("print"), None),
        ("lenet5", "stage", Look(), None),
        (FLOWERS, "block", Look("dark"), None),
        ("shufflenet_v2_x1_0", "layer", Look("light", "right"), None),
        ("alexnet_2012", "stage", Look("print"), None),
        ("densenet121", "stage", Look("print"), "features.denseblock1"),
        ("mobilenet_v2", "stage", Look("print"), "features.3"),
    ],
)
def test_tikz_compiles(tmp_path: Path, name: str, level: Level, look: Look, only: str | None) -> None:
    wanted = Wanted(title=r"100% of \evil{$x_1^2$} & #1 ~ “한글” <|>", only=only)
    assert compiled(render(figure(network(name), level, wanted), "tex", look), tmp_path).stat().st_size > 3000


@needs_latex
def test_tikz_is_taken_into_a_paper(tmp_path: Path) -> None:
    (tmp_path / "net.tex").write_bytes(render_pages(figure(network("lenet5"), "stage"), "tex", Room.of("page"))[0][0])
    head = r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{standalone,tikz}\usetikzlibrary{shapes.misc}"
    paper = head + r"\begin{document}\begin{figure}\input{net}\caption{LeNet-5}\end{figure}\end{document}"
    compiled(paper.encode(), tmp_path, "paper")


def test_tikz_has_a_style_for_each_kind_and_a_node_for_each_box() -> None:
    drawn = figure(network("resnet18"))
    text = render(drawn, "tex").decode()
    assert all(rf"archc {kind} box/.style" in text for kind in drawn.kinds())
    assert len(re.findall(r"\(b\d+\) at", text)) == len(list(drawn.boxes()))


STREAMS = " - ".join(f"Conv({2**i}, 3, 2)" for i in range(4, 10))


@pytest.mark.parametrize(
    ("level", "body", "width", "usual"),
    [
        ("stage", f"concat {{ {STREAMS} | {STREAMS} }}", "column", "right"),
        ("block", f"concat {{ {' | '.join(['Conv(8, 1) - ReLU - Conv(8)'] * 8)} }}", "page", "down"),
    ],
)
def test_what_does_not_fit_goes_the_other_way(level: Level, body: str, width: str, usual: Direction) -> None:
    text = f"model m {{\n  input 3x128x128\n  {body} - GAPool - FC(10)\n}}"
    drawn, room = figure(archc.compile_text(text).network, level), Room.of(width, "6pt")
    _, warning = lay_out_pages(drawn, usual, room)
    assert len(warning) == 1 and ("--level" in warning[0]) == (level != "stage")
    (page,), warnings = lay_out_pages(drawn, None, room)
    assert not warnings and not faults(page)
