"""No input causes a traceback: the status is 1 for errors in a spec, 2 for wrong usage."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import TINY, Archc

READING = ("check", "compile", "count", "outline", "graph", "verify")


def words(command: str, spec: str) -> list[str]:
    return [command, spec, "--json"] if command == "graph" else [command, spec]


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("nowhere.arch", "cannot read nowhere.arch: no such file or directory"),
        ("folder", "folder is a folder, not a spec"),
        ("folder/x.arch", "cannot read folder/x.arch: no such file or directory"),
        ("latin.arch", "latin.arch is not UTF-8 text: byte 0xe9 in line 2"),
        ("resnet5O", "there is no shipped network 'resnet5O'"),
        ("../nowhere/x", "there is no spec '../nowhere/x'"),
        ("", "there is no spec ''"),
        ("nul\0.arch", "cannot read"),
    ],
)
def test_a_spec_that_cannot_be_read(archc: Archc, command: str, spec: str, said: str) -> None:
    Path("folder").mkdir()
    Path("latin.arch").write_bytes(b"# caf\n# \xe9\n")
    result = archc(*words(command, spec))
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n# nothing\n",
        "model m {",
        "\x00\x01\x02",
        'from "self.arch" use A\nmodel m {\n  input 3x8x8\n  A\n}\n',
        'from "../up.arch" use A\n',
        'from "/etc/passwd" use A\n',
        "model m {\n  input 3x8x8\n  [[[[ReLU]x999]x999]x999]x999\n}\n",
    ],
    ids=["empty", "comment", "cut off", "control characters", "itself", "above", "absolute", "bomb"],
)
def test_a_wrong_spec(archc: Archc, command: str, text: str) -> None:
    Path("self.arch").write_text(text, encoding="utf-8")
    result = archc(*words(command, "self.arch"))
    assert result.exit_code == 1
    assert "error[E" in result.output


def test_a_line_of_ten_megabytes(archc: Archc) -> None:
    Path("long.arch").write_text("Conv-" * 2_000_000 + "Conv", encoding="utf-8")
    assert archc("check", "long.arch").exit_code == 2
    result = archc("--limit", f"bytes={2**24}", "check", "long.arch")
    assert result.exit_code == 1
    assert "error[E06" in result.stdout
    assert max(map(len, result.stdout.splitlines())) < 300


HUGE = "error: huge.arch is larger than 1 MB, the limit for a spec; `archc --limit bytes=N` raises it\n"


def test_a_file_too_large_for_a_spec(archc: Archc) -> None:
    with Path("huge.arch").open("wb") as file:
        file.truncate(2**30)
    result = archc("check", "huge.arch")
    assert (result.exit_code, result.stderr) == (2, HUGE)


def test_a_member_that_is_not_there(archc: Archc) -> None:
    result = archc("count", "tiny.arch:tinny")
    assert result.exit_code == 1
    assert "there is no model or variant here called `tinny`" in result.stderr


def test_options_that_make_no_sense(archc: Archc) -> None:
    for wrong in (("--input", "3by8"), ("--input", "0x8x8"), ("--classes", "0"), ("--nonsense",)):
        result = archc("count", "tiny.arch", *wrong)
        assert result.exit_code == 2, wrong
    assert archc("count", "tiny.arch", "--json", "--csv").exit_code == 2
    assert archc("count").exit_code == 2
    assert archc("compile", "tiny.arch", "--check").exit_code == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(archc: Archc) -> None:
    Path("tiny.arch").chmod(0)
    result = archc("check", "tiny.arch")
    assert (result.exit_code, result.stderr) == (2, "error: cannot read tiny.arch: permission denied\n")


@pytest.mark.parametrize("output", ["folder", "tiny.arch/x.py", "/dev/full", "/proc/nowhere/x.py"])
def test_an_output_that_cannot_be_written(archc: Archc, output: str) -> None:
    Path("folder").mkdir()
    result = archc("compile", "tiny.arch", "-o", output)
    assert result.exit_code == 2
    assert f"cannot write {output}: " in result.stderr
    assert sorted(p.name for p in Path().iterdir()) == ["broken.arch", "folder", "tiny.arch"]


def test_several_specs_of_which_one_cannot_be_read(archc: Archc) -> None:
    """The others are still checked."""
    result = archc("check", "nowhere.arch", "broken.arch", "tiny.arch")
    assert result.exit_code == 2
    assert "nowhere.arch" in result.stderr
    assert "error[E0301]" in result.stdout and result.stdout.endswith("\n1 error\n")


def test_a_spec_may_use_one_beside_it_but_not_through_a_link_that_leads_away(archc: Archc, tmp_path: Path) -> None:
    inside = tmp_path / "specs"
    inside.mkdir()
    block = "block A(n) {\n  Conv(n)\n}\n"
    (inside / "parts.arch").write_text(block, encoding="utf-8")
    (tmp_path / "secret.arch").write_text(block, encoding="utf-8")
    (inside / "link.arch").symlink_to(tmp_path / "secret.arch")
    body = "model m {\n  input 3x8x8\n  A(4)\n}\n"
    for name, status in (("parts", 0), ("link", 1)):
        (inside / "main.arch").write_text(f'from "{name}.arch" use A\n{body}', encoding="utf-8")
        assert archc("check", "specs/main.arch").exit_code == status


def test_byte_order_mark_and_windows_lines(archc: Archc) -> None:
    Path("windows.arch").write_bytes(b"\xef\xbb\xbf" + TINY.replace("\n", "\r\n").encode())
    assert archc("check", "windows.arch").exit_code == 0
