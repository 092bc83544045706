"""Emitted modules pass strict type checkers: one variant per family and the family's file, or the whole zoo."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from archc.targets.pytorch import emit, proof
from tests.support.everything import EVERYTHING, SMALL, network_of, of_each_family
from tests.support.random_networks import network_text
from tests.support.shipped import family
from tests.support.specs import network

FUNCTIONS = """
fn half(c) = c / 2
fn least(a, b) = min(a, b)
fn pick(rows, i) = rows[i][1]
fn big(n) = n > 2
fn down(n, x=1) = x if n == 0 else down(n - 1, x / 2)
fn grown(n, by) = max(1, ceil(n * by ** (n - 0.5)))
block Turns(n, c, most) { [Conv(least(c, most), bias=false) - BN] x n - Dropout(half(most) / 100) }
block Row(rows, i, n) { Conv(pick(rows, i)) - ReLU if (big(n)) - Dropout(down(n) / 4) }
model Net(rows, n, d=1) {
  input 3x8x8
  Turns(least(n, 3) - least(d, 1), 8, 9) - Turns(grown(n, 1.5) - d, 8, 7)
  - [Row(rows, i, n)] x len(rows) as i - GAPool - FC(10)
}
variant few = Net([(1, 2), (3, 4)], 2)
variant more = Net([(1, 2), (3, 4), (5, 6)], 3)
"""
"""Functions of all kinds of arguments and results."""
LAYERS = """
fn pick(k, a=SiLU) = a if k == 0 else ReLU
fn at(k) = [ReLU, SiLU, Tanh][k]
fn optional(k) = ReLU if k == 0 else none
fn is_relu(a) = a == ReLU
fn both(k) = (HSwish, Tanh)
block B(act) { ReLU - act - Sigmoid }
block K(act=none) { Tanh - act if (act != none) }
block H(act, n=2) {
  [B(pick(k)) - B(at(k)) - K(optional(k)) - (Tanh if (is_relu(act))) - B(both(k)[k % 2])] x n as k
}
model Net {
  input 8x64x64
  H(Tanh) - H(ReLU, 1) - H(SiLU, 3)
}
"""
"""Functions of layers."""
WAYS = """
block Either(c, wide=true, deep=true) {
  if wide { return root: (Conv(c // 2) - Conv(c)) }
  if deep { root: Conv(c, 1) - Conv(c) } else { root: [Conv(c, 1)]x c }
}
block Gated(c, tall=true) {
  if tall { y = Conv(c) } else { y = in - gate: Scale }
  z = y - Roll([0, 1, 1]) - Conv(c)
  s, t = z - Split([2, 6])
  return add { Scale(0.1) | z } if (tall) else (concat { s | t })
}
model Net {
  input 3x8x8
  Either(8) - Either(8, false) - Either(8, false, false) - Gated(8) - Gated(8, false)
  - Pad([[0, 1], [0, 1]]) - MPool(2) - GAPool - FC(10)
}
"""
"""Modules of one class or another under one name, results of several ways, a learned factor of a module's output."""


SIGNATURES = """def least(a: int, b: int) -> int:
def grown(n: int, by: float) -> int:
def pick(rows: tuple[tuple[int, int], ...], i: int) -> Any:
def big(n: int) -> bool:
def down(n: int, x: float = 1) -> float:
def half(c: int) -> float:"""
OF_LAYERS = """def pick(k: int, a: type[nn.Module] = nn.SiLU) -> type[nn.Module]:
def at(k: int) -> Any:
def optional(k: int) -> type[nn.Module] | None:
def is_relu(a: type[nn.Module]) -> bool:
def both(k: int) -> tuple[type[nn.Module], type[nn.Module]]:"""


def test_functions_have_the_types_of_what_they_are_given() -> None:
    few, more = (network(FUNCTIONS, member=m) for m in ("few", "more"))
    assert functions(emit([few, more], "archc compile functions", "0")) == SIGNATURES.splitlines()
    assert functions(emit([network(LAYERS)], "archc compile layers", "0")) == OF_LAYERS.splitlines()


def functions(source: str) -> list[str]:
    return [line for line in source.splitlines() if line.startswith("def ") and "() -> Net" not in line]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of emitted files: variants, every family as one file, and one test of a module."""
    made = tmp_path_factory.mktemp("emitted")
    for name in of_each_family():
        (made / f"{name}.py").write_text(emit([network_of(name)], f"archc compile {name}", "0"))
    for name in SMALL:
        (made / f"family_{name}.py").write_text(emit(list(family(name).values()), f"archc compile {name}", "0"))
    for seed in range(9000, 9060):
        (made / f"random_{seed}.py").write_text(emit([network(network_text(seed), member="m")], "archc compile", "0"))
    (made / "ways.py").write_text(emit([network(WAYS)], "archc compile ways", "0"))
    (made / "layers.py").write_text(emit([network(LAYERS)], "archc compile layers", "0"))
    few, more = (network(FUNCTIONS, member=m) for m in ("few", "more"))
    (made / "functions.py").write_text(emit([few, more], "archc compile functions", "0"))
    beside = proof([network_of("alexnet")], ["AlexNet"], "alexnet.py", "archc compile", "0")
    (made / "test_alexnet.py").write_text(beside)
    return made


def checked(command: list[str], folder: Path) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_mypy_strict(folder: Path, tmp_path: Path) -> None:
    checked(["mypy", "--strict", "--config-file", "", "--cache-dir", str(tmp_path), "."], folder)


@pytest.mark.skipif(not EVERYTHING, reason="pyright fetches itself with npm: only in `make check-all`")
def test_pyright_strict(folder: Path) -> None:
    settings = {"include": ["."], "typeCheckingMode": "strict", "pythonVersion": "3.11"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    checked(["pyright", "--pythonpath", sys.executable], folder)
