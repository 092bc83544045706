"""Syntax files for editors are generated from the table, and correct for every shipped spec."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from archc.editor.grammar import FORMS, textmate
from archc.editor.listing import coloured
from archc.zoo import families
from tests.editor.grammars import ROOT, files
from tests.editor.support import shipped

SCOPES = {"support.class": "class", "constant.numeric": "number", "constant.language": "keyword"}


def test_the_files_are_as_the_table_makes_them() -> None:
    for path, text in files().items():
        assert path.read_text(encoding="utf-8") == text


def tokens(line: str) -> list[tuple[int, int, str]]:
    """The tokens of a line outside of strings: the leftmost match, of equal ones the first form, as in TextMate."""
    found, at = [], 0
    patterns = [(re.compile(form.pattern), form.scopes) for form in FORMS]
    while at <= len(line):
        matches = [(m, scopes) for pattern, scopes in patterns if (m := pattern.search(line, at))]
        text = re.compile(r'"[^"]*("|$)').search(line, at)
        first = min(matches, key=lambda each: each[0].start(), default=None)
        if text is not None and (first is None or text.start() < first[0].start() or (
            text.start() == first[0].start() and first[1] != ("entity.name.tag",)
        )):  # fmt: skip
            at = max(text.end(), at + 1)
        elif first is None:
            break
        else:
            found += [(*first[0].span(n), scope) for n, scope in enumerate(first[1], 1)]
            at = max(first[0].end(), at + 1)
    return found


@pytest.mark.parametrize("family", families())
def test_the_grammar_agrees_with_the_server(family: str) -> None:
    """Layers, numbers, constants and declared names are where the server finds them, except in multi-line strings."""
    view = shipped(family).view
    text = view.source.text
    docs = [m.span() for m in re.finditer(r'"""(?s:.*?)"""', text)]
    known = {(t.span.start, t.span.end): t for t in coloured(view)}
    start = 0
    for line in text.splitlines(keepends=True):
        inside = any(a < start + len(line) and start < b for a, b in docs)
        for low, high, scope in () if inside else tokens(line.rstrip("\n")):
            token = known.get((start + low, start + high))
            if scope in SCOPES and not (token and token.kind == "property"):
                assert token is not None and token.kind in (SCOPES[scope], "variable"), line[low:high]
            if scope == "entity.name.type":
                assert token is not None and "declaration" in token.modifiers, line[low:high]
            if scope == "keyword.control":
                assert token is not None and token.kind == "keyword", (line, line[low:high])
        start += len(line)


def test_the_grammar_is_one_that_vs_code_reads() -> None:
    grammar = json.loads(textmate())
    assert grammar["scopeName"] == "source.arch"
    for pattern in grammar["patterns"]:
        assert re.compile(pattern.get("match", pattern.get("begin")))


@pytest.mark.skipif(shutil.which("vim") is None, reason="there is no vim")
def test_vim_colours_a_spec(tmp_path: Path) -> None:
    spec = tmp_path / "x.arch"
    spec.write_text(
        '# c\nblock Unit(c, k=3) {\n  stem: Conv(64, k) - add { ReLU | in }\n  """a\n  b"""\n}\nlet x = "t"\n'
    )
    asked = {(1, 1): "Comment", (2, 1): "Keyword", (2, 7): "Type", (2, 15): "Identifier", (3, 3): "Identifier",
             (3, 9): "Function", (3, 14): "Number", (3, 23): "Keyword", (4, 4): "String", (5, 3): "String",
             (7, 1): "Keyword", (7, 9): "String"}  # fmt: skip
    calls = "\n".join(
        f"call add(found, synIDattr(synIDtrans(synID({line}, {column}, 1)), 'name'))" for line, column in asked
    )
    script = tmp_path / "ask.vim"
    script.write_text(f"let found = []\n{calls}\ncall writefile(found, '{tmp_path}/found')\nqa!\n")
    folder = ROOT / "editors/vim"
    subprocess.run(
        ["vim", "-u", "NONE", "-es", "-N", "--cmd", f"set rtp^={folder}", "-c", "filetype on", "-c", "syntax on",
         "-c", f"edit {spec}", "-S", str(script)],
        timeout=60, check=False, capture_output=True,
    )  # fmt: skip
    found = (tmp_path / "found").read_text().splitlines()
    # Vim's default groups without colours stand for the groups that they link to.
    usual = {"Keyword": "Statement", "Function": "Identifier", "Number": "Constant", "String": "Constant"}
    for (place, wanted), name in zip(asked.items(), found, strict=True):
        assert name in (wanted, usual.get(wanted)), (place, wanted, name)
