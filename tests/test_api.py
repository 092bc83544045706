"""archc from Python."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch

import archc
from archc.api import Level
from tests.cli.conftest import BROKEN, TINY


def test_a_shipped_network() -> None:
    model = archc.load("resnet50")
    assert model.name == model.network.name == "resnet50"
    assert model.count().params == 25_557_032
    assert model.outline().startswith("Conv-MPool-[Conv-Conv-Conv]x3-")
    assert repr(model) == "<archc resnet50: 25,557,032 parameters, 4,089,184,256 MACs>"


def test_text_becomes_a_living_module() -> None:
    model = archc.compile_text(TINY)
    module = model.module()
    assert isinstance(module, torch.nn.Module)
    assert module(torch.zeros(2, 3, 8, 8)).shape == (2, 10)
    assert sum(p.numel() for p in module.parameters()) == model.count().params
    assert "class" in model.source() and "import torch" in model.source()
    assert model.module() is not module


def test_a_chain_with_its_input() -> None:
    model = archc.load("Conv-Pool-FC(SM)", input=(1, 16, 16), classes=3)
    assert model.count().output == (3,)
    assert [d.code for d in model.diagnostics] == ["N0401", "N0401"]


@pytest.mark.parametrize("level", ["stage", "block", "layer"])
def test_figures_show_in_a_notebook_and_can_be_saved(level: Level, tmp_path: Path) -> None:
    drawing = archc.compile_text(TINY).draw(level)
    assert ElementTree.fromstring(drawing._repr_svg_()).tag.endswith("svg")
    drawing.save(tmp_path / "tiny.svg")
    assert (tmp_path / "tiny.svg").read_text(encoding="utf-8") == drawing._repr_svg_()
    drawing.save(tmp_path / "tiny.png")
    assert (tmp_path / "tiny.png").read_bytes().startswith(b"\x89PNG")
    assert archc.compile_text(TINY).draw()._repr_svg_().startswith("<svg")


def test_errors_are_shown_as_on_the_command_line() -> None:
    with pytest.raises(archc.CompileError) as raised:
        archc.compile_text(BROKEN, name="mine.arch")
    assert [d.code for d in raised.value.diagnostics] == ["E0301"]
    assert " --> mine.arch:3:" in str(raised.value)


def test_one_of_several_has_to_be_chosen() -> None:
    pair = "model M(n) {\n  input 3x8x8\n  Conv(n)\n}\nvariant small = M(4)\nvariant large = M(8)\n"
    with pytest.raises(ValueError, match=r"choose one with member=NAME \(small, large\)"):
        archc.compile_text(pair)
    assert archc.compile_text(pair, member="large").count().output == (8, 8, 8)
    with pytest.raises(archc.SpecError, match="no such file"):
        archc.load("nowhere.arch")


def test_a_text_is_checked_whatever_it_is() -> None:
    checked = archc.check("model m {\n  input 3x8x8\n  # 😀\n  /* 😀 */ Nope\n}\n")
    assert checked.failed and checked.networks["m"].partial
    for text in ("", "\0", "\ud800", "model", "(" * 5000, "Conv-" * 3000, "model m { input 3x8x8 FC(10) }" * 3):
        assert archc.check(text).sources["text.arch"].text == text
    checked = archc.check('model m {\n  "😀"\n  input 3x8x8\n  x = Conv(8) return "ä😀" - Nope\n}\n')
    (source,) = checked.sources.values()
    at = source.text.index(" - Nope")
    assert [source.position(at, unit)[1] for unit in ("characters", "utf-8", "utf-16")] == [26, 30, 27]
