"""Networks of several inputs, and shared modules, on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import archc
from archc.ir.network import Network
from archc.ops import registry
from tests.cli.conftest import Archc

SPEC = """
block Code(width) { conv: Conv(width, 3, 2) - ReLU - GAPool - fc: FC(width) }

model pair {
  input left: 1x28x28
  input right: 1x28x28
  shared code: Code(8)
  concat { left - code | right - code } - same: FC(1)
}
"""
REFERENCE = """
import torch
from torch import nn

class Code(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 8, 3, 2, 1), nn.Linear(8, 8)

    def forward(self, x):
        return self.fc(self.conv(x).relu().mean((2, 3)))

class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.code, self.same = Code(), nn.Linear(16, 1)

    def forward(self, left, right):
        return self.same(torch.cat([self.code(left), self.code(right)], 1))

class Turned(Pair):
    def forward(self, left, right):
        return super().forward(right, left)
"""


@pytest.fixture
def pair(archc: Archc) -> Archc:
    Path("pair.arch").write_text(SPEC, encoding="utf-8")
    Path("reference.py").write_text(REFERENCE, encoding="utf-8")
    return archc


def test_each_input_may_be_given_a_shape(pair: Archc) -> None:
    assert pair("count", "pair.arch").stdout.startswith("pair: left 1x28x28, right 1x28x28 -> 1\n")
    found = pair("count", "pair.arch", "--input", "left=1x32x32", "--input", "right=1x16x16")
    assert found.stdout.startswith("pair: left 1x32x32, right 1x16x16 -> 1\n")
    text = pair("compile", "pair.arch", "--input", "left=1x32x32").stdout
    assert "archc compile pair.arch --input left=1x32x32" in text
    assert "(N, 1, 32, 32) and (N, 1, 28, 28)" in text


def test_each_input_is_an_axis_of_a_sweep_and_input_is_all(pair: Archc) -> None:
    lines = pair("count", "pair.arch", "--sweep", "left=32,64", "right=1x16x24").stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["left", "right"], ["1x32x32", "1x16x24"], ["1x64x64", "1x16x24"]]
    both = json.loads(pair("count", "pair.arch", "--sweep", "input=32", "--json").stdout)
    assert both[0]["values"] == {"left": "1x32x32", "right": "1x32x32"}
    alone = archc.load("pair.arch", input={"left": (1, 32, 32), "right": (1, 32, 32)}).count()
    assert both[0]["totals"]["macs"] == alone.macs
    points = archc.sweep("pair.arch", left=[(1, 16, 24), 32], right=[32])
    assert [dict(p.values) for p in points] == [{"left": size, "right": "1x32x32"} for size in ("1x16x24", "1x32x32")]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("input=1x32x32",), "pair has 2 inputs, and 1x32x32 names none of them, as left=1x28x28 right=1x28x28 do"),
        (("input=32", "left=16"), "the input 'left' is given twice: `input` means all inputs"),
    ],
)
def test_a_sweep_over_what_is_no_axis(pair: Archc, given: tuple[str, ...], told: str) -> None:
    found = pair("count", "pair.arch", "--sweep", *given)
    assert (found.exit_code, found.stderr) == (2, f"error: {told}\n")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("1x32x32", "model `pair` has 2 inputs, and this shape names none of them"),
        ("up=1x32x32", "model `pair` has no input `up`"),
    ],
)
def test_a_shape_for_no_input_is_an_error(pair: Archc, given: str, told: str) -> None:
    found = pair("count", "pair.arch", "--input", given)
    assert found.exit_code == 1 and "error[E0415]" in found.stderr and told in found.stderr
    assert "its inputs are `left`, `right`" in found.stderr and "--input left=3x224x224" in found.stderr
    assert "has no input `image`" in pair("count", "tiny.arch", "--input", "image=3x9x9").stderr
    assert pair("count", "tiny.arch", "--input", "=3x9x9").exit_code == 2


def test_what_is_for_one_input_says_so(pair: Archc) -> None:
    for shape in ("1xHxW", "left=1xHxW"):
        found = pair("count", "pair.arch", "--input", shape)
        assert found.exit_code == 2 and "input" in found.stderr, shape


def test_a_reference_gets_all_inputs_in_order(pair: Archc) -> None:
    found = pair("verify", "pair.arch", "--against", "reference.py:Pair", "--gradients", "--at", "right=1x9x9")
    assert found.exit_code == 0 and "at 1x28x28 and 1x9x9" in found.stdout, found.output
    turned = pair("verify", "pair.arch", "--against", "reference.py:Turned")
    assert turned.exit_code == 1 and "DIFFERS outputs, evaluation" in turned.stdout


def test_the_test_beside_the_module_passes(pair: Archc) -> None:
    assert pair("compile", "pair.arch", "-o", "pair.py", "--test").exit_code == 0
    ran = subprocess.run([sys.executable, "-m", "pytest", "-q", "test_pair.py"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


def test_json_is_read_back(pair: Archc) -> None:
    text = pair("graph", "pair.arch", "--json").stdout
    net = Network.model_validate(json.loads(text), {"ops": registry()})
    assert net.input_names == ("left", "right")
    assert [(n.path, n.shared is None) for n in net.nodes if n.path] == [
        ("code.conv", True), ("code.fc", True), ("code.conv", False), ("code.fc", False), ("same", True)
    ]  # fmt: skip
    later = next(s for s in net.scopes if s.shared is not None)
    assert net.scopes[later.shared or 0].path == later.path == "code"


@pytest.mark.parametrize("level", ["stage", "block", "layer"])
def test_a_figure_has_an_input_by_its_name_and_a_shared_module_once(pair: Archc, level: str) -> None:
    assert pair("draw", "pair.arch", "--level", level, "-o", "pair.svg").exit_code == 0
    text = Path("pair.svg").read_text(encoding="utf-8")
    assert text.count(">left<") == text.count(">right<") == 1
    if level == "stage":
        assert text.count(">Code<") == 1
    else:
        assert text.count("2 uses") >= 1 and text.count(">Conv 3×3, 8, /2<") == 1


def test_training_wants_one_picture_a_sample(pair: Archc) -> None:
    from PIL import Image

    for name in ("a", "b"):
        Path("data", name).mkdir(parents=True)
        for number in range(4):
            Image.new("L", (28, 28), number).save(f"data/{name}/{number}.png")
    told = "pair reads left and right, and a sample of the data is one picture"
    found = pair("finetune", "pair.arch", "--data", "data", "--dry-run", "--strategy", "scratch")
    assert found.exit_code == 2 and told in found.stderr, found.output
