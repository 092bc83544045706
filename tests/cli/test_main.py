"""The command line as a whole."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

import archc as archc_package
from archc import __version__
from tests.cli.conftest import BROKEN, TINY, Archc, Process

FOLDER = Path(archc_package.__file__).parent / "cli" / "commands"
COMMANDS = tuple(sorted(file.stem.removesuffix("_") for file in FOLDER.glob("*.py") if file.stem != "__init__"))


def test_help_names_every_command(archc: Archc) -> None:
    result = archc("--help")
    assert result.exit_code == 0
    listed = result.stdout.split("Commands:")[1].split("SPEC is")[0]
    assert tuple(line.split()[0] for line in listed.splitlines() if re.match(r"  \w", line)) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(archc: Archc, command: str) -> None:
    result = archc(command, "--help")
    assert result.exit_code == 0
    assert "\n  Examples:\n" in result.stdout and f"\n    archc {command}" in result.stdout


def test_version(archc: Archc) -> None:
    assert archc("--version").stdout == f"archc {__version__}\n"


def test_a_misspelt_command(archc: Archc) -> None:
    result = archc("chekc")
    assert result.exit_code == 2
    assert "Did you mean 'check'?" in result.stderr


def test_module_and_pipe(process: Process) -> None:
    """`python -m archc` works, and its output into a pipe has no colour and no progress bar."""
    result = process("explain", "E0301")
    assert result.returncode == 0
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colour_is_for_terminals(tmp_path: Path, environment: dict[str, str], coloured: bool) -> None:
    (tmp_path / "broken.arch").write_text(BROKEN, encoding="utf-8")
    reader, terminal = pty.openpty()
    ordinary = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    subprocess.run(
        [sys.executable, "-m", "archc", "check", "broken.arch"],
        cwd=tmp_path, env=ordinary | {"TERM": "xterm"} | environment, stdout=terminal, timeout=60, check=False,
    )  # fmt: skip
    os.close(terminal)
    said = os.read(reader, 65536).decode()
    os.close(reader)
    assert "E0301" in said
    assert ("\x1b[" in said) is coloured


@pytest.mark.parametrize(("words", "completed"), [("archc cou", "count"), ("archc count resnet15", "resnet152")])
def test_completion_in_a_shell(process: Process, words: str, completed: str) -> None:
    said = process(_ARCHC_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(words.count(" ")))
    assert f"plain,{completed}" in said.stdout.splitlines()


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    errors = tmp_path / "errors"
    words = [sys.executable, "-m", "archc", "count", f"{'ReLU-' * 3000}ReLU", "--input", "3x8x8"]
    with (
        errors.open("w") as stderr,
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=stderr, text=True) as process,
    ):
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        process.wait(timeout=60)
    said = errors.read_text(encoding="utf-8")
    assert "Traceback" not in said and "Exception ignored" not in said


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("check", "tiny.arch"),
        ("count", "tiny.arch"),
        ("compile", "tiny.arch"),
        ("draw", "tiny.arch", "-o", "tiny.svg"),
        ("graph", "tiny.arch", "--json"),
        ("chart", "tiny.arch", "lenet5_1998", "-o", "chart.svg"),
        ("compare", "tiny.arch", "lenet5"),
        ("list",),
        ("outline", "tiny.arch"),
    ],
    ids=lambda words: words[0],
)
def test_no_command_that_only_looks_imports_torch(words: tuple[str, ...], tmp_path: Path) -> None:
    script = (
        "import json, sys\n"
        "from archc.cli.main import cli\n"
        "try:\n    cli(sys.argv[1:], prog_name='archc')\n"
        "except SystemExit as end:\n    status = end.code\n"
        "print('\\n' + json.dumps([status, sorted(m for m in sys.modules if m.partition('.')[0] == 'torch')]))\n"
    )
    (tmp_path / "tiny.arch").write_text(TINY, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-c", script, *words], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    assert json.loads(result.stdout.splitlines()[-1]) == [0, []]
