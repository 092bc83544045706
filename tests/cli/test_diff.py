"""`archc diff`: formats, exit status, git revisions, the hook and the script of a CI service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

import archc
from archc.cli.main import cli
from archc.diffing.sides import SideError
from tests.problems.examples import commit

CONTRIB = Path(__file__).parents[2] / "contrib"
NET = "block Unit(c) {\n  conv: Conv(c) - ReLU\n}\nmodel net {\n  input 3x8x8\n  [Unit(8)]x3 - GAPool - fc: FC(4)\n}\n"
MORE = NET.replace("ReLU\n", "ReLU - se: Dropout(0.1)\n").replace("Conv(c)", "Conv(c, 5)")


def diff(*words: str) -> Result:
    result = CliRunner().invoke(cli, ["diff", *words], prog_name="archc")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository with a net in two commits; the second is not committed yet."""
    monkeypatch.chdir(tmp_path)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "net.arch").write_text(NET)
    (tmp_path / "user.arch").write_text('from "net.arch" use Unit\nmodel user {\n  input 3x8x8\n  Unit(4)\n}\n')
    commit()
    (tmp_path / "net.arch").write_text(MORE)
    return tmp_path


def test_equal_different_and_trouble_have_the_status_of_diff(repository: Path) -> None:
    assert diff("net.arch", "net.arch").exit_code == 0
    assert diff("HEAD:net.arch", "net.arch").exit_code == 1
    assert diff("HEAD:net.arch", "none.arch").exit_code == 2
    (repository / "bad.arch").write_text("model bad {\n  input 3x8x8\n  Cnov(8)\n}\n")
    broken = diff("net.arch", "bad.arch")
    assert broken.exit_code == 2 and "E0101" in broken.output


def test_a_revision_is_read_with_its_imports(repository: Path) -> None:
    found = diff("HEAD:net.arch:net", "net.arch:net")
    assert "se: Dropout(0.1) added after ReLU in all 3 Units" in found.output
    assert "kernel of conv: 3 -> 5 in all 3 Units" in found.output
    assert "se: Dropout(0.1) added after ReLU in the Unit" in diff("HEAD:user.arch", "user.arch").output, "imported"
    (repository / "below").mkdir()
    os.chdir(repository / "below")
    assert diff("HEAD:../net.arch", "../net.arch").exit_code == 1


@pytest.mark.parametrize(
    ("side", "code"),
    [
        ("HEAD~7:net.arch", "E0712"), ("nowhere:net.arch", "E0712"), ("--output=x:net.arch", "E0712"),
        ("-x:net.arch", "E0712"), ("HEAD:nte.arch", "E0713"), ("HEAD:../net.arch", "E0713"),
        ("HEAD;ls:net.arch", "E0712"), ("$(touch x):net.arch", "E0712"), ("HEAD^{tree}:net.arch", "E0712"),
    ],
)  # fmt: skip
def test_what_is_no_revision_is_said_with_a_code_and_runs_nothing(repository: Path, side: str, code: str) -> None:
    before = sorted(p.name for p in repository.iterdir())
    found = diff("--", side, "net.arch")
    assert found.exit_code == 2 and f"error[{code}]" in found.output
    assert sorted(p.name for p in repository.iterdir()) == before
    with pytest.raises(SideError):
        archc.diff(side, "net.arch")


def test_outside_of_a_repository_and_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.arch").write_text(NET)
    assert "this folder is in no git repository" in diff("HEAD:net.arch", "net.arch").output
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git is not installed" in diff("HEAD:net.arch", "net.arch").output


def test_a_member_that_is_not_there(repository: Path) -> None:
    found = diff("HEAD:net.arch:nett", "net.arch:net")
    assert found.exit_code == 2 and "E0101" in found.output


def test_several_networks_are_paired_by_name(repository: Path) -> None:
    (repository / "two.arch").write_text(f"{NET}\nmodel other {{\n  input 3x8x8\n  Conv(4)\n}}\n")
    (repository / "three.arch").write_text(f"{MORE}\nmodel third {{\n  input 3x8x8\n  Conv(4)\n}}\nvariant n2 = net\n")
    found = diff("two.arch", "three.arch")
    assert found.exit_code == 1 and "other removed" in found.output and "third added" in found.output
    assert diff("two.arch", "two.arch").output == "2 networks equal\n"
    assert diff("two.arch", "two.arch", "--format", "svg").exit_code == 2


def test_formats(repository: Path) -> None:
    words = ("HEAD:net.arch", "net.arch", "--format")
    value = json.loads(diff(*words, "json").output)
    (network,) = value["networks"]
    assert not value["equal"] and len(network["edits"]) == 2 and network["total"]["params"][1] > 0
    assert network["edits"][0]["sites"][0]["paths_after"]
    table = diff(*words, "markdown").output
    assert "| **in all** |" in table and "- **added**: `" in table
    svg = ElementTree.fromstring(diff(*words, "svg").output)
    words_in = " ".join(svg.itertext())
    assert "new" in words_in and "changed" in words_in
    page = diff(*words, "html").output
    assert page.startswith("<!doctype html>") and "<svg" in page and "<script" not in page
    for form in ("text", "json", "markdown", "svg", "html"):
        assert diff(*words, form).output == diff(*words, form).output, "same networks, same bytes"


def test_a_file_of_somebody_else_is_not_overwritten(repository: Path) -> None:
    (repository / "mine.json").write_text("mine")
    assert diff("HEAD:net.arch", "net.arch", "--keys", "mine.json").exit_code == 2
    assert (repository / "mine.json").read_text() == "mine"


def test_from_python(repository: Path) -> None:
    script = archc.diff("HEAD:net.arch", "net.arch")
    assert not script.equal and [edit.action for edit in script.edits] == ["changed", "added"]
    assert archc.diff("resnet18", "resnet18").equal


def environment(folder: Path) -> dict[str, str]:
    """An environment in which `archc` is this one."""
    (folder / "bin").mkdir(exist_ok=True)
    command = folder / "bin" / "archc"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m archc "$@"\n')
    command.chmod(0o755)
    root = str(CONTRIB.parent)
    return {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": root}


def test_the_hook_tells_what_a_commit_changes_and_stops_one_with_errors(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    around = environment(tmp_path_factory.mktemp("tools"))
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.write_bytes((CONTRIB / "archc-diff-hook.sh").read_bytes())
    hook.chmod(0o755)
    git = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.com"]
    made = subprocess.run([*git, "commit", "-am", "wider"], env=around, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert "kernel of conv: 3 -> 5 in all 3 Units" in made.stdout + made.stderr
    (repository / "net.arch").write_text(MORE.replace("Dropout", "Dorpout"))
    stopped = subprocess.run([*git, "commit", "-am", "broken"], env=around, capture_output=True, text=True)
    assert stopped.returncode == 1 and "Dorpout" in stopped.stdout + stopped.stderr
    count = subprocess.run(["git", "rev-list", "--count", "HEAD"], capture_output=True, text=True).stdout
    assert count.strip() == "2"


def test_the_script_of_the_action_writes_tables_and_pages(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    around = environment(tmp_path_factory.mktemp("tools"))
    (repository / "fresh.arch").write_text(NET.replace("net", "fresh"))
    subprocess.run(["git", "add", "--intent-to-add", "fresh.arch"], check=True)
    (repository / "user.arch").unlink()
    command = ["bash", str(CONTRIB / "archc-diff.sh"), "HEAD", "out"]
    made = subprocess.run(command, env=around, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert "`fresh.arch` is new" in made.stdout and "`user.arch` is gone" in made.stdout
    assert "| **in all** |" in made.stdout
    assert "<svg" in (repository / "out" / "net.html").read_text()


def test_the_action_runs_the_script_that_is_tested() -> None:
    text = (CONTRIB / "archc-diff.yml").read_text(encoding="utf-8")
    assert "bash contrib/archc-diff.sh" in text and "archc check --format github" in text
    assert "pull_request:" in text and "pull_request_target" not in text
    assert "${{" not in text.split("run: bash")[1].splitlines()[0], "nothing of a request is put into a shell's text"
