"""Pygments colours specs by the same table as editors."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, _TokenType

from archc.editor.grammar import FORMS
from archc.editor.lexer import ArchLexer
from archc.support.resources import specs_root

ROOT = Path(__file__).resolve().parents[2]


def words(text: str) -> list[tuple[_TokenType, str]]:
    return [(kind, word) for kind, word in ArchLexer().get_tokens(text) if word.strip()]


def test_words_are_what_they_are() -> None:
    found = words('model tiny(width=16) {\n  input 3x32x32  # small\n  stem: Conv(width, pad="half") - [x]x2\n}\n')
    assert found[:4] == [
        (Keyword.Declaration, "model"), (Name.Class, "tiny"), (Punctuation, "("), (Name.Attribute, "width"),
    ]  # fmt: skip
    for one in (
        (Operator, "="), (Number, "16"), (Keyword, "input"), (Number, "3x32x32"), (Comment.Single, "# small"),
        (Name.Label, "stem"), (Name.Builtin, "Conv"), (String, '"half"'), (Operator, "-"), (Operator, "x"),
    ):  # fmt: skip
        assert one in found


@pytest.mark.parametrize("name", sorted(p.name for p in specs_root().iterdir() if p.name.endswith(".arch")))
def test_shipped_specs_are_coloured_and_kept(name: str) -> None:
    text = (specs_root() / name).read_text(encoding="utf-8")
    found = list(ArchLexer(stripnl=False, ensurenl=False).get_tokens(text))
    assert "".join(word for _, word in found) == text
    assert {Keyword.Declaration, Comment.Single, String.Doc, Number} - {kind for kind, _ in found} <= {
        Comment.Single,
        Number,
    }


def test_each_form_has_a_colour() -> None:
    assert len(ArchLexer.tokens["root"]) == len(FORMS) + 6


def test_the_entry_point_names_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, name = project["entry-points"]["pygments.lexers"]["arch"].partition(":")
    assert getattr(import_module(module), name) is ArchLexer
