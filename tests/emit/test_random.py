"""The style of code for random networks; `tests/reference` tests its correctness."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from archc.targets.pytorch import emit
from tests.emit.test_modules import LINT, RULES
from tests.support.everything import EVERYTHING
from tests.support.random_networks import network_text
from tests.support.specs import network

SEEDS = range(400 if EVERYTHING else 40)
SAMPLE = 40 if EVERYTHING else 8


def test_code_of_random_networks_is_formatted_linted_and_typed(tmp_path: Path) -> None:
    sources = {emit([network(network_text(seed))], "archc compile m.arch", "0") for seed in SEEDS}
    for number, source in enumerate(sorted(sources, key=len)[-SAMPLE:]):
        (tmp_path / f"random{number}.py").write_text(source, encoding="utf-8")
    commands = [["ruff", "check", *RULES, *LINT], ["ruff", "format", "--diff", *RULES]]
    if EVERYTHING:
        commands.append(["mypy", "--strict", "--config-file", ""])
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", *command, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-3000:]
