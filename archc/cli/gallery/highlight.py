"""Syntax highlighting: Pygments classifies the words, and the pages' style colours six kinds of them."""

from __future__ import annotations

from functools import cache
from itertools import groupby

from markupsafe import Markup, escape
from pygments.lexer import Lexer
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

from archc.editor.lexer import ArchLexer

_CLASSES = (
    (Comment, "c"), (String, "s"), (Number, "m"), (Keyword, "k"), (Operator.Word, "k"), (Name.Label, "l"),
    (Name.Class, "n"), (Name.Function, "n"), (Name.Builtin, "n"),
)  # fmt: skip


def arch(text: str) -> Markup:
    """A spec as HTML."""
    return _html(ArchLexer(), text)


def python(text: str) -> Markup:
    """Python source as HTML."""
    return _html(PythonLexer(), text)


def _html(lexer: Lexer, text: str) -> Markup:
    """The words as HTML: only coloured ones are wrapped, and runs of one colour together, which halves the size."""
    parts = []
    for kind, tokens in groupby(lexer.get_tokens(text), key=lambda token: _class(token[0])):
        code = escape("".join(word for _, word in tokens))
        parts.append(Markup('<b class="{}">{}</b>').format(kind, code) if kind else code)
    return Markup("").join(parts)


@cache
def _class(token: _TokenType) -> str:
    return next((name for kind, name in _CLASSES if token in kind), "")
