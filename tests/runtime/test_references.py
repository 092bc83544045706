"""Finding and building references."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from torch import nn

from archc.diagnostics.core import Problem
from archc.diagnostics.problems.references import (
    BadReference,
    ReferenceFailed,
    ReferenceNotFound,
    ReferenceNotInstalled,
)
from archc.runtime.references import ReferenceNetwork, find_reference
from tests.support.torchvision_ops import torchvision

MODULE = """
from torch import nn
class Small(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(2, 3))
class Greedy(nn.Module):
    def __init__(self, size):
        super().__init__()
def number():
    return 7
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(MODULE)
    return path


@pytest.mark.parametrize("text", ["", "resnet50", ":resnet50", "torchvision:", "keras:resnet50", "a/b.txt:Net"])
def test_not_a_reference(text: str) -> None:
    assert find_reference(text) == BadReference(reference=text)


def test_a_class_of_a_file(file: Path) -> None:
    found = find_reference(f"{file}:Small")
    assert isinstance(found, ReferenceNetwork)
    assert found.origin == "mine.py"
    built = found.build()
    assert isinstance(built, nn.Module)
    assert list(built.state_dict()) == ["0.weight", "0.bias"]


def test_no_such_file() -> None:
    found = find_reference("/nowhere/mine.py:Small")
    assert isinstance(found, ReferenceNotFound)
    assert "no such file" in found.message()


def test_a_near_name_is_suggested(file: Path) -> None:
    found = find_reference(f"{file}:Smal")
    assert isinstance(found, ReferenceNotFound)
    assert found.nearest == f"{file}:Small"


def test_a_file_that_cannot_be_run(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import nothing_of_this_name\n")
    found = find_reference(f"{tmp_path}/bad.py:Net")
    assert isinstance(found, ReferenceFailed)
    assert "nothing_of_this_name" in found.reason


@pytest.mark.parametrize(("name", "reason"), [("Greedy", "size"), ("number", "int")])
def test_a_class_that_cannot_be_built(file: Path, name: str, reason: str) -> None:
    found = find_reference(f"{file}:{name}")
    assert isinstance(found, ReferenceNetwork)
    built = found.build()
    assert isinstance(built, ReferenceFailed)
    assert reason in built.reason


@pytest.mark.parametrize("library", ["torchvision", "timm"])
def test_a_library_that_is_not_installed_is_named(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torchvision()
    monkeypatch.setitem(sys.modules, library, None)
    found = find_reference(f"{library}:resnet18")
    assert isinstance(found, ReferenceNotInstalled)
    assert library in found.message()
    assert "pip install" in found.help()


def test_torchvision_knows_its_networks() -> None:
    torchvision()
    found = find_reference("torchvision:resnet8")
    assert isinstance(found, ReferenceNotFound)
    assert found.nearest.startswith("torchvision:resnet")
    network = find_reference("torchvision:squeezenet1_1")
    assert isinstance(network, ReferenceNetwork)
    assert network.origin.startswith("torchvision ")
    assert not isinstance(network.build(), Problem)


def test_a_file_finds_torchvision_as_libraries_do(tmp_path: Path) -> None:
    """Also if torchvision is built for another torch, and cannot be imported normally."""
    torchvision()
    (tmp_path / "mine.py").write_text("from torchvision.models import squeezenet1_1 as Small\n")
    code = (
        "from archc.runtime.references import find_reference as f; from archc.diagnostics.core import Problem\n"
        f"found = f({str(tmp_path / 'mine.py')!r} + ':Small'); assert not isinstance(found, Problem), found\n"
        "assert not isinstance(found.build(), Problem)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["tf_efficientnet_b0_ap", "resnet18.a1_in1k"])
def test_deprecated_and_tagged_names_of_timm(name: str) -> None:
    torchvision()
    pytest.importorskip("timm")
    found = find_reference(f"timm:{name}")
    assert isinstance(found, ReferenceNetwork), found
    assert isinstance(found.build(), nn.Module)
