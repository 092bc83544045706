"""The command in docs/gallery.md has the output that the page shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from archc.cli.main import cli

PAGE = Path(__file__).parents[2] / "docs" / "gallery.md"


def test_what_is_shown_is_what_is_printed() -> None:
    shown = re.findall(r"```\n\$ archc (.*)\n([\s\S]*?)```", PAGE.read_text(encoding="utf-8"))
    assert shown
    for words, output in shown:
        result = CliRunner().invoke(cli, shlex.split(words), prog_name="archc")
        assert (result.exit_code, result.stdout) == (0, output)
