"""`archc count SPEC --sweep`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Archc


def test_from_the_command_line(archc: Archc) -> None:
    swept = ("count", "resnet18", "--sweep", "input=64..128:32", "classes=10,1000")
    lines = archc(*swept).stdout.splitlines()
    assert lines[0].split() == ["input", "classes", "params", "buffers", "macs", "flops", "activations"]
    assert [line.split()[:2] for line in lines[1:3]] == [["3x64x64", "10"], ["3x64x64", "1000"]]
    assert len(lines) == 7
    read = json.loads(archc(*swept, "--json").stdout)
    assert read[1]["totals"]["params"] == 11_689_512
    assert archc(*swept, "--csv").stdout.splitlines()[2].startswith("3x64x64,1000,11689512,")
    nested = archc("count", "resnet50", "--sweep", "layers=[1,1,1,1],[2,2,2,2]", "Block=BasicBlock")
    assert len(nested.stdout.splitlines()) == 3


def test_points_with_errors_are_told(archc: Archc) -> None:
    result = archc("count", "resnet18", "--sweep", "classes=0,10")
    assert result.exit_code == 1
    assert "error" in result.stdout.splitlines()[1] and "error" not in result.stdout.splitlines()[2]
    assert result.stderr.endswith("1 of 2 networks have errors\n")
    assert "classes=0: E" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [("resnet18", "--sweep", "classes"), ("resnet18", "--sweep", "classes=1,,2"), ("resnet", "--sweep", "classes=1"),
     ("resnet18", "resnet34", "--sweep", "classes=1"), ("resnet18", "--sweep", "classes=1", "classes=2"),
     ("resnet18", "--sweep", "classes=1..9999999"), ("resnet18", "--sweep", "classes=1", "--formulas")],
)  # fmt: skip
def test_used_wrongly(archc: Archc, arguments: tuple[str, ...]) -> None:
    result = archc("count", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")


def test_a_file_of_ones_own(archc: Archc) -> None:
    Path("own.arch").write_text("model m(c=4) {\n  input 3x8x8\n  Conv(c) - FC(10)\n}\n", encoding="utf-8")
    lines = archc("count", "own.arch", "--sweep", "c=4,8").stdout.splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["2,682", "5,354"]
