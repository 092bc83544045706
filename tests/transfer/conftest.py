"""Tiny images and networks for training."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image
from safetensors.torch import save_file

from archc.cli.main import cli
from archc.pipeline import Options
from archc.training.folder import Folder
from archc.zoo import find
from tests.transfer.support import live

Archc = Callable[..., Result]

SPEC = """
model Base(classes=7) {
  input 3x8x8
  stem: Conv(6, bias=false) - bn1: BN - ReLU
  - body: (Conv(8, stride=2, bias=false) - BN - ReLU - Dropout(0.1))
  - GAPool - fc: FC(classes) - SM
}
variant base = Base
variant head = base {
  replace fc: FC(3)
  freeze all except fc
}
variant half = base {
  replace fc: FC(3)
  freeze stem, bn1
}
"""


def colours(root: Path, each: int, classes: tuple[str, ...] = ("blue", "green", "red"), seed: int = 0) -> Path:
    """A folder per class, with noisy images in which one channel is brightest."""
    chance = random.Random(seed)
    for name in classes:
        (root / name).mkdir(parents=True)
        bright = {"red": 0, "green": 1, "blue": 2}[name]
        for number in range(each):
            image = Image.new("RGB", (9, 8))
            for x in range(9):
                for y in range(8):
                    pixel = [chance.randrange(120) for _ in range(3)]
                    pixel[bright] += 90
                    image.putpixel((x, y), (pixel[0], pixel[1], pixel[2]))
            image.save(root / name / f"{number:03d}.png")
    return root


def base_weights(file: Path, seed: int = 0) -> None:
    """Weights of `base`, as if published."""
    (network,) = find("tiny.arch:base").checked(Options()).networks.values()
    torch.manual_seed(seed)
    module = live(network)
    with torch.no_grad():
        module(torch.randn(64, 3, 8, 8))  # the statistics of its batch norms are updated
    save_file(module.state_dict(), file)


@pytest.fixture
def checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps the checkpoints of finished runs."""
    monkeypatch.setattr(Folder, "tidy", lambda self: None)


@pytest.fixture
def archc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archc:
    """Runs a command in a folder with `tiny.arch`, `base.safetensors`, and 20 images per class in `images`."""
    monkeypatch.chdir(tmp_path)
    Path("tiny.arch").write_text(SPEC, encoding="utf-8")
    colours(Path("images"), 20)
    base_weights(Path("base.safetensors"))

    def run(*words: str) -> Result:
        result = CliRunner().invoke(cli, list(words), prog_name="archc")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run
