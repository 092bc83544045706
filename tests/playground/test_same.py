"""archc in the browser's Python gives equal results: counts, the bytes of figures, PyTorch code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archc.zoo import families

HERE = Path(__file__).parent
EVERY = os.environ.get("ARCHC_ALL") == "1"


def said(command: list[str], folder: Path) -> list[dict[str, object]]:
    """The output of a command for each network."""
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.parametrize("family", families() if EVERY else ("lenet", "squeezenet"))
def test_shipped_specs_are_the_same(dist: Path, node: str, family: str) -> None:
    ours, theirs = (
        said([*how, str(HERE / "same.py"), family], dist.parent) for how in ([sys.executable], [node, "same.mjs"])
    )
    assert ours and [one["name"] for one in ours] == [one["name"] for one in theirs]
    assert [one["name"] for one, other in zip(ours, theirs, strict=True) if one != other] == []
