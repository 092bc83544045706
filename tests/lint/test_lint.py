"""Cases without warnings, beyond the catalogue's examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Archc
from tests.support.specs import checked

BIASED = "model m {\n  input 3x8x8\n  Conv(8) - BN\n}\n"


def said(text: str) -> list[str]:
    return [d.code for d in checked(text).diagnostics]


def test_allow_is_for_its_file() -> None:
    assert said(BIASED) == ["W0301"]
    assert said("allow W0301\n" + BIASED) == []
    assert said("allow W0302, W0303\n" + BIASED) == ["W0301"]


@pytest.mark.parametrize("code", ["W9999", "E0101", "nonsense"])
def test_only_what_can_be_allowed(code: str) -> None:
    assert said(f"allow {code}\n{BIASED}") == ["E0101"]


def test_a_block_that_is_passed_has_the_parameters_that_callers_give() -> None:
    block = "block B(c, stride=1) { Conv(c) }\n"
    assert said(block + "model m {\n  input 3x8x8\n  B(8)\n}\n") == ["W0102"]
    assert said(block + "model m(Unit=B) {\n  input 3x8x8\n  Unit(8, 2)\n}\n") == []


def test_a_file_without_a_model_is_there_for_others() -> None:
    assert said("block B(c) { Conv(c) }\n") == []
    assert said('"""Nothing."""\n') == ["E0409"]


def test_a_bias_is_needed_where_another_layer_reads_it() -> None:
    assert said("model m {\n  input 3x8x8\n  x = Conv(8)\n  add { x - BN | x }\n}\n") == []


def test_a_transposed_convolution_may_make_an_image_of_one_place() -> None:
    assert said("model m {\n  input 100x1x1\n  ConvTranspose(16, 4, 1, bias=false) - BN - ReLU\n}\n") == []
    assert said("model m {\n  input 16x1x1\n  Conv(16, 3, bias=false) - BN - ReLU\n}\n") == ["W0304"]


def test_nothing_is_warned_of_beside_errors() -> None:
    assert said(BIASED.replace("BN", "BNN")) == ["E0101"]


def test_on_the_command_line(archc: Archc) -> None:
    Path("w.arch").write_text(BIASED.replace("8)", "12)"), encoding="utf-8")
    plain = archc("check", "w.arch")
    assert plain.exit_code == 0 and "W0301" in plain.stdout and "1 warning" in plain.stdout
    assert archc("check", "w.arch", "--deny", "warnings").exit_code == 1
    assert archc("check", "w.arch", "--deny", "warnings", "--allow", "w0301").exit_code == 0
    assert "W0306" in archc("check", "w.arch", "--warn", "W0306").stdout
    assert archc("check", "w.arch", "--allow", "E0101").exit_code == 2


@pytest.mark.parametrize("command", ["check", "count", "compile", "graph --json"])
def test_classes_that_change_nothing_are_refused(archc: Archc, command: str) -> None:
    Path("fixed.arch").write_text("model m {\n  input 3x8x8\n  GAPool - FC(10)\n}\n", encoding="utf-8")
    refused = archc(*command.split(), "fixed.arch", "--classes", "3")
    assert refused.exit_code == 2 and "--classes changes nothing in m" in refused.stderr
    assert archc(*command.split(), "resnet18", "--classes", "3").exit_code == 0
