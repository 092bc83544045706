"""Verification detects every way in which a network can differ from its reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from archc.diagnostics.problems.references import ReferenceFailed, ReferenceNotFound
from archc.ir.network import Network
from archc.runtime.references import ReferenceNetwork
from archc.runtime.verify import Verification, VerifySettings, verify
from tests.support.interpreted import interpreted
from tests.support.specs import network

SPEC = """
model Small {
  input 3x8x8
  a = conv1: Conv(4, bias=false) - bn1: BN - ReLU - MPool - Dropout(0.3)
  aux = a - head: FC(2)
  b = a - conv2: Conv(5) - ReLU - Dropout - fc: FC(3)
  return b
  return training b, aux
}
"""
REFERENCE = """
import torch
from torch import nn

class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 5, 3, padding=1)
        self.head = nn.Linear(64, 2)
        self.fc = nn.Linear(80, 3)
        self.first = nn.Dropout(0.3)
        self.second = nn.Dropout(0.5)

    def forward(self, x):
        x = self.first(torch.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 2))
        aux = self.head(x.flatten(1)) if self.training else None
        x = self.fc(self.second(torch.relu(self.conv2(x))).flatten(1))
        return (x, aux) if self.training else x
"""
ROWS = [
    "state dict", "load_state_dict(strict=True)", "parameters", "outputs, evaluation", "outputs, training",
    "statistics after training", "gradients", "MACs",
]  # fmt: skip
WITH_GRADIENTS = VerifySettings(gradients=True)
ALL = ["outputs, evaluation", "outputs, training", "gradients"]


@pytest.fixture(scope="module")
def small() -> Network:
    return network(SPEC)


def proof(small: Network, folder: Path, text: str, settings: VerifySettings = WITH_GRADIENTS) -> Verification:
    (folder / "reference.py").write_text(text)
    found = verify(interpreted(small), small, f"{folder}/reference.py:Small", settings)
    assert isinstance(found, Verification), found
    return found


def failing(found: Verification) -> list[str]:
    return [row.name for row in found.rows if not row.holds]


def test_equal_networks(small: Network, tmp_path: Path) -> None:
    found = proof(small, tmp_path, REFERENCE)
    assert found.holds
    assert [row.name for row in found.rows] == ROWS
    assert (found.network, found.inputs, found.batch) == ("Small", ((3, 8, 8),), 2)
    assert [name for name, _ in found.versions] == ["python", "torch"]


@pytest.mark.parametrize(
    ("right", "wrong", "rows"),
    [
        ("nn.BatchNorm2d(4)", "nn.BatchNorm2d(4, eps=1e-3)", ALL),
        ("nn.BatchNorm2d(4)", "nn.BatchNorm2d(4, momentum=0.09)", ["statistics after training"]),
        ("torch.max_pool2d(", "torch.nn.functional.avg_pool2d(", ALL),
        ("nn.Dropout(0.3)", "nn.Dropout(0.25)", ["outputs, training", "gradients"]),
        ("(x, aux) if", "(aux, x) if", ["outputs, training", "gradients"]),
        ("(x, aux) if", "x if", ["outputs, training", "gradients"]),
        ("head(x.flatten(1))", "head(x.detach().flatten(1))", ["gradients"]),
        ("(self.conv2(x))", "(self.conv2(x) - self.conv2.bias.view(-1, 1, 1))", ALL),
        ("self.bn1(self.conv1(x))", "self.bn1(self.conv1(x)) * 1.0001", ALL),
        ("self.conv2(x)", "self.conv2(x) + 0 * self.conv2(x)", ["MACs"]),
    ],
)  # fmt: skip
def test_each_difference_is_seen(small: Network, tmp_path: Path, right: str, wrong: str, rows: list[str]) -> None:
    assert right in REFERENCE
    assert failing(proof(small, tmp_path, REFERENCE.replace(right, wrong))) == rows


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("self.fc ", "self.last ", "last.* (2 keys) is missing"),
        ("self.second = ", "self.more = nn.Linear(2, 2); self.second = ", "more.* (2 keys) is missing"),
        ("nn.Linear(80, 3)", "nn.Linear(80, 4)", "fc.weight is 3x80 float32, not 4x80 float32"),
        ("nn.BatchNorm2d(4)", "nn.BatchNorm2d(4, affine=False)", "bn1.weight is too much"),
        ("nn.Linear(64, 2)", "nn.Linear(64, 2, dtype=torch.float64)", "head.weight is 2x64 float32, not 2x64 float64"),
    ],
)
def test_a_different_state_dict_is_told(small: Network, tmp_path: Path, right: str, wrong: str, told: str) -> None:
    text = REFERENCE.replace(right, wrong).replace("self.fc(", "self.last(" if "last" in wrong else "self.fc(")
    if "float64" in wrong:
        text = text.replace("self.head(x.flatten(1))", "self.head(x.flatten(1).double())")
    found = proof(small, tmp_path, text)
    assert not found.holds
    assert told in found.rows[0].detail


def test_an_emitted_module_that_raises_is_a_row(small: Network, tmp_path: Path) -> None:
    """At 10x10, the reference runs and the emitted module raises."""
    flexible = REFERENCE.replace("x = self.first(", "x = x[..., :8, :8]\n        x = self.first(")
    found = proof(small, tmp_path, flexible, VerifySettings(inputs=(("", (3, 10, 10)),)))
    assert failing(found) == ["outputs, evaluation", "outputs, training"]
    assert "raises RuntimeError" in next(r.detail for r in found.rows if not r.holds)


def test_a_reference_that_raises_is_a_problem(small: Network, tmp_path: Path) -> None:
    (tmp_path / "reference.py").write_text(REFERENCE)
    found = verify(
        interpreted(small), small, f"{tmp_path}/reference.py:Small", VerifySettings(inputs=(("", (3, 9, 11)),))
    )
    assert isinstance(found, ReferenceFailed)


def test_no_reference_is_a_problem(small: Network) -> None:
    assert isinstance(verify(interpreted(small), small, "nowhere.py:Net"), ReferenceNotFound)


def test_a_reference_may_be_given_as_such(small: Network) -> None:
    found = verify(interpreted(small), small, ReferenceNetwork("itself", "here 1.0", interpreted(small)))
    assert isinstance(found, Verification) and found.holds
    assert found.versions[-1] == ("here", "1.0")


CHAOTIC = """
model Chaotic {
  input 4
  fc: Linear(6) - bn: BN
}
"""
CHAOTIC_REFERENCE = """
import torch
from torch import nn

class Chaotic(nn.Module):
    '''The biases are so large that single precision leaves few digits of what differs between samples.'''

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 6)
        self.bn = nn.BatchNorm1d(6)
        with torch.no_grad():
            self.fc.weight.mul_(1e-3)
            self.fc.bias.copy_(1000 + torch.arange(6))

    def forward(self, x):
        return self.bn(x @ self.fc.weight.T + self.fc.bias / 3 + self.fc.bias * (2 / 3))
"""


def chaotic(folder: Path, text: str) -> Verification:
    (folder / "reference.py").write_text(text)
    made = network(CHAOTIC)
    found = verify(interpreted(made), made, f"{folder}/reference.py:Chaotic", WITH_GRADIENTS)
    assert isinstance(found, Verification), found
    return found


def test_double_precision_judges_where_single_precision_is_chaotic(tmp_path: Path) -> None:
    found = chaotic(tmp_path, CHAOTIC_REFERENCE)
    assert found.holds, failing(found)
    told = {row.name: row.precision for row in found.rows if row.precision}
    assert told["outputs, training"] == told["statistics after training"] == told["gradients"] == "double"
    assert "double" in found.precision


def test_what_is_another_network_is_so_in_double_precision(tmp_path: Path) -> None:
    found = chaotic(tmp_path, CHAOTIC_REFERENCE.replace("nn.BatchNorm1d(6)", "nn.BatchNorm1d(6, eps=1e-3)"))
    assert failing(found) == ["outputs, evaluation", "outputs, training", "gradients"]


def test_a_gradient_that_is_rounding_is_held_against_the_network(tmp_path: Path) -> None:
    """The bias before a batch normalisation has no gradient, only rounding errors, in both."""
    text = CHAOTIC_REFERENCE.replace("1000 + ", "1 + ")
    assert chaotic(tmp_path, text).holds


def test_single_precision_is_said(small: Network, tmp_path: Path) -> None:
    plain = VerifySettings()
    assert proof(small, tmp_path, REFERENCE, plain).precision == "single"


def test_keys_of_a_module_are_one_line_and_all_on_request(small: Network, tmp_path: Path) -> None:
    text = REFERENCE.replace("self.bn1", "self.norms")
    row = proof(small, tmp_path, text).rows[0]
    assert row.detail == "norms.* (5 keys) is missing; bn1.* (5 keys) is too much"
    assert len(row.every) == 10
    assert row.every[0] == "norms.weight is missing"
    assert row.every[-1] == "bn1.num_batches_tracked is too much"


LAST = """
import torch
from torch import nn

class Last(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        return self.conv(x).contiguous(memory_format=torch.channels_last)
"""


def test_the_order_of_numbers_in_memory_is_no_difference(tmp_path: Path) -> None:
    (tmp_path / "last.py").write_text(LAST)
    made = network("model Last {\n  input 3x8x8\n  conv: Conv(4)\n}\n")
    found = verify(interpreted(made), made, f"{tmp_path}/last.py:Last", WITH_GRADIENTS)
    assert isinstance(found, Verification)
    assert found.holds, failing(found)
