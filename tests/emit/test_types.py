"""Emitted modules satisfy strict type checkers: one variant a family and the family's file, or all of the zoo."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from archc.targets.pytorch import emit, proof
from tests.support.everything import EVERYTHING, SMALL, network_of, of_each_family
from tests.support.shipped import family


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Emitted files; every family as one file too, and one test of a module."""
    made = tmp_path_factory.mktemp("emitted")
    for name in of_each_family():
        (made / f"{name}.py").write_text(emit([network_of(name)], f"archc compile {name}", "0"))
    for name in SMALL:
        (made / f"family_{name}.py").write_text(emit(list(family(name).values()), f"archc compile {name}", "0"))
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
