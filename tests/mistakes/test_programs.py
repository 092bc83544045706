"""Tensor expressions of programs, and the chains that are suggested for them; names of turns; lists for numbers."""

from __future__ import annotations

import pytest

from archc.analysis.repair.fix import fixed
from archc.diagnostics.source import Source
from archc.pipeline import check
from tests.mistakes.measure import clean
from tests.support.specs import load

NAMED = "model m {\n  input 3x8x8\n  x = Conv(4)\n  y = Conv(4, 5)\n  "


def repaired(text: str) -> str:
    """A text with its suggested repairs applied."""
    return fixed(Source("x.arch", text), load, unsafe=True)


@pytest.mark.parametrize(
    ("program", "chain"),
    [
        ("F.relu(x)", "x - ReLU"),
        ("F.relu(x + y)", "x + y - ReLU"),
        ("torch.sigmoid(Conv(x + y))", "x + y - Conv - Sigmoid"),
        ("F.relu(nn.BatchNorm2d(4)(nn.Conv2d(4, 4, 3, padding=1)(x)))", "x - Conv(4, 3) - BN - ReLU"),
        ("nn.relu(nn.Conv(features=4)(x))", "x - Conv(4) - ReLU"),
        ("torch.cat([x, y], dim=1)", "concat { x | y }"),
        ("torch.cat((x, y), 1)", "concat { x | y }"),
        ("F.relu(self.bn1(x))", "x - bn1: BN - ReLU"),
        ("relu(x)", "x - ReLU"),
        ("Concatenate(axis=-1)([x, y])", "concat { x | y }"),
        ("Subtract()([x, y])", "x - y"),
        ("Average()([x, y])", "(x + y) / 2"),
        ("x.mean(dim=[2, 3])", "x - GAPool"),
        ("x.flatten(2).transpose(1, 2)", "x - Tokens"),
        ("x.permute(0, 2, 3, 1)", "x - Permute([1, 2, 0])"),
        ("x.view(x.size(0), -1)", "x - Flatten"),
        ("mx.sym.Activation(data=x, act_type='relu')", "x - ReLU"),
        ("nn.Sequential(nn.ReLU(), nn.Conv2d(4, 8, 1))", "ReLU - Conv(8, 1)"),
        ("nn.ModuleList([Conv(4) for _ in range(3)])", "[Conv(4)]x3"),
    ],
)
def test_a_tensor_expression_becomes_a_chain(program: str, chain: str) -> None:
    line = repaired(f"{NAMED}z = {program}\n  z - FC(10)\n}}\n").splitlines()[4]
    assert line.startswith("  z = ") and line.endswith(chain)


def test_what_is_called_on_several_goes_before_a_label() -> None:
    block = "block Fuse(c) over (a, b) {\n  concat { a | b } - Conv(c, 1)\n}\n"
    text = repaired(f"{block}{NAMED}fuse: Fuse(8)(x, y) - FC(10)\n}}\n")
    assert "  (x, y) - fuse: Fuse(8) - FC(10)\n" in text and clean(check(Source("x.arch", text), load))


@pytest.mark.parametrize("name", ["i", "idx", "t", "stage"])
def test_the_name_of_a_turn_may_be_any(name: str) -> None:
    text = f"model m {{\n  input 3x8x8\n  [Conv(8 * ({name} + 1))]x3 - FC(10)\n}}\n"
    assert f"]x3 as {name} - FC" in repaired(text)
    counted = f"model m {{\n  input 3x8x8\n  for {name} in range(3) {{ Conv(8 * {name}) }}\n  - FC(10)\n}}\n"
    assert f"Conv(8 * ({name} + 1))" in repaired(counted)


@pytest.mark.parametrize(
    ("chain", "meant"),
    [
        ("FC(48) - Reshape(3, 4, 4)", "Reshape([3, 4, 4])"),
        ("Permute(2, 3, 1)", "Permute([1, 2, 0])"),
        ("Permute(0, 2, 3, 1)", "Permute([1, 2, 0])"),
        ("Conv(4) - Tokens - concat { in | Param(1, 4) }", "Param([1, 4])"),
    ],
)
def test_numbers_for_a_list(chain: str, meant: str) -> None:
    text = repaired(f"model m {{\n  input 3x8x8\n  {chain} - FC(10)\n}}\n")
    assert meant in text and clean(check(Source("x.arch", text), load))


@pytest.mark.parametrize("chain", ["Dropout(1.0)", "LeakyReLU(2)", "BN(0.99)"])
def test_a_value_that_no_one_means_is_no_more_than_told(chain: str) -> None:
    text = f"model m {{\n  input 3x8x8\n  Conv(4, bias=false) - {chain} - FC(10)\n}}\n"
    (found,) = check(Source("x.arch", text), load).diagnostics
    assert found.code == "W0311" and (chain.startswith("BN") or repaired(text) == text)


def test_layers_that_a_program_keeps_are_those_of_its_chain() -> None:
    lines = "self.conv1 = nn.Conv2d(3, 6, 5)", "self.fc = nn.Linear(6, 10)", "x = F.relu(self.conv1(x))", "self.fc(x)"
    text = repaired("model m {\n  input 3x8x8\n" + "".join(f"  {line}\n" for line in lines) + "}\n")
    assert text == "model m {\n  input 3x8x8\n  x = conv1: Conv(6, 5, pad=0) - ReLU\n  x - fc: FC(10)\n}\n"


def test_a_program_is_shown_as_its_chain() -> None:
    lines = (
        "import torch.nn as nn", "class Net(nn.Module):", "    def __init__(self):",
        "        self.conv = nn.Conv2d(1, 6, 5)", "    def forward(self, x):", "        x = F.relu(self.conv(x))",
        "        x = F.max_pool2d(x, 2)", "        return x.flatten(1)",
    )  # fmt: skip
    (found,) = check(Source("x.arch", "\n".join(lines) + "\n"), load).diagnostics
    assert "`conv: Conv(6, 5, pad=0) - ReLU - MPool(2) - Flatten`" in found.help and "x.arch" not in found.help
    assert 'archc import "FILE.py:Net"' in found.help


@pytest.mark.parametrize("last", ["y = undefined(z)", "if x: y = 3"])
def test_a_program_that_is_more_than_a_chain_is_not_shown_as_one(last: str) -> None:
    text = f"import torch\nx = nn.Conv2d(1, 6, 5)\nx = nn.ReLU()\n{last}\nz = nn.ReLU()(y)\n"
    (found,) = check(Source("x.arch", text), load).diagnostics
    assert found.code == "E0011" and "write it as a chain" not in found.help
