"""`archc exercise`: a sheet, its key, and marks."""

from __future__ import annotations

from pathlib import Path

import pytest

import archc as library
from archc.analysis.exercise import questions, same_number, same_shape
from tests.cli.conftest import Archc


def filled(text: str, change: dict[int, tuple[str, str]]) -> str:
    """A sheet completed with the answers of its key, or with others."""
    sheet, key = text.split("## Key")
    right = {row.split(" | ")[0].strip("| "): row.split(" | ") for row in key.splitlines() if row.startswith("| ")}
    lines = []
    for line in sheet.splitlines():
        cells = line.split(" | ")
        number = cells[0].strip("| ")
        if line.endswith("|  |  |") and number in right:
            output, params = change.get(int(number), (right[number][1], right[number][2]))
            line = line.removesuffix("|  |  |") + f"| {output} | {params} |"
        lines.append(line)
    return "\n".join(lines) + "\n"


def test_a_sheet_is_filled_in_and_marked(archc: Archc) -> None:
    text = archc("exercise", "resnet18").stdout
    Path("open.md").write_text(text, encoding="utf-8")
    marked = archc("exercise", "resnet18", "--check", "open.md")
    assert marked.exit_code == 1 and "line 1, Conv(64, kernel=7, stride=2, bias=false): output is open" in marked.stdout
    Path("right.md").write_text(filled(text, {}), encoding="utf-8")
    marked = archc("exercise", "resnet18", "--check", "right.md")
    assert marked.exit_code == 0 and marked.stdout.count("\n") == 1
    Path("wrong.md").write_text(filled(text, {1: ("64x111x111", "9408"), 2: ("64 x 112 x 112", "x")}), encoding="utf-8")
    marked = archc("exercise", "resnet18", "--check", "wrong.md")
    assert marked.exit_code == 1
    assert marked.stdout.splitlines()[:2] == [
        "line 1, Conv(64, kernel=7, stride=2, bias=false): output is wrong",
        "line 2, BN: parameters are wrong",
    ]


def test_the_sheet_of_another_network_is_none(archc: Archc) -> None:
    archc("exercise", "vgg11", "-o", "vgg.md", "--no-key")
    assert "Key" not in Path("vgg.md").read_text(encoding="utf-8")
    refused = archc("exercise", "resnet18", "--check", "vgg.md")
    assert refused.exit_code == 2 and "vgg.md is not a sheet of resnet18: its line 1" in refused.stderr
    assert "it has no table" in archc("exercise", "resnet18", "--check", "tiny.arch").stderr
    assert archc("exercise", "resnet18", "--check", "vgg.md", "--no-key").exit_code == 2


def test_a_sheet_that_was_filled_in_is_not_overwritten(archc: Archc) -> None:
    Path("mine.md").write_text("| 1 | my answers |", encoding="utf-8")
    assert archc("exercise", "resnet18", "-o", "mine.md").exit_code == 2
    assert Path("mine.md").read_text(encoding="utf-8") == "| 1 | my answers |"


def test_errors_and_families_are_told(archc: Archc) -> None:
    assert archc("exercise", "broken.arch").exit_code == 1
    assert "choose one" in archc("exercise", "resnet").stderr


@pytest.mark.parametrize(
    "name", ["lenet5_1998", "densenet121", "googlenet_2014", "dpn92", "vit_b_16", "unet", "r3d_18"]
)
def test_answers_are_the_counts(name: str) -> None:
    """Every parameter is asked for once, and every output equals that of the counts."""
    model = library.load(name)
    asked = questions(model.network)
    assert sum(q.params for q in asked) == model.count().params
    assert asked[-1].output == "x".join(map(str, model.count().output))
    for q in asked:
        assert all(not one.isdecimal() or 0 < int(one) < q.number for one in q.reads)
        assert not q.alike or asked[q.alike - 1].layer == q.layer and asked[q.alike - 1].params == q.params


@pytest.mark.parametrize("said", ["64x112x112", "64×112×112", " 64 X 112 x 112 ", "(64, 112, 112)", "64, 112, 112"])
def test_shapes_may_be_written_in_many_ways(said: str) -> None:
    assert same_shape(said, "64x112x112")
    assert not same_shape(said, "64x112x11") and not same_shape(said, "64")


@pytest.mark.parametrize(
    "said", ["", "x", "64x", "64x112x112x1", "-64x112x112", "sixty-four", "64;112;112", "641x12x112"]
)
def test_what_is_no_shape_is_wrong(said: str) -> None:
    assert not same_shape(said, "64x112x112")


def test_numbers_may_be_grouped() -> None:
    assert all(same_number(said, 9408) for said in ("9408", "9,408", "9 408", "9_408", " 9'408 "))
    assert not any(same_number(said, 9408) for said in ("", "94,08", "9.408", "9408x", "-9408", "9,4,0,8", "1e3"))


def test_a_shared_module_is_asked_once_and_inputs_have_their_names() -> None:
    text = "model m {\n  input a: 1x8x8\n  input b: 1x8x8\n  shared e: Conv(4)\n  x = a - e\n  y = b - e\n"
    asked = questions(library.compile_text(text + "  add { x | y } - FC(2)\n}\n").network)
    assert [(q.reads, q.params, q.alike) for q in asked[:2]] == [(("a",), 40, 0), (("b",), 40, 1)]
    assert asked[1].how == "the module of line 1, whose parameters are there once"
