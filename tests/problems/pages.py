"""docs/errors/: a page for each problem of the catalogue. `python -m tests.problems.pages` writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from inspect import cleandoc
from pathlib import Path

from archc.diagnostics.core import Problem, Severity
from archc.diagnostics.problems.catalogue import catalogue
from archc.diagnostics.problems.limits import TooSlow
from archc.diagnostics.render import render
from tests.problems.examples import checked, run

FOLDER = Path(__file__).parents[2] / "docs" / "errors"

STAGES = {
    "E00": "Syntax", "E01": "Names and imports", "E02": "Arguments and values",
    "E03": "Shapes", "E04": "Structure", "E05": "Facts and expectations", "E06": "Limits",
    "E07": "References and files", "E08": "Importing",
    "E09": "Edits of a finished model", "W": "Warnings", "N": "Notes",
}  # fmt: skip


@cache
def pages() -> Mapping[str, str]:
    """All pages by file name."""
    kinds = catalogue()
    return {"index.md": _index(kinds), **{f"{code}.md": _page(kind) for code, kind in kinds.items()}}


def _index(kinds: Mapping[str, type[Problem]]) -> str:
    lines = [
        "# What archc says about a spec",
        "",
        "Each problem has a permanent code. `archc explain E0301` shows its page in the terminal. Errors stop the",
        "compiler. `allow W0101` in a file, or `archc check --allow W0101`, silences a warning. Those marked * are",
        "given only with `archc check --warn CODE`. `--deny warnings` makes warnings fail. `python -m",
        "tests.problems.pages` writes these pages, and the tests run their examples.",
        "",
        "On a terminal, a code is a link to its page on this machine (OSC 8), lines are fitted to the terminal's",
        "width, and there is colour. `archc --color never check` or NO_COLOR removes colour and links; `archc --color",
        "always` keeps colour in a pipe. Lines in a pipe are not wrapped. For tools, there are `--format json`,",
        "`sarif` and `github`.",
    ]
    for stage, words in STAGES.items():
        found = [kind for code, kind in kinds.items() if code.startswith(stage)]
        if found:
            lines += ["", f"## {words}", "", "| code | what |", "|---|---|"]
            lines += [f"| [{k.code}]({k.code}.md){'*' if k.on_request else ''} | {k.title} |" for k in found]
    return "\n".join(lines) + "\n"


def _page(kind: type[Problem]) -> str:
    parts = [f"# {kind.code}: {kind.title}", f"*{_standing(kind)}*", cleandoc(kind.__doc__ or "")]
    if kind.wrong:
        result = checked(kind, kind.wrong)
        said = tuple(d for d in result.diagnostics if d.code == kind.code)
        parts += ["## Wrong", f"```arch\n{kind.wrong}```", f"```text\n{render(said, result.sources)}```"]
        parts += ["## Right", f"```arch\n{kind.right}```"]
    if (setting := kind.setting) is not None:
        parts += ["## Files", *(f"`{name}`:\n\n```{_form(name)}\n{text}```" for name, text in setting.files)]
        where = f"Where {setting.without} is not installed:\n\n" if setting.without else ""
        for title, command, before in (("Wrong", setting.wrong, where), ("Right", setting.right, "")):
            parts += [f"## {title}", f"{before}```text\n$ {command}\n{_said(kind, command)}```"]
    return "\n\n".join([*parts, "[All problems](index.md)"]) + "\n"


def _form(name: str) -> str:
    return "python" if name.endswith(".py") else "arch"


def _said(kind: type[Problem], command: str) -> str:
    """The output of a command, without versions and the place of a timeout, which vary."""
    assert kind.setting is not None
    said = re.sub(r" \(python [^)]*\)", "", run(kind.setting, command)[1]).rstrip("\n")
    return (f"{said.splitlines()[0]}\n  …" if kind is TooSlow and command == kind.setting.wrong else said) + "\n"


def _standing(kind: type[Problem]) -> str:
    """The severity, and whether it must be requested."""
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}[kind.severity]
    return f"{words}, given on request" if kind.on_request else words


def main() -> None:
    """Write the pages, and remove those of problems that no longer exist."""
    written = pages()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file in FOLDER.glob("*.md"):
        if file.name not in written:
            file.unlink()
    for name, text in written.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
