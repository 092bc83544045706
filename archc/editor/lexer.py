"""The colours of specs for Pygments, and so for Sphinx and MkDocs, from the table of `grammar.py`.

The entry point `arch` in the group `pygments.lexers` names it, so that a code block headed `arch` is coloured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from re import Match
from typing import Any

from pygments.lexer import RegexLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text, Whitespace, _TokenType

from archc.editor.grammar import FORMS, Form

_KINDS: tuple[tuple[str, _TokenType], ...] = (
    ("comment", Comment.Single), ("storage.type", Keyword.Declaration), ("keyword.control", Keyword),
    ("keyword.operator.word", Operator.Word), ("keyword.operator", Operator), ("entity.name.type", Name.Class),
    ("entity.name.tag", Name.Label), ("variable.parameter", Name.Attribute), ("constant.language", Keyword.Constant),
    ("constant.numeric", Number), ("support.class", Name.Builtin), ("support.function", Name.Function),
    ("meta.brace", Punctuation),
)  # fmt: skip
"""The Pygments token of a TextMate scope: that of the first prefix that matches."""
_LABEL = next(i for i, form in enumerate(FORMS) if form.scopes == ("entity.name.tag",))


def _kind(scope: str) -> _TokenType:
    return next(kind for start, kind in _KINDS if scope.startswith(start))


def _rule(form: Form) -> tuple[str, Callable[..., Iterator[tuple[int, _TokenType, str]]]]:
    """A form as a rule; the text between its groups is kept."""
    kinds = tuple(map(_kind, form.scopes))

    def told(lexer: Any, match: Match[str], context: Any = None) -> Iterator[tuple[int, _TokenType, str]]:
        at = match.start()
        for group, kind in enumerate(kinds, 1):
            if match.start(group) >= 0:
                yield at, Text, match.string[at : match.start(group)]
                yield match.start(group), kind, match[group]
                at = match.end(group)
        yield at, Text, match.string[at : match.end()]

    return form.pattern, told


class ArchLexer(RegexLexer):  # type: ignore[misc]  # Pygments ships no types
    """The words of archc's specs."""

    name = "arch"
    aliases = ["arch"]
    filenames = ["*.arch"]
    mimetypes = ["text/x-arch"]
    tokens = {
        "root": [
            *map(_rule, FORMS[: _LABEL + 1]),
            (r'"""[\s\S]*?("""|\Z)', String.Doc),
            (r'"(\\.|[^"\\\n])*"?', String),
            *map(_rule, FORMS[_LABEL + 1 :]),
            (r"\n|[^\S\n]+", Whitespace),
            (r"[A-Z]\w*", Name.Class),  # a block, by naming convention
            (r"\w+", Text),
            (r"[^\w\s]", Punctuation),
        ]
    }
