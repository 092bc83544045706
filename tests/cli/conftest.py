"""Running the command line in tests: in this process for speed, or in a separate one if the test needs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archc.cli.main import cli

Archc = Callable[..., Result]
Process = Callable[..., "subprocess.CompletedProcess[str]"]

TINY = "model tiny {\n  input 3x8x8\n  conv: Conv(4) - ReLU - fc: FC(10)\n}\n"
BROKEN = "model broken {\n  input 3x8x8\n  Conv(8) - add { Conv(16) | in }\n}\n"


@pytest.fixture
def archc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archc:
    """Runs a command in a folder that contains only `tiny.arch` and `broken.arch`."""
    monkeypatch.chdir(tmp_path)
    Path("tiny.arch").write_text(TINY, encoding="utf-8")
    Path("broken.arch").write_text(BROKEN, encoding="utf-8")

    def run(*words: str, input: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(cli, list(words), input=input, prog_name="archc")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def process(tmp_path: Path) -> Process:
    """Runs `python -m archc` in a separate process, in the test's folder."""

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "archc", *words],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
