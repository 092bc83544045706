"""Models in Python files run as in Python itself: with their packages, and with neighbouring modules."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from archc.diagnostics.core import Problem
from archc.runtime.references import find_reference

NET = """
import torch.nn as nn
{imported}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {late}
        self.conv = nn.Conv2d(3, WIDTH, 1)

    def forward(self, x):
        return self.conv(x)
"""


def width(path: Path) -> int:
    """The channels of the convolution of the network in a file."""
    found = find_reference(f"{path}:Net")
    assert not isinstance(found, Problem), found.message()
    module = found.build()
    assert not isinstance(module, Problem), module.message()
    return len(module.get_parameter("conv.weight"))


def written(folder: Path, name: str, imported: str, late: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(NET.format(imported=imported, late=late or "pass"))
    return folder / name


@pytest.mark.parametrize(
    ("file", "other", "imported", "packages"),
    [
        ("net.py", "sizes.py", "from sizes import WIDTH", False),
        ("models/net.py", "models/sizes.py", "from .sizes import WIDTH", True),
        ("models/net.py", "models/sizes.py", "from .sizes import WIDTH", False),
        ("models/net.py", "models/sizes.py", "from models.sizes import WIDTH", True),
        ("models/deep/net.py", "models/sizes.py", "from ..sizes import WIDTH", True),
        ("models/deep/net.py", "models/sizes.py", "from ..sizes import WIDTH", False),
        ("models/deep/net.py", "models/deep/sizes.py", "from sizes import WIDTH", True),
    ],
)
def test_a_file_finds_what_lies_beside_it(tmp_path: Path, file: str, other: str, imported: str, packages: bool) -> None:
    path = written((tmp_path / file).parent, "net.py", imported)
    (tmp_path / other).write_text("WIDTH = 5\n")
    if packages:
        for folder in (tmp_path / "models", (tmp_path / file).parent):
            (folder / "__init__.py").touch()
    before, modules = list(sys.path), set(sys.modules)
    assert width(path) == 5
    assert sys.path == before
    assert not {name.partition(".")[0] for name in set(sys.modules) - modules} & {"sizes", "models"}


def test_two_files_each_have_their_own_modules(tmp_path: Path) -> None:
    paths = [written(tmp_path / name, "net.py", "from utils import WIDTH") for name in "ab"]
    for path, number in zip(paths, (3, 7), strict=True):
        (path.parent / "utils.py").write_text(f"WIDTH = {number}\n")
    assert [width(path) for path in (*paths, *paths)] == [3, 7, 3, 7]


def test_what_a_constructor_imports_is_found_too(tmp_path: Path) -> None:
    path = written(tmp_path / "pack", "net.py", "", "from .sizes import WIDTH")
    (path.parent / "__init__.py").touch()
    (path.parent / "sizes.py").write_text("WIDTH = 6\n")
    assert width(path) == 6
