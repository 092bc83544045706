"""The colours of a text without a server: one table, and from it a TextMate grammar and a syntax file for Vim.

`python -m tests.editor.grammars` writes them. Words that are keywords only in some contexts are coloured only there: at
the start of a statement, or before what follows them. Only the server knows which names are blocks or tensors.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from archc.ir.expr import BUILTINS
from archc.ops import names

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_DECLARES = "block|model|macro|variant|fn|let"
_STARTS = "from|allow|default|init|return|input|shared|expect|replace|remove|insert|truncate|freeze|unfreeze"
_MERGES = "add|concat|mul"
_WITHIN = "if|else|for|in|as|use|over|after|all|except|training"
_LAYERS = "|".join(names())
_BUILTINS = "|".join(BUILTINS)


class Form(NamedTuple):
    """A form of words: a pattern of TextMate with the scopes of its groups, and Vim's patterns with their groups."""

    pattern: str
    scopes: tuple[str, ...]
    vim: tuple[tuple[str, str], ...]


FORMS = (
    Form("(#.*)$", ("comment.line.number-sign",), (("Comment", r"#.*$"),)),
    Form(
        rf"^\s*({_DECLARES})\s+({_NAME})",
        ("storage.type", "entity.name.type"),
        (("Keyword", rf"^\s*\zs({_DECLARES})>\ze\s+\h"), ("Type", rf"(^\s*({_DECLARES})\s+)@<=\h\w*")),
    ),
    Form(rf"^\s*({_STARTS})\b(?!\s*[:=.])", ("keyword.control",), (("Keyword", rf"^\s*\zs({_STARTS})>(\s*[:=.])@!"),)),
    Form(rf'({_NAME}|"[^"]*")(?=\s*:)', ("entity.name.tag",), (("Identifier", r'(\h\w*|"[^"]*")\ze\s*:'),)),
    Form(rf"\b({_NAME})(?=\s*=(?!=))", ("variable.parameter",), (("Identifier", r"<\h\w*\ze\s*\=(\=)@!"),)),
    Form(rf"\b({_MERGES})(?=\s*\{{)", ("keyword.control",), (("Keyword", rf"<({_MERGES})\ze\s*\{{"),)),
    Form(
        r"\b(every)(?=\s*\[|\s+for\b)",
        ("keyword.control",),
        (("Keyword", r"<every\ze(\s*\[|\s+for>)"),),
    ),
    Form(rf"\b({_WITHIN})\b", ("keyword.control",), (("Keyword", rf"<({_WITHIN})>"),)),
    Form(r"\b(and|or|not)\b", ("keyword.operator.word",), (("Operator", "<(and|or|not)>"),)),
    Form(r"\b(true|false|none)\b", ("constant.language",), (("Constant", "<(true|false|none)>"),)),
    Form(rf"\b({_LAYERS})\b", ("support.class",), (("Function", rf"<({_LAYERS})>"),)),
    Form(rf"\b({_BUILTINS})(?=\s*\()", ("support.function",), (("Function", rf"<({_BUILTINS})\ze\s*\("),)),
    Form(
        r"\b([0-9][0-9_]*(?:x[0-9]+)+|[0-9][0-9_]*(?:\.[0-9_]+)?(?:[eE][+-]?[0-9]+|[KMGT](?:iB?|B)?)?)\b",
        ("constant.numeric",),
        (("Number", r"<[0-9][0-9_]*(x[0-9]+)+>|<[0-9][0-9_]*(\.[0-9_]+)?([eE][+-]?[0-9]+|[KMGT](iB?|B)?)?>"),),
    ),
    Form(r"(\])(x)(?=\s*[0-9A-Za-z(])", ("meta.brace", "keyword.operator.repeat"), (("Operator", r"\]\zsx"),)),
    Form(r"([-+*/%=<>!|]+)", ("keyword.operator",), (("Operator", r"[-+*/%=<>!|]+"),)),
)
"""In order of precedence: of two forms that begin at the same place, the first one wins."""
_LABEL = 3
"""A label may be quoted, so its form precedes that of strings."""


def textmate() -> str:
    """The grammar for TextMate, which VS Code reads."""
    forms = [
        {"match": form.pattern, "captures": {str(n): {"name": f"{s}.arch"} for n, s in enumerate(form.scopes, 1)}}
        for form in FORMS
    ]
    texts = [_text('"""', '"""', "string.quoted.triple.arch"), _text('"', '"|$', "string.quoted.double.arch")]
    grammar = {
        "name": "arch",
        "scopeName": "source.arch",
        "fileTypes": ["arch"],
        "patterns": [*forms[: _LABEL + 1], *texts, *forms[_LABEL + 1 :]],
    }
    return json.dumps(grammar, indent=2, ensure_ascii=False) + "\n"


def _text(begin: str, end: str, scope: str) -> dict[str, object]:
    escape = {"name": "constant.character.escape.arch", "match": r"\\."}
    value = {"name": "meta.interpolation.arch", "match": r"\{[^}\"\n]*\}"}
    return {"name": scope, "begin": begin, "end": end, "patterns": [escape, value]}


def vim() -> str:
    """The syntax file for Vim and Neovim, in reverse order: of two forms at the same place, Vim takes the last."""
    texts = [
        r'syntax region archText start=/"/ skip=/\\./ end=/"\|$/ oneline',
        r'syntax region archDoc start=/"""/ skip=/\\./ end=/"""/',
    ]
    matches, links = list[str](), {"archText": "String", "archDoc": "String"}
    for number, form in reversed(list(enumerate(FORMS))):
        matches += texts if number == _LABEL else []
        for part, (group, pattern) in enumerate(form.vim):
            name = f"arch{group}{number}{'ab'[part]}"
            links[name] = group
            escaped = pattern.replace("/", r"\/")
            matches.append(rf"syntax match {name} /\v{escaped}/")
    head = ['" Syntax of archc specs; `python -m tests.editor.grammars` writes this file.']
    head += ['if exists("b:current_syntax")', "  finish", "endif", ""]
    shown = [f"highlight default link {name} {group}" for name, group in links.items()]
    return "\n".join([*head, *matches, "", *shown, "", 'let b:current_syntax = "arch"']) + "\n"
