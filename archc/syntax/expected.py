"""Error messages for unexpected tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from archc.diagnostics.core import Edit, Problem, Reporter
from archc.diagnostics.problems.syntax import (
    BadNumber,
    OpenString,
    SingleEqual,
    StrayCharacter,
    Unexpected,
    UnknownStatement,
)
from archc.diagnostics.source import Span
from archc.syntax.closest import Reads, closest
from archc.syntax.foreign import recognised, unreadable
from archc.syntax.foreign.statement import BrokenStatement
from archc.syntax.tables import Tables
from archc.syntax.tokens import MERGES, STARTERS, Token

_OPERATORS = frozenset("OR AND EQ NE LT LE GT GE PLUS STAR SLASH DSLASH PERCENT DSTAR".split())
_SIGNS = frozenset({"PLUS", "STAR", "SLASH"})
"""The operators that are also allowed between tensors."""
_AFTER_VALUE = frozenset({"MINUS", "IN", "IF", "LSQB", "DOT", "LPAR"})
_AFTER_TERM = frozenset({"IF", "LPAR", "COLON", "ASSIGN", "COMMA"})
_ORDER = (
    "NAME STRING COLON ASSIGN DOT USE OVER IN MINUS ELSE BAR COMMA LPAR RPAR TIMES RSQB LBRACE BODY RBRACE $END".split()
)
_NAMED = {
    "NAME": "a name",
    "STRING": "a string",
    "BODY": "`{`",
    "TIMES": "the number of repeats, as in `]x3`,",
    "$END": "the end of the statement",
}
_FORMS = {
    "FROM": 'from "FILE.arch" use NAME, NAME', "LET": "let NAME = VALUE", "FN": "fn NAME(a, b) = VALUE",
    "MACRO": "macro NAME(a, b) = CHAIN", "BLOCK": "block NAME(a, b) { … }", "MODEL": "model NAME(a, b) { … }",
    "VARIANT": "variant NAME = MODEL(…) { … }", "DEFAULT": "default Conv(bias=false)",
    "INIT": "init Conv = FUNCTION(…)", "INPUT": "input 3x224x224", "SHARED": "shared NAME: BLOCK(…)",
    "EXPECT": "expect params == 1_000",
    "REPLACE": "replace PATH: CHAIN", "REMOVE": "remove PATH", "INSERT": "insert after PATH: CHAIN",
    "TRUNCATE": "truncate after PATH", "FREEZE": "freeze PATH, PATH", "UNFREEZE": "unfreeze PATH",
    "ALLOW": "allow W0301", "IF": "if CONDITION { … }", "RETURN": "return CHAIN, CHAIN",
    "FOR": "for x in LIST { CHAIN }",
}  # fmt: skip
_STARTS_TERM = frozenset({"NAME", "LSQB", "LPAR", "FOR"}) | MERGES
_ENDS_CHAIN = frozenset({"RBRACE", "RPAR", "RSQB", "BAR", "TIMES"})
_LONGEST = 24
_LINES = 8
"""Lines of a text that is closed on a later one."""
_OPEN_SHAPE = re.compile(r"[0-9]+(?:x(?:[0-9]+|[A-Za-z]))+")
_OPEN = "an input has one shape, `3x224x224`: state the usual one; emitted convolutional networks take other sizes too"


def report_unreadable(statement: BrokenStatement, reporter: Reporter, told: set[str]) -> tuple[str, ...]:
    """Report the token at `statement.at`, which is invalid in any position.

    Returns the names that the statement was meant to define, where an idiom shows them.
    """
    token = statement.tokens[statement.at]
    if token.type == "OPEN_STRING":
        quote = '"""' if token.text.startswith('"""') else '"'
        end = token.span.start + len(quote)
        if "text" in told:  # the end of one that is told
            told.remove("text")
            return ()
        is_continued = quote == '"' and not statement.at and _closes_later(statement)
        told |= {"text"} if is_continued else set()
        open_string = OpenString(quote=quote, is_continued=is_continued)
        reporter.add(open_string, Span(token.span.file, token.span.start, end))
        return ()
    found = unreadable(statement)
    text = short(token.text)
    if found is None:
        advice = (
            _OPEN
            if _OPEN_SHAPE.fullmatch(token.text)
            else "numbers look like `64`, `0.5`, `1e-3`, shapes like `3x224x224`"
        )
        problem = BadNumber(text=text, advice=advice) if token.type == "BAD_NUMBER" else StrayCharacter(text=text)
        reporter.add(problem, token.span)
    elif not told & {found.once, found.within} - {""}:
        told |= {found.once, found.opens}
        is_sign = token.type == "STRAY" and found.span.start <= token.span.start <= found.span.end
        kind: Problem
        if token.type == "BAD_NUMBER":
            kind = BadNumber(text=text, why=found.why, advice=found.advice)
        elif is_sign:
            kind = StrayCharacter(text=text, why=found.why, advice=found.advice)
        else:
            kind = Unexpected(wanted="", why=found.why, advice=found.advice)
        reporter.add(kind, found.span, edits=found.edits)
    return found.names if found is not None else ()


def _closes_later(statement: BrokenStatement) -> bool:
    """Whether one of the next lines ends with the quotation mark of a text that begins a statement."""
    lines = statement.source.text[statement.tokens[0].span.end :].split("\n")[1:_LINES]
    closing = next((line for line in lines if '"' in line), "")
    return closing.count('"') == 1 and closing.rstrip().endswith('"')


def report_unexpected(
    statement: BrokenStatement, tables: Tables, reporter: Reporter, told: set[str], reads: Reads
) -> tuple[str, ...]:
    """Report that the token at `statement.at`, or the end if there is none, is not allowed there.

    `reads` says whether other tokens would form a statement. Returns the names that the statement was meant to define,
    if known.
    """
    tokens, at, possible = statement.tokens, statement.at, set(statement.possible)
    before = tokens[at - 1] if at else None
    found = tokens[at] if at < len(tokens) else None
    near = _near_starter(tokens, tables)
    opening = statement.around(at) if found is not None else 0
    is_call = statement.kind(opening) == "LSQB" and statement.kind(opening - 1) == "NAME" and opening > 0
    is_arrow = (statement.kind(at + 1) == "GT" and statement.touch(at)) or is_call
    if found is not None and found.type == "ASSIGN" and "EQ" in possible and not is_arrow and tokens[0].type != "INPUT":
        reporter.add(SingleEqual(), found.span, edits=(Edit(found.span, "==", safe=True),))
    elif near and at:
        reporter.add(UnknownStatement(word=tokens[0].text, near=near), tokens[0].span)
    elif (idiom := recognised(statement)) is not None:
        if not told & {idiom.once, idiom.within} - {""}:
            told |= {idiom.once, idiom.opens}
            problem = Unexpected(wanted="", why=idiom.why, advice=idiom.advice)
            reporter.add(problem, idiom.span, edits=idiom.edits)
        return (*idiom.names, *_assigned(statement))
    else:
        place = (found or tokens[-1]).span
        if found and found.type == "BODY":
            found = Token("LBRACE", "{", Span(place.file, place.start, place.start + 1))
            place = found.span
        elif not found and before and before.type == "BODY":
            place = Span(place.file, place.end - 1, place.end)
        advice, edits = _advice(before, found, possible), _joint(before, found, possible)
        if not advice and not edits and (change := closest(statement, dict(tables.signs), reads)) is not None:
            advice, edits = f"write `{change[0]}`, if that is meant", change[1]
        problem = Unexpected(
            wanted=_wanted(possible, tables),
            after=short(before.text) if before else "",
            found=short(found.text) if found else "",
            advice=advice or _in_general(statement, _wanted(possible, tables)),
        )
        reporter.add(problem, place, edits=edits)
    return _assigned(statement)


def _assigned(statement: BrokenStatement) -> tuple[str, ...]:
    """The names that the bodies of a statement were meant to define."""
    places = (statement.span(at) for at, kind in enumerate(statement.kinds) if kind == "BODY")
    bodies = map(statement.source.snippet, places)
    return tuple(name for body in bodies for name in re.findall(r"\b([A-Za-z_]\w*)\s*=(?!=)", body))


def _in_general(statement: BrokenStatement, wanted: str) -> str:
    """The tokens that would be accepted, if nothing suggests what was meant."""
    possible = statement.possible
    first = statement.kind(0)
    if statement.at == 0:
        return (
            "a statement is a chain, `Conv(64) - ReLU`, or begins with a word such as `model`, `block`, `let` or `if`"
        )
    if first == "NAME" and statement.kind(1) in ("NAME", "NUMBER", "STRING"):
        return f"`{statement.text(0)}` begins no statement; a chain is `Conv(64) - ReLU`, its arguments in parentheses"
    if first == "IF" and statement.kind(statement.at) == "ELSE":
        return "a line that begins with `if` is a statement: put a choice of several lines in parentheses"
    if first in _FORMS:
        return f"the form is `{_FORMS[first]}`"
    if possible & _OPERATORS and statement.depth(statement.at):
        return "an argument is a value or `name=value`; arguments are separated by `,`"
    if _joins_terms(possible):
        return "a chain is layers joined with `-`: `Conv(64) - BN - ReLU`"
    if possible >= {"NAME", "LSQB", "CONCAT"}:
        return "a term is a layer, `Conv(64, 3)`, a group `( … )`, a repeat `[ … ]x3`, or `add { … | … }`"
    if "TRUE" in possible:
        return "a value is a number, a name, a text, a list `[1, 2]`, or computed from these"
    if statement.at >= len(statement.tokens):
        return f"go on with {wanted}"
    return f"put {wanted} there, or leave `{short(statement.text(statement.at))}` out"


def _wanted(possible: set[str], tables: Tables) -> str:
    """The terminals in `possible` in a few words."""
    if "MODEL" in possible:
        return "a statement"
    if "FOR" in possible or possible >= {"NAME", "LSQB", "CONCAT"}:
        return "a term"
    if "TRUE" in possible:
        return "a value"
    if possible & _OPERATORS - _SIGNS:
        possible = possible - _OPERATORS - _AFTER_VALUE or {"PLUS"}
    elif "MINUS" in possible:
        possible = possible - _SIGNS - _AFTER_TERM | (possible & {"COMMA"} if "$END" not in possible else set())
    words = [_NAMED.get(kind, f"`{tables.signs.get(kind, kind)}`") for kind in _ORDER if kind in possible]
    words += [f"`{tables.signs[kind]}`" for kind in sorted(possible) if kind not in _ORDER and kind in tables.signs]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _advice(before: Token | None, found: Token | None, possible: set[str]) -> str:
    """The help text, if one correction is likely."""
    if found is None:
        ends = before is not None and before.type == "MINUS" and "ADD" in possible
        return "a chain ends with a term: leave out the last `-`" if ends else ""
    if (
        "ELSE" in possible
        and len(possible - _OPERATORS - _AFTER_VALUE) <= 2
        and found.type in ("RPAR", "COMMA", "RSQB")
    ):
        return "a choice between values has both sides: `64 if wide else 32`"
    if found.type == "RSQB" and "TIMES" in possible:
        return "brackets repeat what is in them: `[ … ]x3`; use parentheses for a group"
    number = before is not None and before.type == "NUMBER"
    if found.type == "COMMA" and "TIMES" in possible and before is not None:
        return _LISTED if number else "tensors side by side stand in parentheses, `(x, y)`; brackets repeat: `[ … ]x3`"
    if found.type == "LSQB" and before is not None and before.text in "+*/":
        return _LISTED
    if found.type in _COMPUTED and _joins_terms(possible | {"MINUS"}):
        return "numbers are computed in a `let`: `let scale = d ** -0.5`, then `scale * x`"
    if found.type in ("GT", "MINUS") and before is not None and before.type == "MINUS":
        return "one `-` joins two terms"
    if found.type in _ENDS_CHAIN and before is not None and before.type == "MINUS" and "ADD" in possible:
        return "a chain ends with a term: leave out the last `-`"
    if found.type in _STARTS_TERM and "MINUS" in possible and not _is_prose(before, found):
        return "join two terms with `-`" if _joins_terms(possible) else ""
    return ""


_COMPUTED = frozenset({"DSTAR", "DSLASH", "PERCENT"})
"""Operators of numbers alone."""
_LISTED = "a list of numbers has a name there: `let mean = [0.5, 0.4, 0.3]`, then `in - mean`"


def _joins_terms(possible: Set[str]) -> bool:
    """Whether a `-` that can come next joins terms rather than values, to which `%` also applies."""
    return "MINUS" in possible and "PERCENT" not in possible


def _is_prose(before: Token | None, found: Token) -> bool:
    """Whether two adjacent words both do not look like layers."""
    return before is not None and before.type == found.type == "NAME" and (before.text + found.text).islower()


def _joint(before: Token | None, found: Token | None, possible: set[str]) -> tuple[Edit, ...]:
    """The edit that adds a missing `-` between two terms, or removes one too many."""
    if found is None and before is not None and before.type == "MINUS" and "ADD" in possible:
        return (Edit(before.span, ""),)
    if found is None or before is None:
        return ()
    if found.type in ("GT", "MINUS") and before.type == "MINUS":
        return (Edit(found.span, ""),)
    if found.type in _ENDS_CHAIN and before.type == "MINUS" and "ADD" in possible:
        return (Edit(before.span, ""),)
    if found.type in _STARTS_TERM and _joins_terms(possible) and not _is_prose(before, found):
        return (Edit(found.span._replace(end=found.span.start), "- "),)
    return ()


def _near_starter(tokens: Sequence[Token], tables: Tables) -> str:
    """The keyword that the first two words of a statement, such as `modell m`, may have meant."""
    if len(tokens) < 2 or tokens[0].type != "NAME" or tokens[1].type not in ("NAME", "SHAPE", "NUMBER"):
        return ""
    from difflib import get_close_matches

    starters = sorted(tables.signs[kind] for kind in STARTERS)
    near = get_close_matches(tokens[0].text.lower(), starters, 1, 0.75)
    return near[0] if near else ""


def short(text: str) -> str:
    """`text`, quoted for use in a sentence."""
    line = text.split("\n", 1)[0].rstrip()
    return line if line == text and len(line) <= _LONGEST else line[:_LONGEST] + "\u2026"
