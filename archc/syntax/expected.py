"""What to say about a token that cannot stand where it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from archc.diagnostics import Edit, Reporter
from archc.problems.syntax import (
    BadNumber,
    OpenString,
    SingleEqual,
    StrayCharacter,
    Unexpected,
    UnknownStatement,
)
from archc.source import Span
from archc.syntax.tables import Tables
from archc.syntax.tokens import STARTERS, Token

_INSTEAD = {
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-", "\uff0d": "-",
    "\u201c": '"', "\u201d": '"', "\u00d7": "x", "\u2192": "-", "\u2264": "<=", "\u2265": ">=", "\u2260": "!=",
    "\u00b7": "*", "'": '"', "&": "and", ";": "a new line",
}  # fmt: skip

_OPERATORS = frozenset("OR AND EQ NE LT LE GT GE PLUS STAR SLASH DSLASH PERCENT DSTAR".split())
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
_STARTS_TERM = frozenset({"NAME", "LSQB", "LPAR", "FOR", "ADD", "CONCAT", "MUL"})
_LONGEST = 24


def report_unreadable(token: Token, reporter: Reporter) -> None:
    """Report a token that is a mistake in itself."""
    text = _short(token.text)
    if token.type == "OPEN_STRING":
        quote = '"""' if token.text.startswith('"""') else '"'
        end = token.span.start + len(quote)
        reporter.add(OpenString(quote=quote), Span(token.span.file, token.span.start, end))
    elif token.type == "BAD_NUMBER":
        reporter.add(BadNumber(text=text), token.span)
    else:
        instead = _INSTEAD.get(token.text, "")
        edits = (Edit(token.span, instead, safe=True),) if instead in ("-", '"') else ()
        reporter.add(StrayCharacter(text=text, instead=instead), token.span, edits=edits)


def report_unexpected(
    tokens: Sequence[Token], at: int, accepts: Iterable[str], tables: Tables, reporter: Reporter
) -> None:
    """Report that `tokens[at]`, or the end where there is none, is not among the terminals `accepts`."""
    possible = set(accepts)
    before = tokens[at - 1] if at else None
    found = tokens[at] if at < len(tokens) else None
    near = _near_starter(tokens, tables)
    if found is not None and found.type == "ASSIGN" and "EQ" in possible:
        reporter.add(SingleEqual(), found.span, edits=(Edit(found.span, "==", safe=True),))
    elif near and at:
        reporter.add(UnknownStatement(word=tokens[0].text, near=near), tokens[0].span)
    else:
        place = (found or tokens[-1]).span
        if found and found.type == "BODY":
            found = Token("LBRACE", "{", Span(place.file, place.start, place.start + 1))
            place = found.span
        elif not found and before and before.type == "BODY":
            place = Span(place.file, place.end - 1, place.end)
        problem = Unexpected(
            wanted=_wanted(possible, tables),
            after=_short(before.text) if before else "",
            found=_short(found.text) if found else "",
            advice=_advice(before, found, possible),
        )
        reporter.add(problem, place, edits=_joint(before, found, possible))


def _wanted(possible: set[str], tables: Tables) -> str:
    """The terminals in `possible` in a few words."""
    if "MODEL" in possible:
        return "a statement"
    if "FOR" in possible or possible >= {"NAME", "LSQB", "CONCAT"}:
        return "a term"
    if "TRUE" in possible:
        return "a value"
    if possible & _OPERATORS:
        possible = possible - _OPERATORS - _AFTER_VALUE or {"PLUS"}
    elif "MINUS" in possible:
        possible = possible - _AFTER_TERM | (possible & {"COMMA"} if "$END" not in possible else set())
    words = [_NAMED.get(kind, f"`{tables.signs.get(kind, kind)}`") for kind in _ORDER if kind in possible]
    words += [f"`{tables.signs[kind]}`" for kind in sorted(possible) if kind not in _ORDER and kind in tables.signs]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _advice(before: Token | None, found: Token | None, possible: set[str]) -> str:
    """What to do, where one thing is likely meant."""
    if before is not None and before.type == "IF" and "LPAR" in possible and len(possible) == 1:
        return "the condition of a term stands in parentheses: `term if (condition)`"
    if found is None:
        return ""
    if found.type == "RSQB" and "TIMES" in possible:
        return "brackets repeat what is in them: `[ … ]x3`; use parentheses for a group"
    if found.type in ("GT", "MINUS") and before is not None and before.type == "MINUS":
        return "one `-` joins two terms"
    if found.type in _STARTS_TERM and "MINUS" in possible:
        return "join two terms with `-`" if "PLUS" not in possible else ""
    return ""


def _joint(before: Token | None, found: Token | None, possible: set[str]) -> tuple[Edit, ...]:
    """A `-` between two terms where it is missing, or none where there is one too many."""
    if found is None or before is None:
        return ()
    if found.type in ("GT", "MINUS") and before.type == "MINUS":
        return (Edit(found.span, ""),)
    if found.type in _STARTS_TERM and "MINUS" in possible and "PLUS" not in possible:
        return (Edit(found.span._replace(end=found.span.start), "- "),)
    return ()


def _near_starter(tokens: Sequence[Token], tables: Tables) -> str:
    """The keyword that the first two words of a statement, such as `modell m`, may have meant."""
    if len(tokens) < 2 or tokens[0].type != "NAME" or tokens[1].type not in ("NAME", "SHAPE", "NUMBER"):
        return ""
    starters = sorted(tables.signs[kind] for kind in STARTERS)
    near = get_close_matches(tokens[0].text.lower(), starters, 1, 0.75)
    return near[0] if near else ""


def _short(text: str) -> str:
    """`text` as it can stand in a sentence."""
    line = text.split("\n", 1)[0].rstrip()
    return line if line == text and len(line) <= _LONGEST else line[:_LONGEST] + "\u2026"
