"""`archc fmt` and `archc check --fix`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import BROKEN, TINY, Archc

LOOSE = TINY.replace(" - ", "-")
MISSPELT = TINY.replace("ReLU", "RelU")


def test_fmt_writes_in_place_and_keeps_permissions(archc: Archc) -> None:
    file = Path("loose.arch")
    file.write_text(LOOSE, encoding="utf-8")
    file.chmod(0o640)
    result = archc("fmt", "loose.arch", "tiny.arch")
    assert (result.exit_code, result.output) == (0, "")
    assert file.read_text(encoding="utf-8") == TINY
    assert file.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in Path().iterdir() if p.name.startswith(".")] == []


def test_fmt_check_and_diff_write_nothing(archc: Archc) -> None:
    Path("loose.arch").write_text(LOOSE, encoding="utf-8")
    check = archc("fmt", "--check", "loose.arch", "tiny.arch")
    assert (check.exit_code, check.stderr) == (1, "loose.arch is not formatted\n")
    diff = archc("fmt", "--diff", "loose.arch", "tiny.arch")
    assert diff.exit_code == 0
    assert "-  conv: Conv(4)-ReLU-fc: FC(10)\n+  conv: Conv(4) - ReLU - fc: FC(10)\n" in diff.stdout
    assert "tiny.arch" not in diff.stdout
    assert Path("loose.arch").read_text(encoding="utf-8") == LOOSE
    assert archc("fmt", "--check", "tiny.arch").exit_code == 0


def test_fmt_reads_standard_input(archc: Archc) -> None:
    assert archc("fmt", "-", input=LOOSE).stdout == TINY
    assert archc("fmt", "-", "--check", input=LOOSE).exit_code == 1


def test_fmt_of_what_cannot_be_read_is_told(archc: Archc) -> None:
    result = archc("fmt", "nowhere.arch", "tiny.arch")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: cannot read nowhere.arch")


def test_a_safe_repair_is_made_in_the_file(archc: Archc) -> None:
    Path("misspelt.arch").write_text(MISSPELT, encoding="utf-8")
    result = archc("check", "misspelt.arch", "--fix")
    assert (result.exit_code, result.stdout) == (0, "1 network, no problems\n")
    assert Path("misspelt.arch").read_text(encoding="utf-8") == TINY


def test_a_repair_that_may_not_be_meant_needs_to_be_asked_for(archc: Archc) -> None:
    assert archc("check", "broken.arch", "--fix").exit_code == 1
    assert Path("broken.arch").read_text(encoding="utf-8") == BROKEN
    assert archc("check", "broken.arch", "--unsafe-fixes").exit_code == 0
    assert Path("broken.arch").read_text(encoding="utf-8") != BROKEN


def test_diff_shows_the_repair_and_writes_nothing(archc: Archc) -> None:
    result = archc("check", "broken.arch", "--unsafe-fixes", "--diff")
    assert result.exit_code == 1
    assert "-  Conv(8) - add { Conv(16) | in }\n+  Conv(8) - add {" in result.stderr
    assert Path("broken.arch").read_text(encoding="utf-8") == BROKEN


def test_only_a_file_can_be_written_into(archc: Archc) -> None:
    assert archc("check", "alexnet", "--fix").exit_code == 2
    assert archc("check", "tiny.arch", "--diff").exit_code == 2
    assert archc("check", "-", "--fix", "--diff", input=MISSPELT).exit_code == 1


def test_repairs_are_told_to_people_and_tools(archc: Archc) -> None:
    text = archc("check", "broken.arch").stdout
    assert "= help: write `Conv(16, 1)` for `in` at 3:30\n  = help: write `8` for `16` at 3:24\n" in text
    (problem,) = json.loads(archc("check", "broken.arch", "--format", "json").stdout)
    assert problem["repairs"][0] == problem["edits"]
    assert problem["edits"][0]["text"] == "Conv(16, 1)"
