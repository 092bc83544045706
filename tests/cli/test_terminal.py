"""Width, colour and links on a terminal; none of them in a pipe, or if the user disables them."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from rich.cells import cell_len

from archc.support.resources import error_pages
from tests.cli.conftest import BROKEN, Archc, Process

LINK = re.compile(r"\x1b\]8;;(.*?)\x1b\\")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def on_a_terminal(folder: Path, *words: str, columns: int = 80, **environment: str) -> str:
    """The output of a command on a terminal of this width."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    given = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "TERM")}
    running = subprocess.Popen(
        [sys.executable, "-m", "archc", *words],
        cwd=folder, stdout=follower, stderr=follower, env={**given, "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(follower)
    shown = b""
    try:
        while part := os.read(leader, 65536):
            shown += part
    except OSError:  # Linux raises this when the other end is closed
        pass
    os.close(leader)
    running.wait(timeout=60)
    return shown.decode("utf-8").replace("\r\n", "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "broken.arch").write_text(BROKEN.replace("Conv(16) |", "Conv(16)" + " - ReLU" * 20 + " |"), "utf-8")
    return tmp_path


def plain(shown: str) -> str:
    return COLOUR.sub("", LINK.sub("", shown))


@pytest.mark.parametrize("columns", [40, 60, 100])
def test_a_terminal_has_a_width_colour_and_links(folder: Path, columns: int) -> None:
    shown = on_a_terminal(folder, "check", "broken.arch", columns=columns)
    assert max(map(cell_len, plain(shown).splitlines())) <= columns
    assert COLOUR.search(shown)
    address = LINK.findall(shown)[0]
    assert address.startswith("file://") and address.endswith("/E0301.md")
    assert (Path(str(error_pages())) / "E0301.md").as_posix() == re.sub("file://[^/]*", "", address)


def test_columns_says_the_width(folder: Path) -> None:
    shown = on_a_terminal(folder, "check", "broken.arch", columns=200, COLUMNS="50")
    assert 40 < max(map(cell_len, plain(shown).splitlines())) <= 50


@pytest.mark.parametrize(
    ("words", "environment"), [((), {"NO_COLOR": "1"}), ((), {"TERM": "dumb"}), (("--color", "never"), {})]
)
def test_who_wants_no_colour_gets_no_links(folder: Path, words: tuple[str, ...], environment: dict[str, str]) -> None:
    shown = on_a_terminal(folder, *words, "check", "broken.arch", columns=60, **environment)
    assert "\x1b" not in shown and "error[E0301]" in shown
    assert max(map(len, shown.splitlines())) <= 60


def test_a_pipe_has_neither_and_lines_of_any_length(folder: Path, process: Process) -> None:
    ended = process("check", "broken.arch", COLUMNS="40")
    assert "\x1b" not in ended.stdout and max(map(len, ended.stdout.splitlines())) > 60
    ended = process("count", "broken.arch", COLUMNS="40")
    assert "\x1b" not in ended.stderr and max(map(len, ended.stderr.splitlines())) > 60


def test_colour_where_it_is_asked_for_but_links_never(archc: Archc, process: Process) -> None:
    """The option takes precedence over NO_COLOR."""
    assert archc("check", "broken.arch").exit_code == 1
    ended = process("--color", "always", "check", "broken.arch", NO_COLOR="1")
    assert COLOUR.search(ended.stdout) and not LINK.search(ended.stdout)
    assert archc("--color", "sometimes", "check", "broken.arch").exit_code == 2
