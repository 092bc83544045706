"""`archc table`: the numbers are those of the papers, and LaTeX accepts the output."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

import archc
from archc.cli.main import cli
from archc.targets.figure.table import Cell, StageRow, Total, latex, markdown, rows
from tests.draw.hard import FURTHER

RESNETS = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")


def table(*names: str) -> tuple[StageRow, ...]:
    return rows([archc.load(name).network for name in names])


def test_the_residual_networks_are_table_1_of_their_paper() -> None:
    """He et al. 2016, table 1: blocks and repeats of conv2_x to conv5_x."""
    found = {row.name: row for row in table(*RESNETS)}
    assert [found[f"layer{i}"].size for i in (1, 2, 3, 4)] == ["56×56", "28×28", "14×14", "7×7"]
    repeats = [[cell.groups[-1][1] for cell in found[f"layer{i}"].cells if cell] for i in (1, 2, 3, 4)]
    assert repeats == [[2, 3, 3, 3, 3], [2, 4, 4, 4, 8], [2, 6, 6, 23, 36], [2, 3, 3, 3, 3]]
    basic, bottleneck = found["layer3"].cells[0], found["layer3"].cells[2]
    assert basic == Cell(((("3×3, 256", "3×3, 256"), 2),))
    assert bottleneck == Cell(((("1×1, 256", "3×3, 256", "1×1, 1024"), 6),))
    assert found["conv1"].cells[0] == Cell(((("7×7, 64, stride 2",), 1),))


def test_cardinality_is_in_the_table_of_resnext() -> None:
    (row,) = (row for row in table("resnext50_32x4d") if row.name == "layer1")
    assert row.cells[0] is not None
    assert row.cells[0].groups[-1] == (("1×1, 128", "3×3, 128, C=32", "1×1, 256"), 3)


def test_networks_of_other_sizes_have_rows_of_their_own() -> None:
    found = table("resnet18", "vgg16")
    assert [row.size for row in found] == ["224×224", "112×112", "56×56", "28×28", "14×14", "7×7", "1×1"]
    assert found[0].cells[0] is None and found[0].cells[1] is not None


def test_many_branches_are_counted_and_layers_without_names_name_no_stage() -> None:
    text = FURTHER["voice"].replace("mix: concat", "concat")
    found = rows([archc.compile_text(text).network])
    cell = next(row.cells[0] for row in found if row.size == "1024")
    assert cell is not None and cell.groups[-1] == (("8 branches, concat",), 1)
    assert not any("-" in row.name for row in found)
    told = markdown(found, [Total("small", 26_310, 4_000)])
    assert "26.3 k" in told and "| 4 k |" in told


def test_markdown_and_latex_have_all_cells() -> None:
    found = table("resnet18", "resnet50")
    totals = [Total("ResNet-18", 11_689_512, 3_640_000_000), Total("a_b & c", 25_557_032, 8_220_000_000)]
    told = markdown(found, totals)
    assert "| layer1 | 56×56 | MPool 3×3, stride 2<br>[3×3, 64; 3×3, 64] × 2 |" in told
    assert "| parameters |  | 11.7 M | 25.6 M |" in told
    assert {line.count(" | ") for line in told.splitlines()} == {3}
    assert r"a\_b \& c" in latex(found, totals)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
def test_the_table_compiles(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["table", *RESNETS, "googlenet", "-o", str(tmp_path / "net.tex")])
    assert result.exit_code == 0, result.output
    paper = r"\documentclass{article}\usepackage{amsmath}\begin{document}\input{net}\end{document}"
    (tmp_path / "paper.tex").write_text(paper)
    words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, timeout=120, check=False)  # noqa: S603
    assert ran.returncode == 0, ran.stdout[-2000:].decode(errors="replace")


def test_tokens_are_counted_and_uses_of_a_shared_module_told() -> None:
    found = rows([archc.load("vit_b_16").network])
    assert [row.size for row in found] == ["14×14", "197 tokens", "1×1"]
    body = "a = Conv(8)\n  b = a - MPool\n  shared head: Unit(2)\n  return a - head, b - head"
    text = f"block Unit(c) {{ Conv(8) - ReLU - Conv(c) }}\nmodel m {{\n  input 3x8x8\n  {body}\n}}"
    (*_, last) = rows([archc.compile_text(text).network])
    (cell,) = last.cells
    assert cell is not None and cell.groups[-2:] == ((("3×3, 8", "3×3, 2"), 1), (("2 uses",), 1))
