"""Faults outside of specs: a kill, a full disk, Ctrl-C, other people's files, archc's own faults."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archc import pipeline
from archc.cli.main import FAULT, INTERRUPTED, run
from archc.cli.provenance import is_marked, stamped
from tests.cli.conftest import TINY, Archc, Process

WRITER = """
import itertools, sys
from pathlib import Path
from archc.cli.files import write
print("ready", flush=True)
for letter in itertools.cycle("ab"):
    write(Path(sys.argv[1]), letter * 3_000_000)
"""


def test_a_kill_at_any_moment_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    file = tmp_path / "x.txt"
    for moment in range(4):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.02 * moment + 0.05)  # the moment does not matter: each must work
        writer.kill()
        writer.wait()
        writer.stdout.close()
        if file.exists():
            data = file.read_text(encoding="utf-8")
            assert data in ("a" * 3_000_000, "b" * 3_000_000)
    assert file.exists()


def test_several_runs_on_one_output(tmp_path: Path) -> None:
    (tmp_path / "tiny.arch").write_text(TINY, encoding="utf-8")
    words = [sys.executable, "-m", "archc", "compile", "tiny.arch", "-o", "out.py"]
    runs = [subprocess.Popen(words, cwd=tmp_path) for _ in range(3)]
    assert [r.wait(timeout=120) for r in runs] == [0, 0, 0]
    assert (tmp_path / "out.py").read_text(encoding="utf-8").startswith("# tiny, compiled by archc")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.py", "tiny.arch"]


def test_two_runs_on_one_gallery(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "archc", "zoo", "lenet", "--only", "lenet5", "--no-prove", "-o", "zoo"]
    runs = [subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [r.wait(timeout=120) for r in runs] == [0, 0]
    files = [p for p in (tmp_path / "zoo").rglob("*") if p.is_file()]
    assert (tmp_path / "zoo" / "index.html") in files
    assert not [p for p in files if p.name.startswith(".") and p.name != ".archc"]


@pytest.mark.parametrize(
    ("output", "command"),
    [
        ("x.py", ("compile", "tiny.arch", "-o", "x.py")),
        ("test_x.py", ("compile", "tiny.arch", "-o", "x.py", "--test")),
        *((f"x.{ending}", ("draw", "tiny.arch", "-o", f"x.{ending}")) for ending in ("svg", "dot", "png", "pdf")),
        ("c.svg", ("chart", "profile", "tiny.arch", "-o", "c.svg")),
        ("d.svg", ("compare", "tiny.arch", "tiny.arch", "--chart", "d.svg")),
    ],
)
def test_the_work_of_others_is_not_overwritten(archc: Archc, output: str, command: tuple[str, ...]) -> None:
    """Unless requested; archc's own files are."""
    Path(output).write_text("mine\n", encoding="utf-8")
    refused = archc(*command)
    assert refused.exit_code == 2 and "--force overwrites it" in refused.stderr
    assert Path(output).read_text(encoding="utf-8") == "mine\n"
    assert archc(*command, "--force").exit_code == 0
    first = Path(output).read_bytes()
    assert archc(*command).exit_code == 0
    assert Path(output).read_bytes() == first


@pytest.mark.parametrize("command", [("new", "x.arch"), ("export", "run", "-o", "x.onnx")])
def test_what_people_edit_is_never_overwritten_unasked(archc: Archc, command: tuple[str, ...]) -> None:
    file = Path(command[-1])
    file.write_text("mine\n", encoding="utf-8")
    refused = archc(*command)
    assert refused.exit_code == 2 and "use --force to overwrite it" in refused.stderr
    assert file.read_text(encoding="utf-8") == "mine\n"


def test_a_folder_of_others_is_not_filled(archc: Archc) -> None:
    Path("docs").mkdir()
    Path("docs/thesis.tex").write_text("mine", encoding="utf-8")
    refused = archc("zoo", "lenet", "-o", "docs", "--no-prove")
    assert refused.exit_code == 2 and "--force" in refused.stderr
    assert [p.name for p in Path("docs").iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("format", ["svg", "dot", "html", "mmd", "pdf"])
def test_the_mark_is_put_once(format: str) -> None:
    once = stamped(b"<svg/>" * 3000, format, "1")
    assert is_marked(once)
    assert stamped(once, format, "2") == once
    assert stamped(b"data", "unknown", "1") == b"data"


def test_a_link_is_followed(archc: Archc, tmp_path: Path) -> None:
    Path("real").mkdir()
    Path("out.py").symlink_to(tmp_path / "real" / "out.py")
    assert archc("compile", "tiny.arch", "-o", "out.py").exit_code == 0
    assert Path("out.py").is_symlink() and Path("real/out.py").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_behind_standard_output(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "archc", "explain"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ended.returncode == 2
    assert ended.stderr == "error: cannot write to standard output: no space left on device\n"


@pytest.mark.parametrize("code", [errno.EROFS, errno.EDQUOT, errno.ENOSPC, errno.EACCES])
@pytest.mark.parametrize(
    "words",
    [
        ("compile", "tiny.arch", "-o", "out/x.py"),
        ("draw", "tiny.arch", "-o", "out/x.svg"),
        ("zoo", "lenet", "-o", "out"),
        ("fmt", "ugly.arch"),
    ],
)
def test_a_place_that_cannot_be_written(
    archc: Archc, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int
) -> None:
    """A full disk, a read-only one, a folder without permission, as the operating system reports them."""
    Path("ugly.arch").write_text(TINY.replace("  ", "      "), encoding="utf-8")

    def refuses(**_: object) -> None:
        raise OSError(code, "no")

    monkeypatch.setattr("tempfile.mkstemp", refuses)
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    result = archc(*words)
    assert result.exit_code == 2 and os.strerror(code).lower() in result.stderr
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_folder_that_is_read_only(archc: Archc) -> None:
    Path("locked").mkdir(mode=0o500)
    result = archc("compile", "tiny.arch", "-o", "locked/x.py")
    assert result.exit_code == 2 and "permission denied" in result.stderr


def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    """A closed pipe is silent, whether it closes before or after the first lines."""
    (tmp_path / "tiny.arch").write_text(TINY, encoding="utf-8")
    for words in (("explain",), ("graph", "resnet152", "--json"), ("check", "tiny.arch", "--format", "sarif")):
        writer = subprocess.Popen(
            [sys.executable, "-m", "archc", *words], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert writer.stdout is not None and writer.stderr is not None
        writer.stdout.close()
        assert writer.stderr.read() == b""
        assert writer.wait(timeout=60) in (0, 1)
        writer.stderr.close()


def test_ctrl_c(tmp_path: Path) -> None:
    """It stops the work without a traceback."""
    (tmp_path / "slow.arch").write_text(
        "fn f(n) = f(n - 1) + f(n - 2) if n > 1 else n\nmodel m {\n  input 3x8x8\n  Conv(f(50))\n}\n", encoding="utf-8"
    )
    words = ["--limit", "steps=1000000000", "--limit", "seconds=1000", "check", "slow.arch"]
    running = subprocess.Popen(
        [sys.executable, "-c", "import archc.cli.main as m; print('ready', flush=True); m.main()", *words],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    running.stdout.readline()
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == INTERRUPTED
    assert "Traceback" not in said


POOL = """
import os, sys, time
from archc.cli.main import run
import archc.cli.commands.list as command
from archc.cli.processes import processes

def work():
    with processes() as pool:
        list(pool.map(time.sleep, [0.3] * os.cpu_count()))
        waiting = [pool.submit(time.sleep, 300) for _ in range(20)]
        print("ready", flush=True)
        waiting[0].result()

command.command.callback = lambda **_: work()
sys.exit(run(["list"]))
"""


def test_ctrl_c_ends_the_other_processes_too(tmp_path: Path) -> None:
    """They end at once, whatever they do, and none remains."""
    running = subprocess.Popen(
        [sys.executable, "-c", POOL], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert running.stdout is not None
    running.stdout.readline()
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)  # child processes keep these pipes open while they run
    assert running.returncode == INTERRUPTED
    assert said.strip() == ""


def test_a_fault_of_archc_is_told_in_a_few_lines(
    archc: Archc, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("\x1b[2J oh")

    monkeypatch.setattr(pipeline, "check", broken)
    monkeypatch.setattr("archc.zoo.check", broken)
    monkeypatch.delenv("ARCHC_DEBUG", raising=False)
    assert run(["check", "tiny.arch"]) == FAULT
    said = capsys.readouterr().err
    assert "internal fault: KeyError at test_faults.py:" in said and "please report it" in said
    assert "archc check tiny.arch" in said
    assert "Traceback" not in said and "\x1b" not in said
    monkeypatch.setenv("ARCHC_DEBUG", "1")
    assert run(["check", "tiny.arch"]) == FAULT
    assert "Traceback" in capsys.readouterr().err


def test_statuses(archc: Archc, process: Process) -> None:
    assert [run(["check", name]) for name in ("tiny.arch", "broken.arch", "none.arch")] == [0, 1, 2]
    assert run(["chekc"]) == 2
    assert run(["--help"]) == 0
