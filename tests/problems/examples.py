"""The examples of the catalogue: a text, checked as a file called `example.arch`, or files and a command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner

from archc.cli.main import cli
from archc.diagnostics.core import Problem, Setting
from archc.diagnostics.source import Source
from archc.pipeline import Checked, Options, check
from tests.support import specs

NAME = "example.arch"


def _load(text: str, path: str, importer: Source) -> Source | Problem:
    return Source(NAME, text) if path == NAME else specs.load(path, importer)


def checked(kind: type[Problem], text: str) -> Checked:
    """The result of checking an example of `kind`, with opt-in warnings enabled."""
    options = Options(warn=frozenset({kind.code}) if kind.on_request else frozenset())
    return check(Source(NAME, text), partial(_load, text), None, options)


def run(setting: Setting, command: str) -> tuple[int, str]:
    """The exit status and the output of a command of an example."""
    with TemporaryDirectory() as folder, chdir(folder), _without(setting.without if command == setting.wrong else ""):
        for name, text in setting.files:
            Path(name).write_text(text, encoding="utf-8")
        if setting.committed:
            commit()
        result = CliRunner().invoke(cli, command.split()[1:], prog_name="archc")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output.replace(os.path.realpath(folder), "").replace(folder, "")


def commit() -> None:
    """Make the folder a git repository with one commit of its contents."""
    git = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.com", "-c", "init.defaultBranch=main"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "a net"]):
        subprocess.run([*git, *command], check=True)


class _Absent:
    """Finds no module of a library."""

    def __init__(self, library: str) -> None:
        self.library = library

    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None) -> ModuleSpec | None:
        if name.partition(".")[0] == self.library:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


@contextmanager
def _without(library: str) -> Iterator[None]:
    """A context in which a library is not installed."""
    if not library:
        yield
        return
    taken = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == library}
    finder = _Absent(library)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        sys.modules.update(taken)
