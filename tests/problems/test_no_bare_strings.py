"""No diagnostic is a bare string: the compiler reports only problems of the catalogue.

The source of the compiler's rooms is searched. The command line (`archc/cli/`) is not among them: an unreadable file or
an unknown option is reported there in one line, and is not a problem of a spec.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import archc
from archc.diagnostics.core import Problem
from archc.diagnostics.problems.catalogue import catalogue

ROOT = Path(archc.__file__).parent
ROOMS = (
    "analysis", "count", "diagnostics", "diffing", "editor", "elaborate", "importing", "ir", "lint", "ops", "resolve",
    "support", "syntax", "targets",
)  # fmt: skip
ALONE = ("pipeline",)
FILES = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py")) + [ROOT / f"{n}.py" for n in ALONE]
KINDS = {kind.__name__ for kind in catalogue().values()}
REPORTERS = ("add", "report", "_Failure")
"""Functions whose first argument is a problem: `Reporter.add`, `State.report`, the exception of an evaluation."""
SAYS = ("print", "echo", "secho", "exit", "warn", "SystemExit", "ClickException", "UsageError", "BadParameter")
"""Functions that would print something without the reporter."""


def bare(text: str) -> Iterator[str]:
    """The messages in a module that are not problems of the catalogue."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = _name(node.func)
        if name in SAYS or ast.unparse(node.func) in ("sys.stderr.write", "sys.stdout.write"):
            yield f"{node.lineno}: {name} speaks to the user"
        elif name == "Diagnostic" and node.args and not _may_be_problem(node.args[0]):
            yield f"{node.lineno}: a diagnostic of something else than a problem"
        elif name in REPORTERS and _is_report(node) and not _may_be_problem(node.args[0]):
            yield f"{node.lineno}: {ast.unparse(node)} reports something else than a problem"


def _name(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _is_report(call: ast.Call) -> bool:
    """Whether a call passes something to a reporter; a `set` has an `add`, too."""
    owner = ast.unparse(call.func).rpartition(".")[0]
    return bool(call.args) and (_name(call.func) != "add" or owner.endswith("reporter") or owner == "super()")


def _may_be_problem(value: ast.expr) -> bool:
    """Whether a value is a new problem, or a name or result that the type checker knows to be one."""
    if isinstance(value, ast.Call):
        name = _name(value.func)
        return name in KINDS or not name[:1].isupper()
    return isinstance(value, ast.Name | ast.Attribute | ast.Starred)


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_nothing_is_said_without_a_problem(file: Path) -> None:
    assert not list(bare(file.read_text(encoding="utf-8")))


def test_every_room_is_looked_at() -> None:
    """The rooms left out interact with people or torch: commands, notebooks, finding files, running networks."""
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert rooms - set(ROOMS) == {"api", "cli", "training", "runtime"}
    alone = {path.stem for path in ROOT.glob("*.py")}
    assert alone - set(ALONE) == {"__init__", "__main__", "notebook", "showing", "version", "zoo"}


def test_problems_are_written_in_the_catalogue_alone() -> None:
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and "problems" not in file.relative_to(ROOT).parts:
                assert not any(_name(base) in KINDS | {Problem.__name__} for base in node.bases), f"{file}: {node.name}"


def test_every_problem_is_reported_somewhere() -> None:
    """Each problem of the catalogue is used."""
    used = {
        _name(node.func)
        for file in (*FILES, *(ROOT / "runtime").rglob("*.py"), *(ROOT / "training").rglob("*.py"), *ROOT.glob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    assert used >= KINDS


@pytest.mark.parametrize(
    "text",
    [
        "reporter.add('the channels differ', span)",
        "self.reporter.add(f'no {name}', span)",
        "state.report('no ' + name, span, site)",
        "raise _Failure('no value', span)",
        "reporter.add(Trouble('no'), span)",
        "Diagnostic('the channels differ', span)",
        "print('wrong')",
        "raise SystemExit('wrong')",
        "sys.exit('wrong')",
        "raise click.UsageError('wrong')",
        "sys.stderr.write('wrong')",
        "warnings.warn('wrong')",
    ],
)
def test_a_bare_string_would_be_found(text: str) -> None:
    assert list(bare(text))


@pytest.mark.parametrize(
    "text", ["taken.add('x')", "reporter.add(problem, span)", "state.report(TooDeep(limit=1), s, t)"]
)
def test_a_problem_is_none(text: str) -> None:
    assert not list(bare(text))
