"""Code with its syntax in colour: Pygments says what the words are; the pages' style colours six kinds of them."""

from __future__ import annotations

from functools import cache
from itertools import groupby

from markupsafe import Markup, escape
from pygments.lexer import Lexer, RegexLexer, words
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Text, _TokenType

_WORDS = (
    "add", "and", "block", "concat", "default", "else", "enumerate", "expect", "false", "fn", "for", "freeze", "from",
    "if", "in", "init", "input", "let", "macro", "model", "mul", "none", "not", "or", "over", "replace", "return",
    "training", "true", "use", "variant",
)  # fmt: skip


class ArchLexer(RegexLexer):  # type: ignore[misc]  # Pygments ships no types
    """The words of the arch language (docs/language.md)."""

    name = "arch"
    tokens = {
        "root": [
            (r"#[^\n]*", Comment),
            (r'"""[\s\S]*?"""', String),
            (r'"(\\.|[^"\\\n])*"', String),
            (words(_WORDS, prefix=r"\b", suffix=r"\b"), Keyword),
            (r"\b\d[\d_]*(x\d[\d_]*)+\b", Number),
            (r"\b\d[\d_]*(\.\d+)?(e[+-]?\d+)?\b", Number),
            (r"\b[A-Za-z_]\w*(?=\s*:(?!:))", Name.Label),
            (r"\b[A-Z]\w*", Name.Class),
            (r"[A-Za-z_]\w*", Text),
            (r"\s+|[^\s\w]|\w", Operator),
        ]
    }


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
    """Only coloured words are wrapped, and neighbours of one colour together, which halves the size."""
    parts = []
    for kind, tokens in groupby(lexer.get_tokens(text), key=lambda token: _class(token[0])):
        code = escape("".join(word for _, word in tokens))
        parts.append(Markup('<b class="{}">{}</b>').format(kind, code) if kind else code)
    return Markup("").join(parts)


@cache
def _class(token: _TokenType) -> str:
    return next((name for kind, name in _CLASSES if token in kind), "")
