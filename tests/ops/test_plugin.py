"""An op of another package, in one file and found by its entry point, works everywhere in archc."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

OP = '''\
"""Softsign, as a package of somebody else adds it."""

from archc.ir.cost import Cost, each
from archc.ir.op import Example, Op
from archc.ir.torch_call import TorchCall, TorchModule, function
from archc.ir.types import TensorType, Types
from archc.targets.pytorch.registry import lowers


class Softsign(Op):
    """x / (1 + abs(x)).

    Shape:  unchanged
    Cost:   element-wise: one operation a number
    Source: Misra 2019, arXiv:1908.08681
    """

    family = "activation"
    examples = (Example("Softsign", "64x56x56", "64x56x56"),)

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def cost(self, xs: Types, ys: Types) -> Cost:
        return Cost(elementwise=each(1, ys[0]))


@lowers(Softsign)
def softsign(op: Softsign, xs: Types) -> TorchCall:
    return TorchCall(TorchModule("nn.Softsign"), function("nn.functional.softsign"))
'''
SPEC = "model m {\n  input 3x8x8\n  conv: Conv(4) - Softsign - fc: FC(10)\n}\n"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder like that of an installed package: a module, and its metadata with the entry point."""
    site = tmp_path / "site"
    metadata = site / "strangers_ops-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "strangers_ops.py").write_text(OP)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: strangers-ops\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[archc.ops]\nsoftsign = strangers_ops\n")
    (tmp_path / "m.arch").write_text(SPEC)
    return tmp_path


def archc(package: Path, *words: str) -> str:
    paths = [str(package / "site"), *([os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else [])]
    done = subprocess.run(
        [sys.executable, "-m", "archc", *words],
        cwd=package,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_op_of_another_package_checks_counts_emits_and_draws(package: Path) -> None:
    archc(package, "check", "m.arch")
    layers = json.loads(archc(package, "count", "m.arch", "--json"))["layers"]
    assert [(row["op"], row["elementwise"]) for row in layers if row["op"] == "Softsign"] == [("Softsign", 4 * 8 * 8)]
    source = archc(package, "compile", "m.arch")
    assert "nn.functional.softsign(" in source or "nn.Softsign(" in source
    archc(package, "draw", "m.arch", "--level", "layer", "-o", "m.svg")
    assert "Softsign" in (package / "m.svg").read_text()
    assert json.loads(archc(package, "graph", "m.arch", "--json"))["nodes"][2]["op"] == {"kind": "Softsign"}


def test_without_the_package_the_name_is_unknown(package: Path) -> None:
    (package / "site" / "strangers_ops-1.0.dist-info" / "entry_points.txt").unlink()
    with pytest.raises(AssertionError, match="E0101"):
        archc(package, "check", "m.arch")


def test_an_op_without_a_rule_is_counted_and_refused_by_compile(package: Path) -> None:
    (package / "site" / "strangers_ops.py").write_text(OP[: OP.index("@lowers")])
    archc(package, "check", "m.arch")
    archc(package, "count", "m.arch")
    with pytest.raises(AssertionError, match="error: PyTorch has no rule for Softsign: register one"):
        archc(package, "compile", "m.arch")
